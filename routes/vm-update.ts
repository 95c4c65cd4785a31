import { type Static, Type } from '@sinclair/typebox'
import { BridgeError } from '../src/lib/errors/errors.ts'
import type { VirDomain } from '../src/hypercore/records/records.ts'
import { defineTool, idempotent, type ToolContext } from '../src/tools/define-tool.ts'
import { clusterLimits, refuseTooMuchMemory } from '../src/tools/read/cluster-limits.ts'
import { readNotesOnName } from '../src/tools/names/same-name.ts'
import { changesWordsOnly } from '../src/tools/writes/during-update.ts'
import { findVm } from '../src/tools/read/find-record.ts'
import { optionalList } from '../src/tools/read/optional-list.ts'
import {
  CommaWords,
  Input,
  ReferenceOrEmpty,
  Uuid,
  VmUuid,
  writeArguments,
  WriteResponse
} from '../src/tools/schemas.ts'
import { wantedTags } from '../src/tools/arguments/tag-arguments.ts'
import { completedWithoutTask, tryAgain, writeResponse } from '../src/tools/task/write-response.ts'
import { waitsForStart } from '../src/tools/advice/turn-off-advice.ts'
import { Memory, Tags, VcpuCount, VmName } from '../src/tools/arguments/vm-schemas.ts'
import { nodeNames } from '../src/views/node.ts'
import { type ChangeNames, lostProtection, vmChanges } from '../src/views/vm/changes.ts'
import { quoteName } from '../src/lib/text/quote.ts'

const input = Input({
  vmUUID: VmUuid,
  name: Type.Optional(VmName),
  description: Type.Optional(Type.String({ maxLength: 10_000, description: 'free text' })),
  tags: Type.Optional({ ...Tags, description: 'comma-separated, replaces all' }),
  addTags: Type.Optional(CommaWords('comma-separated')),
  removeTags: Type.Optional(CommaWords('comma-separated')),
  numVCPU: Type.Optional(VcpuCount),
  mem: Type.Optional(Memory),
  operatingSystem: Type.Optional(
    Type.String({ maxLength: 255, 'x-unlisted': true, description: 'such as os_other' })
  ),
  machineType: Type.Optional(
    Type.String({ maxLength: 255, 'x-unlisted': true, description: 'of the cluster' })
  ),
  bootDevices: Type.Optional(
    Type.Array(Uuid('uuid'), {
      maxItems: 100,
      'x-unlisted': true,
      description: 'boot order: uuids of disks and NICs, from getVM_details'
    })
  ),
  snapshotScheduleUUID: Type.Optional(ReferenceOrEmpty('schedule', 'name, or empty to detach')),
  preferredNodeUUID: Type.Optional(ReferenceOrEmpty('node', 'uuid or address, or empty')),
  backupNodeUUID: Type.Optional({
    ...ReferenceOrEmpty('node', 'uuid or address, or empty'),
    'x-unlisted': true
  }),
  strictAffinity: Type.Optional(
    Type.Boolean({ 'x-unlisted': true, description: 'run on these two only' })
  ),
  ...writeArguments
})

type Args = Static<typeof input>

/** Fields that a running guest has only from its next start (FACTS 24: high, medium for when). */
const staged = ['mem', 'numVCPU', 'machineType'] as const

/** Says which changes wait for the next start of a VM that is on, and how it comes by them. */
function stagedNote(vm: VirDomain, args: Args): string | undefined {
  const fields = staged.filter((field) => args[field] !== undefined && args[field] !== vm[field])
  return fields.length === 0 ? undefined : waitsForStart(vm, fields)
}

/** The PATCH body: given fields only; affinity is one object on the wire and is merged. */
function patchOf(vm: VirDomain, args: Args): { patch: Partial<VirDomain>; notes: string[] } {
  const {
    vmUUID: _,
    wait: __,
    again: ___,
    tags,
    addTags,
    removeTags,
    preferredNodeUUID,
    backupNodeUUID,
    strictAffinity,
    ...fields
  } = args
  const affinity = Object.fromEntries(
    Object.entries({ preferredNodeUUID, backupNodeUUID, strictAffinity }).filter(
      ([, value]) => value !== undefined
    )
  )
  const wanted = wantedTags(vm.tags, { tags, addTags, removeTags })
  // To add what is there, or take away what is not, is not a change.
  const isSame = tags === undefined && wanted?.tags === vm.tags
  return {
    patch: {
      ...fields,
      ...(wanted !== undefined && !isSame && { tags: wanted.tags }),
      ...(Object.keys(affinity).length > 0 && {
        affinityStrategy: { ...vm.affinityStrategy, ...affinity }
      })
    },
    notes: wanted?.notes ?? []
  }
}

/** The names of what a change refers to; uuids stand for what cannot be read. */
async function namesFor(context: ToolContext, args: Args): Promise<ChangeNames> {
  const aboutNodes = args.preferredNodeUUID !== undefined || args.backupNodeUUID !== undefined
  const [nodes, schedules] = await Promise.all([
    aboutNodes ? optionalList(context, '/Node') : [],
    args.snapshotScheduleUUID === undefined
      ? []
      : optionalList(context, '/VirDomainSnapshotSchedule')
  ])
  return { nodes: nodeNames(nodes), schedules }
}

export const updateVm = defineTool({
  name: 'updateVM',
  title: 'Change a VM',
  description:
    'Changes what is passed and says what was there before. tags replaces all tags, addTags keeps them. numVCPU, mem and machineType of a running VM wait for its next start.',
  tag: 'vm',
  annotations: idempotent,
  effects: ['change', 'lose'],
  slow: true,
  harmlessInUpdate: (_, { vmUUID: _vm, wait: _wait, again: _again, ...fields }) =>
    changesWordsOnly(fields),
  input,
  output: WriteResponse({ vmName: Type.String() }),

  async run(context, args) {
    const { hypercore, signal } = context
    const vm = await findVm(context, args.vmUUID)
    const { patch, notes } = patchOf(vm, args)
    if (Object.keys(patch).length === 0) {
      if (args.addTags === undefined && args.removeTags === undefined)
        throw new BridgeError(
          'INVALID_ARGUMENT',
          'Nothing to change: pass at least one of name, description, tags, numVCPU, mem and so on'
        )
      return {
        ...completedWithoutTask(
          `Nothing to change of VM ${quoteName(vm.name)}: ${notes.join('; ')}`
        ),
        vmName: vm.name
      }
    }
    if (args.mem !== undefined) refuseTooMuchMemory(args.mem, await clusterLimits(context))
    if (args.name !== undefined && args.name !== vm.name)
      notes.push(...(await readNotesOnName(context, args.name, vm.uuid)))
    const names = await namesFor(context, args)
    const changes = vmChanges(vm, patch, names)
    const { snapshotScheduleUUID: schedule } = patch
    const lost =
      schedule === undefined ? undefined : lostProtection(vm.snapshotScheduleUUID, schedule, names)
    const next = [lost, stagedNote(vm, args)].filter((text) => text !== undefined).join('. ')
    const result = await hypercore.write('PATCH', `/VirDomain/${vm.uuid}`, patch, { signal })
    const vmName = args.name ?? vm.name
    const response = await writeResponse(context, result, args.wait, {
      subject: `Change of VM ${quoteName(vm.name)}`,
      done: `Changed VM ${quoteName(vmName)}: ${changes.join(', ')}`,
      ...(next !== '' && { next }),
      advice: tryAgain('updateVM', 'getVM_details')
    })
    return { ...response, ...(notes.length > 0 && { notes }), vmName }
  }
})
