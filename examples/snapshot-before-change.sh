#!/bin/sh
# Takes a snapshot of a VM before it is changed, with today's date in its label, and waits for it.
# Prints the uuid of the snapshot; cloneVM takes it as snapUUID. Run again on the same day for the same
# reason, it finds that snapshot and takes no second one.
#
# Usage: snapshot-before-change.sh [--again] VM [REASON]
#
#   VM        whole name of the VM (any case), or its uuid
#   REASON    goes into the label after the date (default: before change)
#   --again   take another one, even if today's is there already
#
# Settings: BRIDGE_URL (http://127.0.0.1:5075), MCP_BEARER_TOKEN, MAX_WAIT (3600 seconds)
# Exit code: 0 there is a snapshot, 1 there is none, 2 usage error, 3 outcome unknown: run it again

set -eu
. "$(dirname "$0")/lib.sh"

again=no
while [ $# -gt 0 ]; do
  case $1 in
    --again) again=yes ;;
    -*) other_option "$1" ;;
    *) break ;;
  esac
  shift
done
if [ $# -lt 1 ] || [ $# -gt 2 ] || [ -z "$1" ]; then
  fail 'pass a VM and, if you like, a reason; --help explains' 2
fi
check_settings

label="$(date +%Y-%m-%d) ${2:-before change}"
label_json=$(json "$label")
find_vm "$1"

# The labels of the text response have tabs replaced; no label of ours holds one.
snapshots=$(list_tool vmSnapshots_read "\"vmUUID\": \"$VM_UUID\"" label uuid state)
same=$(printf '%s\n' "$snapshots" | rows label uuid state | LABEL=$label awk -F '\t' '
  $1 == ENVIRON["LABEL"] && $3 == "CREATED" { print $2; exit }')
if [ -n "$same" ] && [ "$again" = no ]; then
  note "$VM_NAME has the snapshot \"$label\" already; --again takes another one"
  printf '%s\n' "$same"
  exit
fi

how='Run this script again: it takes a snapshot only if there is none'
insist=false
if [ "$again" = yes ]; then insist=true; fi
response=$(write_tool snapshotVM "{\"vmUUID\": \"$VM_UUID\", \"label\": $label_json, \"again\": $insist}" "$how")
finish_task "$response" "Snapshot of $VM_NAME" "$how"
note "Took the snapshot \"$label\" of $VM_NAME"
printf '%s\n' "$response" | field createdUUID
