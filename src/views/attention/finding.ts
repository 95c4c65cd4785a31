import type { Condition } from '../../hypercore/records/records.ts'
import { severities } from '../condition.ts'

type Severity = Condition['severity']

/** What each code means. The order is the rank among those of one severity. */
export const attentionCodes = {
  NODE_OFFLINE: 'a node does not respond to the others',
  NODE_UNUSABLE: 'a node is online and cannot run VMs',
  STORAGE_FILLING: 'the drives of the cluster fill up',
  DRIVE_FAILING: 'a drive reports that it fails, or is not reachable',
  VM_CRASHED: 'a VM has crashed',
  VM_DOWN: 'a VM is off although the cluster is to run it',
  UPDATE_FAILED: 'the last update did not complete',
  CONDITION: 'a check of the cluster reports a problem, with the severity of the cluster',
  FAILOVER_SHORT: 'the VMs of the largest node would not fit on the others if it failed',
  NODE_MEMORY_HIGH: 'the memory of a node is nearly full',
  DRIVE_HOT: 'a drive is at its highest temperature, or close to it',
  DRIVE_FULL: 'a drive is nearly full',
  DRIVE_ERRORS: 'a healthy drive has counted errors or replaced sectors',
  VM_BLOCKED: 'a VM waits for its disk',
  VM_PAUSED: 'a VM is paused, and keeps its memory',
  REMOTE_DISCONNECTED: 'a cluster that VMs are replicated to is not connected',
  REPLICATION_LATE: 'a snapshot has not arrived at the other cluster',
  SNAPSHOT_STALE: 'a VM has no snapshot its schedule should have taken',
  SCHEDULE_COVERS_NOTHING: 'a schedule has no VM, or has VMs and no rule',
  UPDATE_RUNNING: 'an update is running: nodes restart, writes may be held back',
  REPLICATION_OFF: 'the replication of a VM is switched off',
  NODE_MAINTENANCE: 'a node is taken out of use, and runs no VMs',
  AGENT_SILENT: 'a running VM whose guest agent is known not to respond',
  UPDATE_AVAILABLE: 'a newer version can be installed'
} as const

export type AttentionCode = keyof typeof attentionCodes

/** The next call, by name and with arguments. */
export interface NextCall {
  tool: string
  args: Record<string, unknown>
}

/** Something that needs a person. */
export interface Finding {
  code: AttentionCode
  severity: Severity
  /** How many VMs, nodes, drives or schedules it concerns. */
  count: number
  /** The reason in numbers, without names. */
  reason: string
  /** All that it concerns, the worst first, each with its own figure; empty for the whole cluster. */
  of: string[]
  next: NextCall
}

const codes = Object.keys(attentionCodes)

/** The most severe first, then by code, then what concerns more. */
export const rankFindings = (findings: readonly Finding[]): Finding[] =>
  findings.toSorted(
    (a, b) =>
      severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
      codes.indexOf(a.code) - codes.indexOf(b.code) ||
      b.count - a.count
  )

/** A finding where something has it, none where nothing has. */
export const findingOf = <T>(
  found: readonly T[],
  describe: (found: readonly [T, ...T[]]) => Omit<Finding, 'count'>
): Finding[] => {
  const [first, ...others] = found
  return first === undefined ? [] : [{ ...describe([first, ...others]), count: found.length }]
}

/** A name as an argument of a call: itself, or the uuid where it may mean another, or could be misread. */
export const callName = (
  { uuid, name }: { uuid: string; name: string },
  all: readonly { name: string }[]
): string =>
  /^[\w.-]+(?: [\w.-]+)*$/.test(name) &&
  name.length <= 60 &&
  all.filter((other) => other.name.toLowerCase() === name.toLowerCase()).length === 1
    ? name
    : uuid
