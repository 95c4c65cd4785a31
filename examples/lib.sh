# Shared by the scripts beside it: calls to the bridge, and what to do with their responses.
# POSIX shell, curl and awk. Sourced, not run.
#
# Exit codes of all scripts:
#   0  done
#   1  failed, or (morning-check) something needs attention
#   2  usage error: options, settings, an unknown or ambiguous VM
#   3  outcome unknown: no response came back from a write, or its end could not be seen; the message
#      says how to find out

BRIDGE_URL=${BRIDGE_URL:-http://127.0.0.1:5075}
# Longest wait for a task, in seconds.
MAX_WAIT=${MAX_WAIT:-3600}
TAB=$(printf '\t')

note() { printf '%s\n' "$*" >&2; }

# fail MESSAGE [EXIT_CODE]
fail() {
  printf '%s: %s\n' "${0##*/}" "$1" >&2
  exit "${2:-1}"
}

# Prints the comment at the top of the script as its help.
help() { sed -n '2,/^$/s/^# \{0,1\}//p' "$0"; }

# other_option OPTION: what all scripts do with an option that is not their own.
other_option() {
  case $1 in
    -h | --help) help ;;
    *) fail "unknown option $1; --help explains" 2 ;;
  esac
  exit 0
}

check_settings() {
  for program in curl awk; do
    command -v "$program" >/dev/null || fail "$program is required but not installed" 2
  done
  [ -n "${MCP_BEARER_TOKEN:-}" ] || fail 'MCP_BEARER_TOKEN is not set: it is the token of the bridge' 2
  case $BRIDGE_URL in
    http://* | https://*) BRIDGE_URL=${BRIDGE_URL%/} ;;
    *) fail 'BRIDGE_URL must begin with http:// or https://' 2 ;;
  esac
  case $MAX_WAIT in
    '' | *[!0-9]*) fail 'MAX_WAIT must be a number of seconds' 2 ;;
  esac
}

# json TEXT: the text as a JSON string, quotes included.
json() {
  case $1 in
    *[[:cntrl:]]*) fail 'Line breaks and other control characters are not possible in names and labels' 2 ;;
  esac
  printf '"%s"' "$(printf '%s' "$1" | sed 's/[\\"]/\\&/g')"
}

# bridge_call TOOL BODY: sets STATUS (the HTTP status, 000 without a response) and RESPONSE (its text).
# The token reaches curl on its standard input, where no process list shows it.
bridge_call() {
  reply=$(
    printf 'header = "Authorization: Bearer %s"\n' \
      "$(printf '%s' "$MCP_BEARER_TOKEN" | sed 's/[\\"]/\\&/g')" |
      curl --config - --silent --show-error --connect-timeout 10 --max-time 330 \
        --header 'Content-Type: application/json' --header 'Accept: text/plain' \
        --data-binary "$2" --write-out '\n%{http_code}' "$BRIDGE_URL/$1" 2>&1
  ) && CURL_CODE=0 || CURL_CODE=$?
  STATUS=$(printf '%s\n' "$reply" | tail -n 1)
  RESPONSE=$(printf '%s\n' "$reply" | sed '$d')
}

# Whether a write may have been done although its response did not come back.
outcome_is_unknown() {
  case $STATUS in
    000)
      # Wrong address, no connection, no TLS: nothing was sent.
      case $CURL_CODE in 1 | 2 | 3 | 5 | 6 | 7 | 35 | 60) return 1 ;; esac
      return 0
      ;;
    504) return 0 ;;
    # The bridge says so, or a server in front of it responded with a page of its own.
    502 | 503) case $RESPONSE in *'may or may not have been carried out'* | *'<html'*) return 0 ;; esac ;;
  esac
  return 1
}

# read_tool TOOL BODY: prints the response of a tool that changes nothing.
read_tool() {
  bridge_call "$1" "$2"
  case $STATUS in
    200) printf '%s\n' "$RESPONSE" ;;
    401) fail "$BRIDGE_URL refuses the token: MCP_BEARER_TOKEN is not the one of this bridge" 2 ;;
    000) fail "$BRIDGE_URL does not respond: ${RESPONSE:-no connection}" ;;
    *) fail "$RESPONSE" ;;
  esac
}

# write_tool TOOL BODY HOW_TO_FIND_OUT: prints the response of a tool that changes something.
write_tool() {
  bridge_call "$1" "$2"
  if outcome_is_unknown; then
    fail "Outcome unknown, the call may have been carried out (${RESPONSE:-no response}). $3" 3
  fi
  case $STATUS in
    200) printf '%s\n' "$RESPONSE" ;;
    *) fail "${RESPONSE:-$BRIDGE_URL responded with $STATUS}" ;;
  esac
}

# list_tool TOOL ARGUMENTS COLUMN...: prints a list with these columns, all of it: a bridge cuts lists to
# what a small model has room for. ARGUMENTS are members of a JSON object, or nothing.
list_tool() {
  tool=$1
  body="{${2:+$2, }\"max_tokens\": 100000, \"fields\": ["
  shift 2
  for column; do body="$body\"$column\", "; done
  read_tool "$tool" "${body%, }]}"
}

# field NAME: from `name: value` lines on standard input; nothing for `-`, which stands for nothing.
field() {
  awk -v name="$1" 'index($0, name ": ") == 1 {
    value = substr($0, length(name) + 3)
    if (value != "-") print value
    exit
  }'
}

# rows COLUMN...: the named columns of a table on standard input, tab-separated, without its headings.
rows() {
  awk -F '\t' -v wanted="$*" '
    NR == 2 {
      count = split(wanted, names, " ")
      for (i = 1; i <= NF; i++) at[$i] = i
      next
    }
    NR > 2 {
      line = ""
      for (i = 1; i <= count; i++) line = line (i > 1 ? "\t" : "") (names[i] in at ? $at[names[i]] : "-")
      print line
    }'
}

# find_vm NAME_OR_UUID: sets VM_UUID, VM_NAME and VM_STATE. The whole name, in any case.
find_vm() {
  if printf '%s\n' "$1" | grep -Eqi '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'; then
    details=$(read_tool getVM_details "{\"vmUUID\": \"$1\"}") || exit $?
    VM_UUID=$(printf '%s\n' "$details" | field uuid)
    VM_NAME=$(printf '%s\n' "$details" | field name)
    VM_STATE=$(printf '%s\n' "$details" | field state)
    return
  fi
  named="\"name\": $(json "$1")" || exit $?
  found=$(list_tool fetch_vm "$named" uuid name state) || exit $?
  like=$(printf '%s\n' "$found" | rows uuid name state)
  exact=$(printf '%s\n' "$like" | WANTED=$1 awk -F '\t' 'tolower($2) == tolower(ENVIRON["WANTED"])')
  case $(printf '%s' "$exact" | grep -c '') in
    1) ;;
    0)
      near=$(printf '%s\n' "$like" | cut -f 2 | awk 'NR > 1 { printf ", " } { printf "%s", $0 }')
      fail "No VM is called $1${near:+; did you mean one of $near?}" 2
      ;;
    *) fail "Several VMs are called $1; pass the uuid of one: $(printf '%s\n' "$exact" | cut -f 1 | tr '\n' ' ')" 2 ;;
  esac
  IFS=$TAB read -r VM_UUID VM_NAME VM_STATE <<EOF
$exact
EOF
}

# finish_task RESPONSE WHAT HOW_TO_FIND_OUT: waits for the end of the task in the response of a write,
# if it has not ended yet. Returns only if all is done; an end that cannot be seen is not a failure of the task.
finish_task() {
  state=$(printf '%s\n' "$1" | field state)
  task=$(printf '%s\n' "$1" | field taskTag)
  message=$(printf '%s\n' "$1" | field message)
  deadline=$(($(date +%s) + MAX_WAIT))
  while [ -n "$task" ] && { [ "$state" = QUEUED ] || [ "$state" = RUNNING ]; }; do
    left=$((deadline - $(date +%s)))
    [ "$left" -gt 0 ] ||
      fail "$2 is still $state after $MAX_WAIT s; it is still running. Look with waitTask, taskTag $task. $3" 3
    progress=$(read_tool waitTask "{\"taskTag\": \"$task\", \"wait\": $((left < 60 ? left : 60))}") ||
      fail "$2: outcome unknown, its task $task cannot be looked at. $3" 3
    state=$(printf '%s\n' "$progress" | field state)
    message=$(printf '%s\n' "$progress" | field message)
    if [ "$state" = RUNNING ]; then
      note "$2: $(printf '%s\n' "$progress" | field progressPercent) %"
    fi
  done
  case $state in
    COMPLETE) ;;
    ERROR) fail "$2: $message" ;;
    *) fail "$2: outcome unknown. $message. $3" 3 ;;
  esac
}
