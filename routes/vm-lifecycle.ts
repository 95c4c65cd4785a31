import { type Static, Type } from '@sinclair/typebox'
import { BridgeError } from '../src/lib/errors.ts'
import type { VirDomain } from '../src/hypercore/records.ts'
import { possibleActions } from '../src/hypercore/vm-state.ts'
import {
  additive,
  defineTool,
  destructive,
  type ToolContext,
  idempotent,
  type Tool
} from '../src/tools/define-tool.ts'
import { findVm } from '../src/tools/find-record.ts'
import {
  CommaWords,
  Input,
  Name,
  ReferenceOrEmpty,
  StringEnum,
  Uuid,
  UuidOrEmpty,
  VmUuid,
  writeArguments,
  WriteResponse
} from '../src/tools/schemas.ts'
import { newVmIsOff, tryAgain, writeResponse } from '../src/tools/task/write-response.ts'
import { formatBytes } from '../src/lib/units.ts'

const mebibyte = 1024 ** 2

/** Characters of a configuration that a guest gets as an ISO image. */
const maxCloudInit = 256 * 1024

const VmName = Name('its name')

/** The sizes that were given, for a reader who may have thought in another unit. */
function sizesOf(mem: number, disks: readonly { capacity: number }[]): string {
  const capacities = disks.map(({ capacity }) => formatBytes(capacity))
  const sizes = capacities.length === 0 ? '' : `, disks ${capacities.join(', ')}`
  return `${formatBytes(mem)} of memory${sizes}`
}

const Memory = Type.Integer({
  // No guest boots with less; who gives less thinks in another unit.
  minimum: 64 * mebibyte,
  description: 'bytes',
  'x-hint': '4 GiB is 4294967296; no guest boots with less than 64 MiB',
  'x-example': '4294967296',
  'x-misnomers': '^(?:mem|memory|ram)(?:size)?(?:in)?[kmgt]i?b?$'
})

const VcpuCount = Type.Integer({ minimum: 1, maximum: 512 })

const Tags = CommaWords('comma-separated, replaces all')

const Disk = Type.Object(
  {
    capacity: Type.Integer({
      minimum: mebibyte,
      description: 'bytes',
      'x-hint': '40 GiB is 42949672960',
      'x-example': '42949672960',
      'x-misnomers': '^(?:disk|size|capacity)(?:size)?(?:in)?(?:[kmgt]i?b?)?$'
    }),
    type: Type.Optional(
      StringEnum(['VIRTIO_DISK', 'IDE_DISK'], 'VIRTIO_DISK (default) or IDE_DISK')
    ),
    cacheMode: Type.Optional(
      StringEnum(['NONE', 'WRITEBACK', 'WRITETHROUGH'], 'NONE (default), WRITEBACK, WRITETHROUGH')
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
        'VIRTIO (default), INTEL_E1000, RTL8139, PCNET'
      )
    ),
    macAddress: Type.Optional(Type.String({ maxLength: 64, description: 'default: a new one' })),
    connected: Type.Optional(Type.Boolean({ default: true }))
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
  isoUUID: Type.Optional(Uuid('uuid of an ISO to insert, from iso_read')),
  description: Type.Optional(Type.String({ maxLength: 10_000, description: 'free text' })),
  tags: Type.Optional(Tags),
  operatingSystem: Type.Optional(
    Type.String({ maxLength: 255, description: 'os_other (default) or os_windows_server_2012' })
  ),
  machineTypeKeyword: Type.Optional(
    StringEnum(
      ['bios', 'uefi', 'tpm', 'tpm-compatible'],
      'bios (default), uefi, tpm, tpm-compatible'
    )
  ),
  cloudInitUserData: Type.Optional(
    Type.String({ maxLength: maxCloudInit, description: 'plain text' })
  ),
  cloudInitMetaData: Type.Optional(
    Type.String({ maxLength: maxCloudInit, description: 'plain text' })
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

async function cdrom({ hypercore, signal }: ToolContext, isoUUID: string): Promise<object> {
  const iso = await hypercore.record('/ISO', isoUUID, { signal })
  if (iso === undefined)
    throw new BridgeError('NOT_FOUND', `No ISO image has the uuid ${isoUUID}: iso_read lists them`)
  if (!iso.readyForInsert)
    throw new BridgeError(
      'ILLEGAL_STATE',
      `ISO ${iso.name} is not ready to be inserted: its upload is not finished; iso_read shows others`
    )
  return { type: 'IDE_CDROM', capacity: 0, path: iso.path, name: iso.name }
}

export const createVm = defineTool({
  name: 'createVM',
  title: 'Create a VM',
  description:
    'Creates a VM; it is off afterwards. isoUUID installs from a medium; cloneVM copies a VM. 4 GiB is 4294967296 bytes.',
  tag: 'vm',
  annotations: additive,
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
        tags: args.tags ?? '',
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
    const result = await hypercore.write('POST', '/VirDomain', body, { signal })
    const response = await writeResponse(context, result, args.wait, {
      subject: `Creation of VM ${name}`,
      done: `Created VM ${name} with ${sizesOf(mem, disks)}`,
      next: newVmIsOff,
      advice: tryAgain('createVM', 'vm_read')
    })
    return { ...response, vmName: name }
  }
})

const updateInput = Input({
  vmUUID: VmUuid,
  name: Type.Optional(VmName),
  description: Type.Optional(Type.String({ maxLength: 10_000, description: 'free text' })),
  tags: Type.Optional(Tags),
  numVCPU: Type.Optional(VcpuCount),
  mem: Type.Optional(Memory),
  operatingSystem: Type.Optional(Type.String({ maxLength: 255, description: 'such as os_other' })),
  machineType: Type.Optional(
    Type.String({ maxLength: 255, description: 'such as scale-bios-9.3' })
  ),
  bootDevices: Type.Optional(
    Type.Array(Uuid('uuid'), {
      maxItems: 100,
      description: 'boot order: uuids of disks and NICs, from getVM_details'
    })
  ),
  snapshotScheduleUUID: Type.Optional(
    UuidOrEmpty(
      'uuid, or empty to detach',
      'of a snapshot schedule, from run_api GET /VirDomainSnapshotSchedule'
    )
  ),
  preferredNodeUUID: Type.Optional(ReferenceOrEmpty('node', 'uuid or address, or empty')),
  backupNodeUUID: Type.Optional(ReferenceOrEmpty('node', 'uuid or address, or empty')),
  strictAffinity: Type.Optional(Type.Boolean({ description: 'run on these two only' })),
  ...writeArguments
})

/** Fields that a running guest has only from its next start (FACTS 24: high, medium for when). */
const staged = ['mem', 'numVCPU', 'machineType'] as const

/** Says which changes wait for the next start of a VM that is on, and how it comes by them. */
function stagedNote(vm: VirDomain, args: Static<typeof updateInput>): string | undefined {
  if (vm.state === 'SHUTOFF' || vm.state === 'CRASHED') return undefined
  const fields = staged.filter((field) => args[field] !== undefined && args[field] !== vm[field])
  if (fields.length === 0) return undefined
  const wait = fields.length === 1 ? 'waits' : 'wait'
  return `${fields.join(', ')} ${wait} for its next start, as it is ${vm.state}: SHUTDOWN, then START with changeVM_state; a restart inside the guest is not enough`
}

/** The PATCH body: given fields only; affinity is one object on the wire and is merged. */
function patchOf(vm: VirDomain, args: Static<typeof updateInput>): Record<string, unknown> {
  const { vmUUID: _, wait: __, preferredNodeUUID, backupNodeUUID, strictAffinity, ...fields } = args
  const affinity = Object.fromEntries(
    Object.entries({ preferredNodeUUID, backupNodeUUID, strictAffinity }).filter(
      ([, value]) => value !== undefined
    )
  )
  return Object.keys(affinity).length === 0
    ? fields
    : { ...fields, affinityStrategy: { ...vm.affinityStrategy, ...affinity } }
}

export const updateVm = defineTool({
  name: 'updateVM',
  title: 'Change a VM',
  description:
    'Changes what is given. numVCPU, mem and machineType of a running VM wait for its next start. Sizes are bytes.',
  tag: 'vm',
  annotations: idempotent,
  slow: true,
  input: updateInput,
  output: WriteResponse({ vmName: Type.String() }),

  async run(context, args) {
    const { hypercore, signal } = context
    const vm = await findVm(context, args.vmUUID)
    const patch = patchOf(vm, args)
    if (Object.keys(patch).length === 0)
      throw new BridgeError(
        'INVALID_ARGUMENT',
        'Nothing to change: give at least one of name, description, tags, numVCPU, mem and so on'
      )
    const result = await hypercore.write('PATCH', `/VirDomain/${vm.uuid}`, patch, { signal })
    const vmName = args.name ?? vm.name
    const changed = Object.keys(patch).map((field) =>
      field === 'mem' && args.mem !== undefined ? `mem to ${formatBytes(args.mem)}` : field
    )
    const next = stagedNote(vm, args)
    const response = await writeResponse(context, result, args.wait, {
      subject: `Change of VM ${vm.name}`,
      done: `Changed VM ${vmName}: ${changed.join(', ')}`,
      ...(next !== undefined && { next }),
      advice: tryAgain('updateVM', 'getVM_details')
    })
    return { ...response, vmName }
  }
})

export const deleteVm = defineTool({
  name: 'deleteVM',
  title: 'Delete a VM for good',
  description:
    'Deletes a VM that is off, with all disks and snapshots, for good. Ask the user first, naming the VM.',
  tag: 'vm',
  annotations: destructive,
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
        `VM ${vm.name} is ${vm.state} and can be deleted only when it is off: call changeVM_state with SHUTDOWN first`,
        { details: { vmUUID, vmState: vm.state, possible: possibleActions(vm) } }
      )
    const result = await hypercore.write('DELETE', `/VirDomain/${vmUUID}`, undefined, { signal })
    const response = await writeResponse(context, result, wait, {
      subject: `Deletion of VM ${vm.name}`,
      done: `Deleted VM ${vm.name}`,
      advice: tryAgain('deleteVM', 'getVM_details')
    })
    return { ...response, vmName: vm.name }
  }
})

export const vmLifecycleTools: Tool[] = [createVm, updateVm, deleteVm]
