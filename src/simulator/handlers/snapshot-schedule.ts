import type { VirDomainSnapshotSchedule } from '../../hypercore/records/records.ts'
import { ApiError, internalError, written, type Call, type Handlers } from '../handler.ts'
import { given } from '../vms/build.ts'
import { intervalSeconds, isDtstart } from '../vms/recurrence.ts'
import { runSchedule } from '../vms/snapshot-scheduler.ts'
import { readHandlers } from './records.ts'

type Rule = VirDomainSnapshotSchedule['rrules'][number]
type Body = Partial<VirDomainSnapshotSchedule>

const visibleMs = 1000

function rulesFrom(call: Call<Body>, rules: readonly Partial<Rule>[]): Rule[] {
  return rules.map((body) => {
    const { rrule = '', dtstart = '', localRetentionDurationSeconds = 0 } = body
    if (intervalSeconds(rrule) === undefined)
      throw new ApiError(400, `Invalid recurrence rule: ${rrule}`)
    if (!isDtstart(dtstart)) throw new ApiError(400, `Invalid start of a rule: ${dtstart}`)
    if (localRetentionDurationSeconds < 0) throw new ApiError(400, 'Invalid retention of a rule')
    return {
      name: '',
      remoteRetentionDurationSeconds: 0,
      replication: true,
      ...given(body, ['name', 'remoteRetentionDurationSeconds', 'replication']),
      dtstart,
      rrule,
      localRetentionDurationSeconds,
      uuid: call.world.random.uuid()
    }
  })
}

function target({ world, params }: Call): VirDomainSnapshotSchedule {
  const schedule = world.state.snapshotSchedules.get(params.uuid ?? '')
  if (schedule === undefined) throw internalError()
  return schedule
}

function create(call: Call<Body>): unknown {
  const { world, body } = call
  const rrules = rulesFrom(call, body.rrules ?? [])
  const schedule = { uuid: world.random.uuid(), name: body.name ?? '', rrules }
  world.state.snapshotSchedules.set(schedule.uuid, schedule)
  runSchedule(world, schedule)
  return written('', schedule.uuid)
}

/** A list of rules replaces the old one as a whole (FACTS 8.2: S). */
function update(call: Call<Body>): unknown {
  const { body } = call
  const schedule = target(call)
  const rrules = body.rrules === undefined ? undefined : rulesFrom(call, body.rrules)
  if (body.name !== undefined) schedule.name = body.name
  if (rrules !== undefined) {
    schedule.rrules = rrules
    runSchedule(call.world, schedule)
  }
  return written()
}

/** The deletion shows about a second later (FACTS 8.2: O); VMs lose the schedule with it (I). */
function remove(call: Call): unknown {
  const { state, clock } = call.world
  const { uuid } = target(call)
  clock.after(visibleMs, () => {
    state.snapshotSchedules.delete(uuid)
    for (const vm of state.virDomains.values())
      if (vm.snapshotScheduleUUID === uuid) vm.snapshotScheduleUUID = ''
  })
  return written()
}

/** Snapshot schedules (FACTS 8.2): writes start no task (4.1: O). */
export const snapshotScheduleHandlers: Handlers = {
  ...readHandlers('/VirDomainSnapshotSchedule', ({ world }) =>
    world.state.snapshotSchedules.values()
  ),
  'POST /VirDomainSnapshotSchedule': create,
  'POST /VirDomainSnapshotSchedule/{uuid}': update,
  'PATCH /VirDomainSnapshotSchedule/{uuid}': update,
  'DELETE /VirDomainSnapshotSchedule/{uuid}': remove
}
