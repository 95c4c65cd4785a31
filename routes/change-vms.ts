import { Type } from '@sinclair/typebox'
import type { VirDomain } from '../src/hypercore/records/records.ts'
import { alreadyDone, isLegal } from '../src/hypercore/records/vm-state.ts'
import { BridgeError } from '../src/lib/errors/errors.ts'
import { quoteName } from '../src/lib/text/quote.ts'
import { unixMs } from '../src/lib/time/unix-time.ts'
import { daySeconds, formatAge } from '../src/lib/text/units.ts'
import { defineTool, destructive, type Tool, type ToolContext } from '../src/tools/define-tool.ts'
import { CommaWords, Input, StringEnum, writeArguments } from '../src/tools/schemas.ts'
import { wantedTags } from '../src/tools/arguments/tag-arguments.ts'
import { chooseVms, namesOf, Vms } from '../src/tools/vms/choose-vms.ts'
import {
  nothingSent,
  sequenceResponse,
  SequenceResponse
} from '../src/tools/writes/sequence-response.ts'
import { runSequence, type Step } from '../src/tools/writes/sequence.ts'
import { actionStep, changeStep } from '../src/tools/writes/vm-steps.ts'
import { snapshotName } from '../src/views/snapshot.ts'
import { sequenceText } from '../src/views/text/sequence-text.ts'

const actions = [
  'snapshot',
  'START',
  'SHUTDOWN',
  'addTags',
  'removeTags',
  'deleteSnapshots'
] as const

/** What is to be done, as its arguments say it. */
interface Wanted {
  action: (typeof actions)[number]
  label?: string | undefined
  tags?: string | undefined
  olderThanDays?: number | undefined
}

/** What is done to some VMs, and those to which nothing need or can be done. */
interface Work {
  steps: Step[]
  skipped: string[]
}

const required = (value: string | undefined, argument: string, { action }: Wanted): string => {
  if (value !== undefined && value.trim() !== '') return value
  throw new BridgeError('INVALID_ARGUMENT', `${action} requires ${argument}`)
}

const snapshotSteps = (vms: readonly VirDomain[], label: string): Work => ({
  skipped: [],
  steps: vms.map((vm) => ({
    does: `take snapshot ${quoteName(label)} of ${quoteName(vm.name)}`,
    method: 'POST',
    path: '/VirDomainSnapshot',
    // The cluster's own default sends it over the WAN (FACTS 24, high).
    body: { domainUUID: vm.uuid, label, type: 'USER', replication: false }
  }))
})

function powerSteps(vms: readonly VirDomain[], action: 'START' | 'SHUTDOWN'): Work {
  const work: Work = { steps: [], skipped: [] }
  for (const vm of vms) {
    const already = alreadyDone(action, vm)
    if (already !== undefined) work.skipped.push(`${quoteName(vm.name)} is already ${already}`)
    else if (isLegal(action, vm)) work.steps.push(actionStep(vm, action))
    else
      work.skipped.push(
        `${quoteName(vm.name)} is ${vm.state}, from which ${action} is not possible`
      )
  }
  return work
}

function tagSteps(vms: readonly VirDomain[], wanted: Wanted): Work {
  const { action } = wanted
  const words = required(wanted.tags, 'tags', wanted)
  const work: Work = { steps: [], skipped: [] }
  for (const vm of vms) {
    const change = wantedTags(vm.tags, { [action]: words })
    if (change === undefined || change.tags === vm.tags)
      work.skipped.push(`${quoteName(vm.name)} stays as it is`)
    else
      work.steps.push(
        changeStep(
          vm,
          { tags: change.tags },
          `tag ${quoteName(vm.name)}: ${vm.tags || 'none'} → ${change.tags || 'none'}`,
          `restore the tags of ${quoteName(vm.name)}`
        )
      )
  }
  return work
}

async function deleteSteps(
  { hypercore, signal }: ToolContext,
  vms: readonly VirDomain[],
  { olderThanDays }: Wanted
): Promise<Work> {
  if (olderThanDays === undefined)
    throw new BridgeError('INVALID_ARGUMENT', 'deleteSnapshots requires olderThanDays')
  const before = unixMs() / 1000 - olderThanDays * daySeconds
  const names = new Map(vms.map(({ uuid, name }) => [uuid, name]))
  const snapshots = await hypercore.list('/VirDomainSnapshot', { signal })
  const old = snapshots
    .filter(({ domainUUID, timestamp }) => names.has(domainUUID) && timestamp < before)
    .toSorted((a, b) => a.timestamp - b.timestamp)
  return {
    skipped: [],
    steps: old.map((snapshot) => ({
      does: `delete snapshot ${quoteName(snapshotName(snapshot))} of ${quoteName(names.get(snapshot.domainUUID) ?? '')} (${formatAge(snapshot.timestamp)} old)`,
      method: 'DELETE',
      path: `/VirDomainSnapshot/${snapshot.uuid}`
    }))
  }
}

function workOf(
  context: ToolContext,
  vms: readonly VirDomain[],
  wanted: Wanted
): Work | Promise<Work> {
  const { action, label } = wanted
  switch (action) {
    case 'snapshot':
      return snapshotSteps(vms, required(label, 'label', wanted))
    case 'START':
    case 'SHUTDOWN':
      return powerSteps(vms, action)
    case 'deleteSnapshots':
      return deleteSteps(context, vms, wanted)
    default:
      return tagSteps(vms, wanted)
  }
}

const changeVms = defineTool({
  name: 'changeVMs',
  title: 'Do the same to several VMs',
  description: 'Does one thing to several VMs. First with dry_run: show the user the list.',
  tag: 'vm',
  annotations: destructive,
  effects: ['change', 'interrupt', 'lose'],
  slow: true,
  sequence: () => true,
  destroys: ({ action }) => action === 'deleteSnapshots',
  async vmsOf(context, { vms }) {
    return (await chooseVms(context, vms)).map(({ uuid }) => uuid)
  },
  input: Input({
    vms: Vms,
    action: StringEnum(actions, ''),
    label: Type.Optional(Type.String({ maxLength: 255, description: 'of snapshot' })),
    tags: Type.Optional(CommaWords('for addTags, removeTags')),
    olderThanDays: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 36_500,
        'x-hide-range': true,
        description: 'for deleteSnapshots'
      })
    ),
    ...writeArguments
  }),
  output: SequenceResponse(),
  text: sequenceText,

  async run(context, { vms: texts, action, label, tags, olderThanDays }) {
    const vms = await chooseVms(context, texts)
    const { steps, skipped } = await workOf(context, vms, { action, label, tags, olderThanDays })
    const notes = skipped.slice(0, 20)
    if (steps.length === 0)
      return {
        ...nothingSent(`Nothing to do for ${namesOf(vms)}`),
        ...(notes.length > 0 && { notes })
      }
    const outcome = await runSequence(
      context,
      changeVms.name,
      vms.map(({ uuid }) => uuid),
      steps.map((step) => ({ ...step, independent: true }))
    )
    return {
      ...sequenceResponse(outcome, `${action}: ${steps.length} done, of ${namesOf(vms)}`),
      ...(notes.length > 0 && { notes })
    }
  }
})

export const changeVmsTools: Tool[] = [changeVms]
