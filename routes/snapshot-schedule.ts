import { Type } from '@sinclair/typebox'
import type { VirDomainSnapshotSchedule } from '../src/hypercore/records.ts'
import { BridgeError } from '../src/lib/errors.ts'
import { unixMs } from '../src/lib/unix-time.ts'
import { foldCase } from '../src/lib/normalize.ts'
import { quoteName } from '../src/lib/quote.ts'
import { readZone } from '../src/tools/read/zone.ts'
import { additive, defineTool, idempotent, type Tool } from '../src/tools/define-tool.ts'
import { defineListTool } from '../src/tools/list/define-list-tool.ts'
import { assignSteps, namedSchedule } from '../src/tools/schedule/assign.ts'
import { describeRule, ruleOf } from '../src/tools/schedule/rule.ts'
import {
  Input,
  Name,
  ReferenceOrEmpty,
  writeArguments,
  WriteResponse
} from '../src/tools/schemas.ts'
import { tryAgain, writeResponse } from '../src/tools/task/write-response.ts'
import { chooseVms, namesOf, Vms } from '../src/tools/vms/choose-vms.ts'
import {
  nothingSent,
  sequenceResponse,
  SequenceResponse
} from '../src/tools/writes/sequence-response.ts'
import { runSequence } from '../src/tools/writes/sequence.ts'
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

const snapshotScheduleCreate = defineTool({
  name: 'snapshotSchedule_create',
  title: 'Create a snapshot schedule',
  description:
    "Creates a snapshot schedule, in the cluster's local time. snapshotSchedule_assign puts VMs under it.",
  tag: 'snapshot',
  annotations: additive,
  effects: ['change'],
  slow: true,
  input: Input({
    name: Name('nightly'),
    every: Type.String({
      maxLength: 40,
      'x-example': '"day"',
      description: 'hour, day, week, month, "6 hours"'
    }),
    at: Type.Optional(Type.String({ maxLength: 20, 'x-example': '"02:00"', description: '02:00' })),
    on: Type.Optional(
      Type.String({ maxLength: 20, 'x-example': '"sunday"', description: 'sunday' })
    ),
    keepDays: Type.Number({
      description: 'days',
      minimum: 0.04,
      maximum: 36_500,
      'x-hide-range': true,
      'x-example': '7'
    }),
    ...writeArguments
  }),
  output: WriteResponse(),

  async run(context, { name, every, at, on, keepDays, wait }) {
    const { hypercore, signal } = context
    const [schedules, zone] = await Promise.all([
      hypercore.list('/VirDomainSnapshotSchedule', { signal }),
      readZone(context)
    ])
    const same = schedules.find((each) => foldCase(each.name) === foldCase(name))
    if (same !== undefined)
      throw new BridgeError(
        'ILLEGAL_STATE',
        `There is a snapshot schedule ${quoteName(same.name)} already: ${same.rrules.map(describeRule).join('; ') || 'it takes none'}. Give another name, or put VMs under it with snapshotSchedule_assign`,
        { details: { uuid: same.uuid } }
      )
    const rule = ruleOf({ every, at, on, keepDays }, zone, unixMs())
    const body = { name, rrules: [rule] }
    const result = await hypercore.write('POST', '/VirDomainSnapshotSchedule', body, { signal })
    const takes = describeRule({ ...rule, uuid: '' })
    return writeResponse(context, result, wait, {
      subject: `Creation of snapshot schedule ${quoteName(name)}`,
      done: `Created snapshot schedule ${quoteName(name)}: ${takes}, in the time of ${zone.zone}`,
      next: 'It covers no VM yet: snapshotSchedule_assign puts VMs under it',
      advice: tryAgain('snapshotSchedule_create', 'snapshotSchedule_read')
    })
  }
})

const snapshotScheduleAssign = defineTool({
  name: 'snapshotSchedule_assign',
  title: 'Put VMs under a snapshot schedule',
  description:
    'Puts VMs under a snapshot schedule and says which each had before; a VM has one at most. dry_run lists the VMs first.',
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
