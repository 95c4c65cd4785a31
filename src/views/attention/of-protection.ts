import { scheduleGap } from '../../hypercore/records/snapshot-rule.ts'
import type {
  VirDomain,
  VirDomainReplication,
  VirDomainSnapshot,
  VirDomainSnapshotSchedule
} from '../../hypercore/records/records.ts'
import { quoteName, quoteText } from '../../lib/text/quote.ts'
import { counted, formatDuration } from '../../lib/text/units.ts'
import { arrivedAt, hidesSnapshots, isReplica, newestSnapshots } from '../protection/copies.ts'
import type { ZonedTime } from '../zoned-time.ts'
import { type Finding, findingOf } from './finding.ts'
import { thresholds } from './thresholds.ts'

/** A connection to another cluster, as far as it is looked at (FACTS 9.2, S). */
export interface RemoteConnection {
  uuid?: unknown
  label?: unknown
  connectionStatus?: unknown
  replicationOK?: unknown
}

/** What protects the VMs; undefined is what could not be read. */
export interface Protection {
  vms: readonly VirDomain[]
  snapshots: readonly VirDomainSnapshot[] | undefined
  schedules: readonly VirDomainSnapshotSchedule[] | undefined
  replications: readonly VirDomainReplication[] | undefined
  connections: readonly RemoteConnection[] | undefined
  /** Whether the caller sees all VMs there are. */
  seesAll: boolean
  zone: ZonedTime
  /** Unix seconds. */
  now: number
}

const reportNext = { tool: 'protection_report', args: {} }

/** When the first rule of a schedule began, in Unix seconds; 0 where it cannot be parsed. */
const begins = ({ rrules }: VirDomainSnapshotSchedule, zone: ZonedTime): number => {
  const times = rrules.map(({ dtstart }) => zone.parse(dtstart.replace(' ', 'T')) / 1000)
  return Math.min(...times.map((time) => (Number.isNaN(time) ? 0 : time)))
}

function ofSnapshots({ vms, snapshots, schedules, zone, now }: Protection): Finding[] {
  if (snapshots === undefined || schedules === undefined) return []
  const byUuid = new Map(schedules.map((schedule) => [schedule.uuid, schedule]))
  const newest = newestSnapshots(snapshots)
  const scheduled = vms.filter(
    (vm) =>
      byUuid.has(vm.snapshotScheduleUUID) &&
      !isReplica(vm) &&
      !hidesSnapshots(vm, newest.get(vm.uuid))
  )
  const stale = scheduled
    .flatMap((vm) => {
      const schedule = byUuid.get(vm.snapshotScheduleUUID)
      const gap = schedule && scheduleGap(schedule.rrules)
      if (schedule === undefined || gap === undefined) return []
      const taken = newest.get(vm.uuid)?.timestamp ?? 0
      const age = now - Math.max(taken, vm.created, begins(schedule, zone))
      const isStale = age > thresholds.missedRuns.value * gap
      return isStale
        ? [{ name: vm.name, age: taken === 0 ? undefined : now - taken, missed: age / gap }]
        : []
    })
    .toSorted((a, b) => b.missed - a.missed)
  return findingOf(stale, (found) => ({
    code: 'SNAPSHOT_STALE',
    severity: 'WARNING',
    reason: `${found.length} of ${counted(scheduled.length, 'VM')} with a schedule missed ${thresholds.missedRuns.value} runs or more`,
    of: found.map(
      ({ name, age }) => `${quoteName(name)} ${age === undefined ? 'none' : formatDuration(age)}`
    ),
    next: reportNext
  }))
}

function ofSchedules({ vms, schedules, seesAll }: Protection): Finding[] {
  if (schedules === undefined) return []
  const using = (uuid: string): number =>
    vms.filter(({ snapshotScheduleUUID }) => snapshotScheduleUUID === uuid).length
  const unused = seesAll ? schedules.filter(({ uuid }) => using(uuid) === 0) : []
  const empty = schedules.filter(({ uuid, rrules }) => rrules.length === 0 && using(uuid) > 0)
  const next = { tool: 'run_api', args: { query: '/VirDomainSnapshotSchedule', method: 'GET' } }
  return [
    ...findingOf(empty, (found) => ({
      code: 'SCHEDULE_COVERS_NOTHING',
      severity: 'WARNING',
      reason: `${counted(found.length, 'schedule')} without a rule, so nothing is taken`,
      of: found.map(({ uuid, name }) => `${quoteName(name)} (${counted(using(uuid), 'VM')})`),
      next
    })),
    ...findingOf(unused, (found) => ({
      code: 'SCHEDULE_COVERS_NOTHING',
      severity: 'NOTICE',
      reason: `${found.length} of ${counted(schedules.length, 'schedule')} without a VM`,
      of: found.map(({ name }) => quoteName(name)),
      next
    }))
  ]
}

function ofReplication({ vms, snapshots, replications, now }: Protection): Finding[] {
  if (replications === undefined) return []
  const byUuid = new Map(vms.map((vm) => [vm.uuid, vm]))
  const own = replications.filter(({ sourceDomainUUID }) => byUuid.has(sourceDomainUUID))
  const nameOf = ({ sourceDomainUUID }: VirDomainReplication): string =>
    quoteName(byUuid.get(sourceDomainUUID)?.name ?? sourceDomainUUID)
  const newest = newestSnapshots((snapshots ?? []).filter(({ replication }) => replication))
  const waiting = own
    .filter(({ enable }) => enable)
    .flatMap((replication) => {
      const taken = newest.get(replication.sourceDomainUUID)?.timestamp
      const arrived = arrivedAt(replication)
      if (taken === undefined || arrived === undefined || taken <= arrived) return []
      return [{ replication, waits: now - taken }]
    })
    .filter(({ waits }) => waits > thresholds.replicationGraceHours.value * 3600)
    .toSorted((a, b) => b.waits - a.waits)
  const off = own.filter(({ enable }) => !enable)
  return [
    ...findingOf(waiting, (found) => ({
      code: 'REPLICATION_LATE',
      severity: 'WARNING',
      reason: `${found.length} of ${counted(own.length, 'replication')} behind for more than ${thresholds.replicationGraceHours.value} h`,
      of: found.map(
        ({ replication, waits }) =>
          `${nameOf(replication)} ${formatDuration(waits)}, ${Math.round(replication.progress.percentComplete)} % sent`
      ),
      next: reportNext
    })),
    ...findingOf(off, (found) => ({
      code: 'REPLICATION_OFF',
      severity: 'NOTICE',
      reason: `${found.length} of ${counted(own.length, 'replication')} switched off`,
      of: found.map(nameOf),
      next: reportNext
    }))
  ]
}

/** States of a connection that may pass by themselves (FACTS 9.2, S). */
const passing = ['ESTABLISHED', 'INITIALIZING', 'UPDATING', 'DELETING']

function ofConnections({ connections = [] }: Protection): Finding[] {
  const broken = connections.filter(
    ({ connectionStatus, replicationOK }) =>
      !passing.includes(String(connectionStatus)) || replicationOK === false
  )
  return findingOf(broken, (found) => ({
    code: 'REMOTE_DISCONNECTED',
    severity: 'WARNING',
    reason: `${found.length} of ${counted(connections.length, 'remote cluster')} not connected`,
    of: found.map(
      ({ label, uuid, connectionStatus }) =>
        `${quoteText(String(label || uuid), 60)} ${String(connectionStatus)}`
    ),
    next: reportNext
  }))
}

/** What of snapshots, schedules and replication needs a person. */
export const protectionFindings = (protection: Protection): Finding[] => [
  ...ofConnections(protection),
  ...ofReplication(protection),
  ...ofSnapshots(protection),
  ...ofSchedules(protection)
]
