#!/bin/sh
# Looks at the cluster and says what needs attention: nodes, active conditions, drives, crashed and
# paused VMs, failed tasks. Changes nothing.
#
# Usage: morning-check.sh [--quiet]
#
#   --quiet   print only what needs attention, and nothing if all is well (for cron)
#
# Settings: BRIDGE_URL (http://127.0.0.1:5075), MCP_BEARER_TOKEN
# Exit code: 0 all is well, 1 something needs attention or could not be looked at, 2 usage error

set -eu
. "$(dirname "$0")/lib.sh"

quiet=no
for argument; do
  case $argument in
    --quiet) quiet=yes ;;
    -*) other_option "$argument" ;;
    *) fail "unknown argument $argument; --help explains" 2 ;;
  esac
done
check_settings

found=0
say() { [ "$quiet" = yes ] || printf '%s\n' "$*"; }

# report TITLE LINES: one finding on each line; none is good.
report() {
  if [ -z "$2" ]; then
    say "ok       $1"
    return
  fi
  printf '%s\n' "$2" | while IFS= read -r line; do printf 'CHECK    %s: %s\n' "$1" "$line"; done
  found=$((found + $(printf '%s\n' "$2" | grep -c '')))
}

# table TOOL FILTER COLUMN...
table() {
  tool=$1
  filter="\"filter\": \"$2\""
  shift 2
  response=$(list_tool "$tool" "$filter" "$@") || exit $?
  printf '%s\n' "$response" | rows "$@"
}

cluster=$(read_tool cluster_read '{}')
say "Cluster $(printf '%s\n' "$cluster" | field clusterName), HyperCore $(printf '%s\n' "$cluster" | field icosVersion), $(date '+%Y-%m-%d %H:%M')"

nodes=$(table node_read usable:false lanIP networkStatus currentDisposition)
report nodes "$(printf '%s' "$nodes" | awk -F '\t' '{ print "node " $1 " cannot run VMs, network " $2 ", disposition " $3 }')"

conditions=$(list_tool condition_read '' severity description nodes isOK)
report conditions "$(printf '%s\n' "$conditions" | rows severity description nodes isOK | awk -F '\t' '
  $1 != "INFO" && $1 != "DEBUG" && $1 != "NOTICE" {
    print $1 ", " $2 ($3 == "-" ? "" : ", node " $3) ($4 == "false" ? " (the check itself failed)" : "")
  }')"

drives=$(table drive_read isHealthy:false slot serialNumber node)
report drives "$(printf '%s' "$drives" | awk -F '\t' '{ print "slot " $1 ", serial number " $2 ", node " $3 }')"

for state in CRASHED PAUSED; do
  vms=$(table vm_read "state:$state" name node)
  report "VMs $state" "$(printf '%s' "$vms" | awk -F '\t' '{ print $1 ($2 == "-" ? "" : " on " $2) }')"
done

tasks=$(table taskTagStatus_read state:ERROR taskTag description message)
report 'failed tasks' "$(printf '%s' "$tasks" | awk -F '\t' '{ print $2 ": " $3 " (task " $1 ")" }')"

if [ "$found" -gt 0 ]; then
  say
  say "$found to check"
  exit 1
fi
say
say 'All is well'
