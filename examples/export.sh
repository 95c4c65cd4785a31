#!/bin/sh
# Exports VMs to the archive that is set on the bridge (SCALE_EXPORT_URI), one after the other, and waits
# for each. Prints `NAME<tab>ADDRESS` for each export; importVM takes the address as pathURI.
# Each export has a folder of its own, so that none overwrites another. A VM that is being exported
# already is not exported a second time at once: that export is waited for.
#
# Usage: export.sh VM...
#
#   VM        whole name of a VM (any case), or its uuid
#
# Settings: BRIDGE_URL (http://127.0.0.1:5075), MCP_BEARER_TOKEN, MAX_WAIT (3600 seconds for each VM)
# Exit code: 0 all are exported, 1 one failed, 2 usage error (nothing was exported), 3 outcome unknown

set -eu
. "$(dirname "$0")/lib.sh"

for argument; do
  case $argument in
    -*) other_option "$argument" ;;
    '') fail 'the name of a VM is empty; --help explains' 2 ;;
  esac
done
[ $# -gt 0 ] || fail 'name at least one VM; --help explains' 2
check_settings

# All names are looked up before anything is exported: a typing error must not show after an hour.
vms=
for argument; do
  find_vm "$argument"
  vms="$vms$VM_UUID$TAB$VM_NAME
"
done

# One VM; in a subshell, so that its failure ends it alone. `set -e` does not hold in there.
export_one() (
  how="Look at the tasks (taskTagStatus_read with filter objectUUID:$1) before you export it again"
  tasks=$(list_tool taskTagStatus_read "\"filter\": \"objectUUID:$1\"" taskTag state description) || exit $?
  running=$(printf '%s\n' "$tasks" | rows taskTag state description | awk -F '\t' '
    ($2 == "QUEUED" || $2 == "RUNNING") && $3 ~ /[Ee]xport/ { print $1; exit }')
  if [ -n "$running" ]; then
    note "$2 is being exported already (task $running)"
    finish_task "taskTag: $running
state: RUNNING" "Export of $2" "$how"
    note "Exported $2; the one who started it has the address"
    exit
  fi
  note "Exporting $2 …"
  # Every run exports again; one that runs already was looked for above.
  response=$(write_tool exportVM "{\"vmUUID\": \"$1\", \"again\": true}" "$how") || exit $?
  finish_task "$response" "Export of $2" "$how"
  printf '%s\t%s\n' "$2" "$(printf '%s\n' "$response" | field pathURI)"
)

worst=0
while IFS=$TAB read -r uuid name; do
  [ -n "$uuid" ] || continue
  # Standard input is the list of VMs: nothing in there may read it.
  code=0
  export_one "$uuid" "$name" </dev/null || code=$?
  [ "$code" -le "$worst" ] || worst=$code
done <<EOF
$vms
EOF
exit "$worst"
