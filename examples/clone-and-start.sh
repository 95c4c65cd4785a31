#!/bin/sh
# Copies a VM, as it is or as it was in a snapshot, starts the copy and prints its uuid. The copy has the
# guest's own settings: give it another address before you let it meet the original.
# There is never a second VM of that name: if one exists, nothing is done, unless --resume says that it is
# the copy of an earlier run; it is then only started.
#
# Usage: clone-and-start.sh [--snapshot UUID] [--resume] VM NAME
#
#   VM          whole name of the VM (any case), or its uuid
#   NAME        name of the copy
#   --snapshot  uuid of the snapshot to copy, from snapshot-before-change.sh or vmSnapshots_read
#   --resume    a VM called NAME is the copy; start it if it is off
#
# Settings: BRIDGE_URL (http://127.0.0.1:5075), MCP_BEARER_TOKEN, MAX_WAIT (3600 seconds)
# Exit code: 0 the copy runs, 1 it does not, 2 usage error or the name is taken, 3 outcome unknown

set -eu
. "$(dirname "$0")/lib.sh"

snapshot=
resume=no
while [ $# -gt 0 ]; do
  case $1 in
    --snapshot)
      [ $# -gt 1 ] || fail '--snapshot requires a uuid' 2
      snapshot=$2
      shift
      ;;
    --resume) resume=yes ;;
    -*) other_option "$1" ;;
    *) break ;;
  esac
  shift
done
if [ $# -ne 2 ] || [ -z "$1" ] || [ -z "$2" ]; then
  fail 'pass a VM and a name for the copy; --help explains' 2
fi
check_settings
name=$2
name_json=$(json "$name")

find_vm "$1"
source_uuid=$VM_UUID
source_name=$VM_NAME

found=$(list_tool fetch_vm "\"name\": $name_json" uuid name state)
same=$(printf '%s\n' "$found" | rows uuid name state | WANTED=$name awk -F '\t' '
  tolower($2) == tolower(ENVIRON["WANTED"])')
if [ -n "$same" ] && [ "$resume" = no ]; then
  fail "There is a VM called $name already; choose another name, or --resume if it is the copy of an earlier run" 2
fi

if [ -n "$same" ]; then
  find_vm "$name"
  [ "$VM_UUID" != "$source_uuid" ] || fail "$name is the VM to copy, not a copy" 2
  copy=$VM_UUID
  note "Taking the VM $VM_NAME ($VM_STATE) for the copy"
else
  body="{\"vmUUID\": \"$source_uuid\", \"name\": $name_json"
  if [ -n "$snapshot" ]; then
    body="$body, \"snapUUID\": $(json "$snapshot")"
  fi
  how="Look with fetch_vm whether $name exists; run this again with --resume if it does"
  response=$(write_tool cloneVM "$body}" "$how")
  finish_task "$response" "Copy of $source_name" "$how"
  copy=$(printf '%s\n' "$response" | field createdUUID)
  note "Copied $source_name to $name"
fi

# START leaves a running VM alone, so that this can be repeated.
how='Run this again with --resume: starting twice does no harm'
response=$(write_tool changeVM_state "{\"vmUUID\": \"$copy\", \"actionType\": \"START\"}" "$how")
finish_task "$response" "Start of $name" "$how"
note "$name is running"
printf '%s\n' "$copy"
