import { type Static, Type } from '@sinclair/typebox'
import { BridgeError } from '../src/lib/errors/errors.ts'
import { possibleActions } from '../src/hypercore/records/vm-state.ts'
import {
  additive,
  defineTool,
  destructive,
  type ToolContext,
  type Tool
} from '../src/tools/define-tool.ts'
import { findVm } from '../src/tools/read/find-record.ts'
import {
  clusterLimits,
  diskProblem,
  refuseTooMuchMemory
} from '../src/tools/read/cluster-limits.ts'
import { rememberDeleted } from '../src/tools/names/doubt.ts'
import { readyIso } from '../src/tools/hardware/cd-drives.ts'
import { knownVms } from '../src/tools/names/known-vms.ts'
import { notesOnMacs, refuseSameMacs } from '../src/tools/names/mac-owner.ts'
import { notesOnName } from '../src/tools/names/same-name.ts'
import { joinTags, splitTags } from '../src/hypercore/records/tags.ts'
import { macForm, macPattern } from '../src/lib/text/mac-address.ts'
import { goesWith } from '../src/views/vm/goes-with.ts'
import {
  Input,
  Reference,
  StringEnum,
  VmUuid,
  writeArguments,
  WriteResponse
} from '../src/tools/schemas.ts'
import { newVmIsOff, tryAgain, writeResponse } from '../src/tools/task/write-response.ts'
import { Memory, Tags, VcpuCount, VmName } from '../src/tools/arguments/vm-schemas.ts'
import { turnOffAdvice } from '../src/tools/advice/turn-off-advice.ts'
import { updateVm } from './vm-update.ts'
import { exactBytes } from '../src/lib/text/units.ts'
import { quoteName } from '../src/lib/text/quote.ts'

/** Characters of a configuration that a guest gets as an ISO image. */
const maxCloudInit = 256 * 1024

/** The sizes that were given, for a reader who may have thought in another unit. */
function sizesOf(mem: number, disks: readonly { capacity: number }[]): string {
  const capacities = disks.map(({ capacity }) => exactBytes(capacity))
  const sizes = capacities.length === 0 ? '' : `, disks ${capacities.join(', ')}`
  return `${exactBytes(mem)} of memory${sizes}`
}

/** Details that few ask for: taken, and described in docs/responses.md. */
const unlisted = { 'x-unlisted': true } as const

const Disk = Type.Object(
  {
    capacity: Type.Integer({
      minimum: 1024 ** 2,
      'x-bytes': true,
      description: 'bytes, or text with a unit',
      'x-hint': '40 GiB is 42949672960',
      'x-example': '42949672960',
      'x-misnomers': '^(?:disk|size|capacity)(?:size)?(?:in)?(?:[kmgt]i?b?)?$'
    }),
    type: Type.Optional(
      StringEnum(['VIRTIO_DISK', 'IDE_DISK'], 'VIRTIO_DISK (default) or IDE_DISK')
    ),
    cacheMode: Type.Optional(
      StringEnum(
        ['NONE', 'WRITEBACK', 'WRITETHROUGH'],
        'NONE (default), WRITEBACK, WRITETHROUGH',
        {},
        unlisted
      )
    )
  },
  { additionalProperties: false, 'x-example': '{"capacity": 42949672960}' }
)

const NetworkDevice = Type.Object(
  {
    vlan: Type.Optional(Type.Integer({ minimum: 0, maximum: 4094, default: 0 })),
    type: Type.Optional(
      StringEnum(
        ['VIRTIO', 'INTEL_E1000', 'RTL8139', 'PCNET'],
        'VIRTIO (default), INTEL_E1000, RTL8139, PCNET',
        {},
        unlisted
      )
    ),
    macAddress: Type.Optional(
      Type.String({
        maxLength: 64,
        pattern: macPattern,
        'x-format-hint': macForm,
        'x-example': '"7C:4C:58:12:34:56"',
        description: 'default: a new one'
      })
    ),
    connected: Type.Optional(Type.Boolean({ ...unlisted, default: true }))
  },
  { additionalProperties: false, 'x-example': '{"vlan": 10}' }
)

const createInput = Input({
  name: VmName,
  numVCPU: Type.Optional(Type.Integer({ ...VcpuCount, default: 2 })),
  mem: Type.Optional(Type.Integer({ ...Memory, default: 4 * 1024 ** 3 })),
  disks: Type.Optional(Type.Array(Disk, { maxItems: 26, description: 'default none' })),
  nics: Type.Optional(
    Type.Array(NetworkDevice, {
      maxItems: 16,
      description: 'network devices, default none'
    })
  ),
  isoUUID: Type.Optional(Reference('iso', 'an ISO to insert: name or uuid')),
  description: Type.Optional(Type.String({ maxLength: 10_000, description: 'free text' })),
  tags: Type.Optional(Tags),
  operatingSystem: Type.Optional(
    Type.String({
      maxLength: 255,
      'x-unlisted': true,
      description: 'os_other (default) or os_windows_server_2012'
    })
  ),
  machineTypeKeyword: Type.Optional(
    StringEnum(
      ['bios', 'uefi', 'tpm', 'tpm-compatible'],
      'bios (default), uefi, tpm, tpm-compatible'
    )
  ),
  cloudInitUserData: Type.Optional(
    Type.String({ maxLength: maxCloudInit, 'x-withheld': true, description: 'plain text' })
  ),
  cloudInitMetaData: Type.Optional(
    Type.String({
      maxLength: maxCloudInit,
      'x-withheld': true,
      'x-unlisted': true,
      description: 'plain text'
    })
  ),
  ...writeArguments
})

const base64 = (text: string | undefined): string =>
  Buffer.from(text ?? '', 'utf8').toString('base64')

/** Firmware other than BIOS needs its own small disks to boot; the API does not ask for them (FACTS 5.2, S). */
function firmwareDisks(keyword: string): object[] {
  const nvram = { type: 'NVRAM', capacity: 540672 }
  const vtpm = { type: 'VTPM', capacity: 540672 }
  if (keyword === 'bios') return []
  return keyword === 'uefi' ? [nvram] : [nvram, vtpm]
}

async function cdrom(context: ToolContext, isoUUID: string): Promise<object> {
  const { path, name } = await readyIso(context, isoUUID)
  return { type: 'IDE_CDROM', capacity: 0, path, name }
}

/**
 * What is to be said of a VM before it is created: who has its name or its addresses, and which disks
 * cannot be filled.
 * @throws {BridgeError} INVALID_ARGUMENT for more memory than any node has, and for one address twice
 */
async function notesOn(
  context: ToolContext,
  { name, mem, disks = [], nics = [] }: Static<typeof createInput>
): Promise<string[]> {
  const macs = nics.flatMap(({ macAddress }) => macAddress ?? [])
  refuseSameMacs(macs)
  const [limits, vms] = await Promise.all([
    mem === undefined && disks.length === 0 ? undefined : clusterLimits(context),
    knownVms(context)
  ])
  if (limits !== undefined && mem !== undefined) refuseTooMuchMemory(mem, limits)
  const tooLarge = disks.flatMap(({ capacity }) => (limits && diskProblem(capacity, limits)) ?? [])
  return [...notesOnName(name, vms), ...notesOnMacs(macs, vms), ...tooLarge]
}

export const createVm = defineTool({
  name: 'createVM',
  title: 'Create a VM',
  description:
    'Creates a VM; it is off afterwards. isoUUID installs from a medium; cloneVM copies a VM.',
  tag: 'vm',
  annotations: additive,
  effects: ['change'],
  slow: true,
  largeBody: true,
  input: createInput,
  output: WriteResponse({ vmName: Type.String() }),

  async run(context, args: Static<typeof createInput>) {
    const { name, numVCPU = 2, mem = 4 * 1024 ** 3, disks = [], nics = [], isoUUID } = args
    const keyword = args.machineTypeKeyword ?? 'bios'
    const cloudInit = args.cloudInitUserData !== undefined || args.cloudInitMetaData !== undefined
    const body = {
      dom: {
        name,
        numVCPU,
        mem,
        description: args.description ?? '',
        tags: joinTags(splitTags(args.tags ?? '')),
        operatingSystem: args.operatingSystem ?? 'os_other',
        blockDevs: [
          ...disks.map((disk) => ({ type: 'VIRTIO_DISK', cacheMode: 'NONE', ...disk })),
          ...(isoUUID === undefined ? [] : [await cdrom(context, isoUUID)]),
          ...firmwareDisks(keyword)
        ],
        netDevs: nics.map((nic) => ({ type: 'VIRTIO', vlan: 0, connected: true, ...nic })),
        ...(cloudInit && {
          cloudInitData: {
            userData: base64(args.cloudInitUserData),
            metaData: base64(args.cloudInitMetaData)
          }
        })
      },
      options: { attachGuestToolsISO: false, machineTypeKeyword: keyword }
    }
    const { hypercore, signal } = context
    const notes = await notesOn(context, args)
    const result = await hypercore.write('POST', '/VirDomain', body, { signal })
    const response = await writeResponse(context, result, args.wait, {
      subject: `Creation of VM ${quoteName(name)}`,
      done: `Created VM ${quoteName(name)} with ${sizesOf(mem, disks)}`,
      next: newVmIsOff,
      advice: tryAgain('createVM', 'vm_read')
    })
    return { ...response, ...(notes.length > 0 && { notes }), vmName: name }
  }
})

export const deleteVm = defineTool({
  name: 'deleteVM',
  title: 'Delete a VM for good',
  description:
    'Deletes a VM that is off, and its snapshots, for good. Ask the user first, naming it.',
  tag: 'vm',
  annotations: destructive,
  effects: ['lose'],
  slow: true,
  destroys: () => true,
  input: Input({ vmUUID: VmUuid, ...writeArguments }),
  output: WriteResponse({ vmName: Type.String() }),

  async run(context, { vmUUID, wait }) {
    const { hypercore, signal } = context
    const vm = await findVm(context, vmUUID)
    if (vm.state !== 'SHUTOFF' && vm.state !== 'CRASHED')
      throw new BridgeError(
        'ILLEGAL_STATE',
        `VM ${quoteName(vm.name)} is ${vm.state} and can be deleted only when it is off: ${turnOffAdvice(vm)}`,
        { details: { vmUUID, vmState: vm.state, possible: possibleActions(vm) } }
      )
    // Before it is sent: its outcome may stay unknown.
    await rememberDeleted(context, { entity: 'vm', text: vm.name }, vm.uuid)
    const result = await hypercore.write('DELETE', `/VirDomain/${vmUUID}`, undefined, { signal })
    const response = await writeResponse(context, result, wait, {
      subject: `Deletion of VM ${quoteName(vm.name)}`,
      done: `Deleted VM ${quoteName(vm.name)} with ${goesWith(vm)}`,
      advice: tryAgain('deleteVM', 'getVM_details')
    })
    return { ...response, vmName: vm.name }
  }
})

export const vmLifecycleTools: Tool[] = [createVm, updateVm, deleteVm]
