import type { VirDomain, VirDomainSnapshotSchedule } from '../../hypercore/records/records.ts'
import type { Random } from '../random.ts'
import type { ClusterState } from '../state.ts'
import { noTask } from '../tasks.ts'
import { addSnapshot, refreshSnapshotList } from '../vms/snapshots.ts'
import { day, epochSeconds, hour } from './epoch.ts'

const year = 365 * day

interface Rule {
  name: string
  dtstart: string
  rrule: string
  keepSeconds: number
}

const schedules: readonly { name: string; rules: Rule[] }[] = [
  {
    name: 'daily',
    rules: [
      {
        name: 'every night',
        dtstart: '2025-01-01 01:30:00',
        rrule: 'FREQ=DAILY;INTERVAL=1',
        keepSeconds: 14 * day
      }
    ]
  },
  {
    name: 'weekly, kept a year',
    rules: [
      {
        name: 'Sundays',
        dtstart: '2025-01-05 03:00:00',
        rrule: 'FREQ=WEEKLY;INTERVAL=1;BYDAY=SU',
        keepSeconds: year
      }
    ]
  },
  {
    name: 'critical',
    rules: [
      {
        name: 'every four hours',
        dtstart: '2025-01-01 00:00:00',
        rrule: 'FREQ=HOURLY;INTERVAL=4',
        keepSeconds: 2 * day
      },
      {
        name: 'every night',
        dtstart: '2025-01-01 02:00:00',
        rrule: 'FREQ=DAILY;INTERVAL=1',
        keepSeconds: 30 * day
      }
    ]
  }
]

function createSchedules(state: ClusterState, random: Random): VirDomainSnapshotSchedule[] {
  return schedules.map(({ name, rules }) => {
    const schedule: VirDomainSnapshotSchedule = {
      uuid: random.uuid(),
      name,
      rrules: rules.map((rule) => ({
        uuid: random.uuid(),
        name: rule.name,
        dtstart: rule.dtstart,
        rrule: rule.rrule,
        localRetentionDurationSeconds: rule.keepSeconds,
        remoteRetentionDurationSeconds: 0,
        replication: true
      }))
    }
    state.snapshotSchedules.set(schedule.uuid, schedule)
    return schedule
  })
}

/** What people note down when they take a snapshot by hand. */
const labels = ['before upgrade', 'before patch day', 'clean install', 'tested, works']

function snapshotByHand(state: ClusterState, random: Random, vm: VirDomain, ago: number): void {
  addSnapshot(state, random, vm, {
    uuid: random.uuid(),
    timestamp: epochSeconds - ago,
    label: random.pick(labels)
  })
}

function snapshotsByRule(
  state: ClusterState,
  random: Random,
  vm: VirDomain,
  everySeconds: number,
  keepSeconds: number,
  count: number
): void {
  for (let back = count; back > 0; back--) {
    const timestamp = epochSeconds - back * everySeconds + 3 * hour
    addSnapshot(state, random, vm, {
      uuid: random.uuid(),
      timestamp,
      type: 'AUTOMATED',
      automatedTriggerTimestamp: timestamp,
      localRetainUntilTimestamp: timestamp + keepSeconds
    })
  }
}

/**
 * Snapshot schedules, the VMs they are attached to, and the snapshots that were taken: by hand and
 * by rule. A copy that another cluster replicates to here has the snapshots that came with it.
 */
export function createSnapshots(state: ClusterState, random: Random): void {
  const [daily, weekly, critical] = createSchedules(state, random)
  for (const vm of state.virDomains.values()) {
    // The copies inside the snapshots date from before the VM's last task.
    const latestTaskTag = vm.latestTaskTag
    vm.latestTaskTag = noTask()
    if (vm.tags.includes('critical')) vm.snapshotScheduleUUID = critical?.uuid ?? ''
    else if (vm.tags.includes('database')) vm.snapshotScheduleUUID = daily?.uuid ?? ''
    else if (vm.tags.includes('files')) vm.snapshotScheduleUUID = weekly?.uuid ?? ''

    if (vm.snapshotScheduleUUID === weekly?.uuid)
      snapshotsByRule(state, random, vm, 7 * day, year, 3)
    else if (vm.snapshotScheduleUUID !== '' || vm.sourceVirDomainUUID !== '')
      snapshotsByRule(state, random, vm, day, 30 * day, 2)
    if (vm.tags.includes('web') || vm.tags.includes('erp'))
      for (let taken = random.int(1, 2); taken > 0; taken--)
        snapshotByHand(state, random, vm, taken * 5 * day - random.int(0, day))
    if (vm.snapshotSerialNumber > 0) refreshSnapshotList(state, vm)
    vm.latestTaskTag = latestTaskTag
  }
}
