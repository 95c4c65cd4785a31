import { Type } from '@sinclair/typebox'
import type { VirDomain, VirDomainBlockDevice } from '../src/hypercore/records/records.ts'
import { BridgeError } from '../src/lib/errors/errors.ts'
import { quoteName } from '../src/lib/text/quote.ts'
import { exactBytes } from '../src/lib/text/units.ts'
import { clusterLimits, diskProblem } from '../src/tools/read/cluster-limits.ts'
import { additive, defineTool, destructive, type Tool } from '../src/tools/define-tool.ts'
import { findVm } from '../src/tools/read/find-record.ts'
import { alignedBytes, grownBytes, SizeGiB } from '../src/tools/hardware/disk-sizes.ts'
import { bootDisk, disksOf, findDisk } from '../src/tools/hardware/disks.ts'
import { describeDisk, diskName } from '../src/views/vm/disk.ts'
import { extendInGuest, prepareInGuest } from '../src/tools/hardware/guest-steps.ts'
import { keptBySnapshots } from '../src/tools/hardware/kept-by-snapshots.ts'
import { isOff, requireOff } from '../src/tools/hardware/while-off.ts'
import { Input, VmUuid, writeArguments, WriteResponse } from '../src/tools/schemas.ts'
import { completedWithoutTask, tryAgain, writeResponse } from '../src/tools/task/write-response.ts'

const Disk = (description?: string) =>
  Type.String({
    maxLength: 255,
    'x-hint': 'getVM_details shows them',
    'x-example': '"C:"',
    ...(description !== undefined && { description })
  })

const Sure = Type.Optional(
  Type.Boolean({ 'x-unlisted': true, 'x-hint': 'true, where the call was refused as a slip' })
)

const output = WriteResponse({ vmName: Type.String() })

const noted = (...notes: (string | undefined)[]): { notes?: string[] } => {
  const said = notes.filter((note) => note !== undefined)
  return said.length === 0 ? {} : { notes: said }
}

/** A disk grows while the VM runs, too (FACTS 5.4, O), and never shrinks (FACTS 6, S). */
export const resizeDisk = defineTool({
  name: 'resizeDisk',
  title: 'Grow a disk',
  description: 'Grows a disk of a VM. Disks never shrink.',
  tag: 'vm',
  annotations: additive,
  effects: ['change'],
  slow: true,
  idempotent: ({ toGiB }) => toGiB !== undefined,
  input: Input({
    vmUUID: VmUuid,
    disk: Type.Optional(Disk('which, if it has several')),
    addGiB: Type.Optional(SizeGiB('more')),
    toGiB: Type.Optional(SizeGiB('in all')),
    sure: Sure,
    ...writeArguments
  }),
  output,

  async run(context, { vmUUID, disk: named, wait, ...sizes }) {
    const { hypercore, signal } = context
    const vm = await findVm(context, vmUUID)
    const { disk, guess } = await findDisk(context, vm, named)
    const name = diskName(disk)
    const all = disksOf(vm).map((each) => describeDisk(vm, each))
    const capacity = grownBytes(disk, name, sizes, all)
    const vmName = vm.name
    const [was, is] = [disk.capacity, capacity].map(exactBytes)
    if (capacity === disk.capacity)
      return {
        ...completedWithoutTask(`Disk ${name} of VM ${quoteName(vmName)} has ${was} already`),
        ...noted(guess),
        vmName
      }
    const problem = diskProblem(capacity, await clusterLimits(context))
    if (problem !== undefined)
      throw new BridgeError(
        'INVALID_ARGUMENT',
        `Disk ${name} has ${was}; ${problem}. Nothing was sent`
      )
    const result = await hypercore.write(
      'PATCH',
      `/VirDomainBlockDevice/${disk.uuid}`,
      { capacity },
      { signal }
    )
    const response = await writeResponse(context, result, wait, {
      subject: `Growth of disk ${name} of VM ${quoteName(vmName)}`,
      done: `Disk ${name} of VM ${quoteName(vmName)}: ${was} → ${is}`,
      next: extendInGuest(vm),
      advice: tryAgain('resizeDisk', 'getVM_details')
    })
    return { ...response, ...noted(guess), vmName }
  }
})

/** The type of a new disk: that of the others, as the guest has drivers for it. */
function typeOfNew(vm: VirDomain): VirDomainBlockDevice['type'] {
  const types = new Set(disksOf(vm).map(({ type }) => type))
  const [only] = types
  return only === 'IDE_DISK' && types.size === 1 ? 'IDE_DISK' : 'VIRTIO_DISK'
}

/** With an empty boot order a VM boots while it has one VIRTIO disk (FACTS 24, medium-high). */
function bootNote(vm: VirDomain): string | undefined {
  const [first] = disksOf(vm)
  if (vm.bootDevices.length > 0 || first === undefined) return undefined
  return `its boot order is empty, and with a second disk it may not boot: bootOrder with order ["slot ${first.slot}"] before its next start`
}

/** Disks are added while the VM runs (FACTS 5.4, O); that one on the IDE bus is not is inferred (I). */
export const addDisk = defineTool({
  name: 'addDisk',
  title: 'Add a disk',
  description: 'Adds an empty disk to a VM, running or off.',
  tag: 'vm',
  annotations: additive,
  effects: ['change'],
  slow: true,
  input: Input({ vmUUID: VmUuid, sizeGiB: SizeGiB('GiB'), ...writeArguments }),
  output,

  async run(context, { vmUUID, sizeGiB, wait }) {
    const { hypercore, signal } = context
    const vm = await findVm(context, vmUUID)
    const type = typeOfNew(vm)
    if (type === 'IDE_DISK') requireOff(vm, 'an IDE disk, as its others are, is added', 'addDisk')
    const capacity = alignedBytes(sizeGiB)
    const tooLarge = diskProblem(capacity, await clusterLimits(context))
    const body = { virDomainUUID: vm.uuid, type, capacity, cacheMode: 'NONE' }
    const result = await hypercore.write('POST', '/VirDomainBlockDevice', body, { signal })
    const { length } = disksOf(vm)
    const response = await writeResponse(context, result, wait, {
      subject: `New disk of VM ${quoteName(vm.name)}`,
      done: `Added a disk of ${exactBytes(capacity)} (${type}) to VM ${quoteName(vm.name)}: ${length} → ${length + 1} disks`,
      next: `${prepareInGuest(vm)}. Undo: removeDisk with its uuid`,
      advice: tryAgain('addDisk', 'getVM_details')
    })
    return { ...response, ...noted(tooLarge, bootNote(vm)), vmName: vm.name }
  }
})

/**
 * IDE disks come out while the VM is off (FACTS 5.4, O). VIRTIO disks come out of a running guest that
 * cooperates; else the task fails after a minute, on some versions always (FACTS 5.4, O; 24, medium).
 */
export const removeDisk = defineTool({
  name: 'removeDisk',
  title: 'Remove a disk for good',
  description: 'Deletes a disk of a VM and its data. Ask the user first, naming VM and disk.',
  tag: 'vm',
  annotations: destructive,
  effects: ['lose'],
  slow: true,
  destroys: () => true,
  input: Input({
    vmUUID: VmUuid,
    disk: Disk('slot or uuid'),
    sure: Sure,
    ...writeArguments
  }),
  output,

  async run(context, { vmUUID, disk: named, sure, wait }) {
    const { hypercore, signal } = context
    const vm = await findVm(context, vmUUID)
    const { disk } = await findDisk(context, vm, named, { sure: true })
    const name = `${diskName(disk)}, ${exactBytes(disk.capacity)},`
    const kept = await keptBySnapshots(context, vm, disk)
    if (disk === bootDisk(vm) && sure !== true)
      throw new BridgeError(
        'ILLEGAL_STATE',
        `VM ${quoteName(vm.name)} boots from disk ${name} which would be deleted for good. ${kept}. If that is meant, call again with sure true. Nothing was sent`,
        { details: { disk: disk.uuid } }
      )
    if (disk.type === 'IDE_DISK') requireOff(vm, 'an IDE disk is removed', 'removeDisk')
    const result = await hypercore.write(
      'DELETE',
      `/VirDomainBlockDevice/${disk.uuid}`,
      undefined,
      { signal }
    )
    const response = await writeResponse(context, result, wait, {
      subject: `Removal of disk ${diskName(disk)} of VM ${quoteName(vm.name)}`,
      done: `Deleted disk ${name} of VM ${quoteName(vm.name)} with its data`,
      next: kept,
      advice: {
        ...tryAgain('removeDisk', 'getVM_details'),
        ...(!isOff(vm) && {
          failed:
            'A running guest may hold its disk: changeVM_state with SHUTDOWN, then removeDisk again'
        })
      }
    })
    return { ...response, vmName: vm.name }
  }
})

export const diskTools: Tool[] = [resizeDisk, addDisk, removeDisk]
