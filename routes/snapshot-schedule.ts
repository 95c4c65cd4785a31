import { type Static, Type } from '@sinclair/typebox'
import type { VirDomain, VirDomainSnapshotSchedule } from '../src/hypercore/records/records.ts'
import { placeholder } from '../src/hypercore/writes/sequence.ts'
import { BridgeError } from '../src/lib/errors/errors.ts'
import { unixMs } from '../src/lib/time/unix-time.ts'
import { foldCase } from '../src/lib/text/normalize.ts'
import { quoteName } from '../src/lib/text/quote.ts'
import { readZone } from '../src/tools/read/zone.ts'
import {
  additive,
  defineTool,
  idempotent,
  type Tool,
  type ToolContext
} from '../src/tools/define-tool.ts'
import { defineListTool } from '../src/tools/list/define-list-tool.ts'
import { assignSteps, namedSchedule } from '../src/tools/schedule/assign.ts'
import { describeRule, ruleOf } from '../src/tools/schedule/rule.ts'
import { Input, Name, ReferenceOrEmpty, writeArguments } from '../src/tools/schemas.ts'
import { tryAgain, writeResponse } from '../src/tools/task/write-response.ts'
import { chooseVms, namesOf, Vms } from '../src/tools/vms/choose-vms.ts'
import {
  nothingSent,
  sequenceResponse,
  SequenceResponse
} from '../src/tools/writes/sequence-response.ts'
import { runSequence, type Step } from '../src/tools/writes/sequence.ts'
import { sequenceText } from '../src/views/text/sequence-text.ts'

interface CountedSchedule {
  schedule: VirDomainSnapshotSchedule
  vms: string[]
  zone: string
}

const scheduleFields = ({ schedule: { uuid, name, rrules }, vms, zone }: CountedSchedule) => ({
  uuid,
  name,
  takes: rrules.map(describeRule).join('; '),
  vms: vms.length,
  vmNames: vms,
  zone,
  rrules
})

const snapshotScheduleRead = defineListTool({
  name: 'snapshotSchedule_read',
  title: 'List the snapshot schedules',
  description: 'Lists snapshot schedules: when, how long kept, how many VMs.',
  tag: 'snapshot',
  item: 'a snapshot schedule; times are the local ones of the cluster',
  async read(context): Promise<CountedSchedule[]> {
    const { hypercore, signal } = context
    const [schedules, vms, { zone }] = await Promise.all([
      hypercore.list('/VirDomainSnapshotSchedule', { signal }),
      hypercore.list('/VirDomain', { signal }),
      readZone(context)
    ])
    return schedules.map((schedule) => ({
      schedule,
      zone,
      vms: vms
        .filter(({ snapshotScheduleUUID }) => snapshotScheduleUUID === schedule.uuid)
        .map(({ name }) => name)
    }))
  },
  view: {
    describe: scheduleFields,
    summary: ['uuid', 'name', 'takes', 'vms', 'vmNames', 'zone'],
    columns: ['name', 'takes', 'vms', 'zone']
  }
})

/** Stands for the schedule that the first step creates. */
const newSchedule = placeholder('schedule')

/** Creates a schedule, or takes the one that is there already, and puts VMs under it. */
async function coverVms(
  context: ToolContext,
  vms: readonly VirDomain[],
  { name, rule, same, schedules }: NamedRule & { schedules: VirDomainSnapshotSchedule[] }
): Promise<Static<typeof created>> {
  const shown = quoteName(name)
  const uuid = same?.uuid ?? newSchedule
  const known = same === undefined ? [...schedules, { uuid, name, rrules: [] }] : schedules
  const takes = describeRule({ ...rule, uuid: '' })
  const steps: Step[] = [
    ...(same === undefined
      ? [
          {
            does: `create snapshot schedule ${shown}: ${takes}`,
            method: 'POST' as const,
            path: '/VirDomainSnapshotSchedule',
            body: { name, rrules: [rule] },
            creates: 'schedule'
          }
        ]
      : []),
    ...assignSteps(vms, uuid, known)
  ]
  if (steps.length === 0)
    return nothingSent(`Nothing to change: ${namesOf(vms)} had snapshot schedule ${shown} already`)
  const targets = vms.map((vm) => vm.uuid)
  const outcome = await runSequence(context, snapshotScheduleCreate.name, targets, steps)
  const done = same === undefined ? `Created snapshot schedule ${shown}` : `Took ${shown}`
  return sequenceResponse(outcome, `${done}: ${takes}. ${vms.length} VMs have it: ${namesOf(vms)}`)
}

/** A schedule as it is asked for, and the one of that name that is there. */
interface NamedRule {
  name: string
  rule: ReturnType<typeof ruleOf>
  same: VirDomainSnapshotSchedule | undefined
}

/** @throws {BridgeError} ILLEGAL_STATE where a schedule has the name, but for the same rule and VMs */
function refuseTaken({ rule, same }: NamedRule, hasVms: boolean): void {
  if (same === undefined) return
  const takes = same.rrules.map(describeRule).join('; ')
  if (hasVms && takes === describeRule({ ...rule, uuid: '' })) return
  throw new BridgeError(
    'ILLEGAL_STATE',
    `There is a snapshot schedule ${quoteName(same.name)} already: ${takes || 'it takes none'}. Choose another name, or put VMs under it with ${hasVms ? 'its own every, at and keepDays, or with ' : ''}snapshotSchedule_assign`,
    { details: { uuid: same.uuid } }
  )
}

const created = SequenceResponse()

/** A new schedule takes nothing from a VM that a tag finds. */
const anyForm = { bareTags: true }

const snapshotScheduleCreate = defineTool({
  name: 'snapshotSchedule_create',
  title: 'Create a snapshot schedule',
  description: "Creates a snapshot schedule in the cluster's time, and puts VMs under it.",
  tag: 'snapshot',
  annotations: additive,
  effects: ['change'],
  slow: true,
  sequence: ({ vms }) => vms !== undefined,
  // VMs that have it are left alone, and so is the schedule.
  idempotent: ({ vms }) => vms !== undefined,
  async vmsOf(context, { vms }) {
    return vms === undefined ? [] : (await chooseVms(context, vms, anyForm)).map(({ uuid }) => uuid)
  },
  input: Input({
    name: Name('of the schedule'),
    every: Type.String({
      maxLength: 40,
      'x-example': '"day"',
      description: 'day, week, month or hours'
    }),
    at: Type.Optional(
      Type.String({ maxLength: 20, 'x-example': '"02:00"', description: 'time of day' })
    ),
    on: Type.Optional(
      Type.String({
        maxLength: 20,
        'x-example': '"sunday"',
        description: 'day of the week or month'
      })
    ),
    keepDays: Type.Number({
      description: 'days',
      minimum: 0.04,
      maximum: 36_500,
      'x-hide-range': true,
      'x-example': '7'
    }),
    vms: Type.Optional(Vms),
    ...writeArguments
  }),
  output: created,
  text: sequenceText,

  async run(context, { name, every, at, on, keepDays, vms: texts, wait }) {
    const { hypercore, signal } = context
    const [schedules, zone] = await Promise.all([
      hypercore.list('/VirDomainSnapshotSchedule', { signal }),
      readZone(context)
    ])
    const rule = ruleOf({ every, at, on, keepDays }, zone, unixMs())
    const same = schedules.find((each) => foldCase(each.name) === foldCase(name))
    refuseTaken({ name, rule, same }, texts !== undefined)
    if (texts !== undefined)
      return coverVms(context, await chooseVms(context, texts, anyForm), {
        name,
        rule,
        same,
        schedules
      })
    const body = { name, rrules: [rule] }
    const result = await hypercore.write('POST', '/VirDomainSnapshotSchedule', body, { signal })
    const response = await writeResponse(context, result, wait, {
      subject: `Creation of snapshot schedule ${quoteName(name)}`,
      done: `Created snapshot schedule ${quoteName(name)}: ${describeRule({ ...rule, uuid: '' })}, in the time of ${zone.zone}`,
      next: 'It covers no VM yet: snapshotSchedule_assign puts VMs under it',
      advice: tryAgain('snapshotSchedule_create', 'snapshotSchedule_read')
    })
    return { ...response, sequence: '', steps: [] }
  }
})

const snapshotScheduleAssign = defineTool({
  name: 'snapshotSchedule_assign',
  title: 'Put VMs under a snapshot schedule',
  description:
    'Puts VMs under a snapshot schedule, and says which each had before. dry_run lists the VMs first.',
  tag: 'snapshot',
  annotations: idempotent,
  effects: ['change', 'lose'],
  slow: true,
  sequence: () => true,
  async vmsOf(context, { vms }) {
    return (await chooseVms(context, vms)).map(({ uuid }) => uuid)
  },
  input: Input({
    schedule: ReferenceOrEmpty('schedule', 'name, or empty for none'),
    vms: Vms,
    ...writeArguments
  }),
  output: SequenceResponse(),
  text: sequenceText,

  async run(context, { schedule, vms: texts }) {
    const { hypercore, signal } = context
    const [vms, schedules] = await Promise.all([
      chooseVms(context, texts),
      hypercore.knownList('/VirDomainSnapshotSchedule', { signal })
    ])
    const name = namedSchedule(schedules, schedule)
    if (schedule !== '' && !schedules.some(({ uuid }) => uuid === schedule))
      throw new BridgeError(
        'NOT_FOUND',
        `No snapshot schedule has the uuid ${schedule}: snapshotSchedule_read lists them`
      )
    const steps = assignSteps(vms, schedule, schedules)
    if (steps.length === 0)
      return nothingSent(`Nothing to change: ${namesOf(vms)} had ${name} already`)
    const outcome = await runSequence(
      context,
      snapshotScheduleAssign.name,
      vms.map(({ uuid }) => uuid),
      steps
    )
    const had = vms.length - steps.length
    return sequenceResponse(
      outcome,
      `${steps.length} VMs now have ${name}${had > 0 ? `, ${had} had it before` : ''}: ${namesOf(vms)}`
    )
  }
})

export const snapshotScheduleTools: Tool[] = [
  snapshotScheduleRead,
  snapshotScheduleCreate,
  snapshotScheduleAssign
]
