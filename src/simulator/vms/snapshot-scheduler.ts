import type { VirDomainSnapshotSchedule } from '../../hypercore/records/records.ts'
import type { World } from '../handler.ts'
import { intervalSeconds } from './recurrence.ts'
import { takeSnapshot } from './snapshot-task.ts'

type Rule = VirDomainSnapshotSchedule['rrules'][number]

function takeScheduled(world: World, schedule: VirDomainSnapshotSchedule, rule: Rule): void {
  const now = world.clock.seconds()
  for (const vm of world.state.virDomains.values()) {
    if (vm.snapshotScheduleUUID !== schedule.uuid) continue
    // As a real cluster, that refuses overlapping writes, the schedule skips a busy VM.
    if (world.options.overlappingWrites === 'fail' && world.tasks.isLocked(vm.uuid)) continue
    takeSnapshot({ world, sessionID: '', nodeUUID: vm.nodeUUID }, vm, {
      uuid: world.random.uuid(),
      label: '',
      type: 'AUTOMATED',
      automatedTriggerTimestamp: now,
      localRetainUntilTimestamp: now + rule.localRetentionDurationSeconds,
      remoteRetainUntilTimestamp:
        rule.remoteRetentionDurationSeconds > 0 ? now + rule.remoteRetentionDurationSeconds : 0,
      replication: rule.replication
    })
  }
}

function arm(world: World, schedule: VirDomainSnapshotSchedule, rule: Rule): void {
  const interval = intervalSeconds(rule.rrule)
  if (interval === undefined) return
  world.clock.after(interval * 1000, () => {
    const known = world.state.snapshotSchedules.get(schedule.uuid)
    // Replaced or deleted since: the rule's time is over.
    if (known?.rrules.includes(rule) !== true) return
    takeScheduled(world, known, rule)
    arm(world, schedule, rule)
  })
}

/**
 * Lets the schedule's rules run from now on, in scaled time: each takes its first snapshots one
 * interval from now and continues until the rule is replaced or the schedule deleted.
 */
export function runSchedule(world: World, schedule: VirDomainSnapshotSchedule): void {
  for (const rule of schedule.rrules) arm(world, schedule, rule)
}

/** Lets the schedules that the inventory brings run. Called once, when a simulator starts. */
export function startSnapshotSchedules(world: World): void {
  for (const schedule of world.state.snapshotSchedules.values()) runSchedule(world, schedule)
}
