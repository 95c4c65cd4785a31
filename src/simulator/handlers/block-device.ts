import type { VirDomain, VirDomainBlockDevice } from '../../hypercore/records/records.ts'
import { ApiError, internalError, written, type Call, type Handlers } from '../handler.ts'
import { keepLaterFields, shownDevice, type LaterFields } from '../later-fields.ts'
import { isAtLeast } from '../version-order.ts'
import { shortUuid, TaskFailure } from '../tasks.ts'
import { findBlockDevice, holdsData, medium, nvramBytes, slotFor } from '../vms/block-devices.ts'
import { addBlockDevice, given, mediumAt } from '../vms/build.ts'
import { refreshMounts } from '../vms/iso-mounts.ts'
import { isActive } from '../vms/placement.ts'
import { blockBytes } from '../vms/snapshots.ts'
import { guestOf } from '../vms/power.ts'
import { releasesVirtioDisk } from '../vms/virtio-unplug.ts'
import { startVmTask, targetVM } from '../vms/vm-task.ts'
import { readHandlers } from './records.ts'

type Body = Partial<VirDomainBlockDevice> & LaterFields
type CreateBody = Body & Pick<VirDomainBlockDevice, 'type' | 'capacity'>

const hotUnplug =
  'Virt Exception, code: 84, domain 10: Operation not supported: ' +
  'This type of disk cannot be hot unplugged'

/** How long the hypervisor waits for a guest to release a disk (FACTS 5.4, O). */
const stillInUseMs = 60_000

function checkCapacity({ capacity = 0 }: Body): void {
  if (capacity < 0) throw new ApiError(400, 'capacity must not be negative')
}

function target(call: Call): { vm: VirDomain; device: VirDomainBlockDevice } {
  const found = findBlockDevice(call.world.state.virDomains.values(), call.params.uuid ?? '')
  if (found === undefined) throw internalError()
  return found
}

/** A disk may be deleted between the call and its task. */
function mustExist(vm: VirDomain, device: VirDomainBlockDevice): void {
  if (!vm.blockDevs.includes(device))
    throw new TaskFailure("Virtual Machine '%@' has no block device %@", [
      vm.name,
      shortUuid(device.uuid)
    ])
}

function create(call: Call<CreateBody>): unknown {
  const { world, body } = call
  checkCapacity(body)
  const vm = targetVM(world, body.virDomainUUID)
  const uuid = world.random.uuid()
  const tag = startVmTask(call, {
    vm,
    description: 'Create block device %@ for Virtual Machine %@',
    parameters: [shortUuid(uuid), vm.name],
    durationMs: 1000,
    finish() {
      const device = addBlockDevice(world, vm, {
        ...given(body, [
          'cacheMode',
          'slot',
          'disableSnapshotting',
          'tieringPriorityFactor',
          'path'
        ]),
        uuid,
        type: body.type,
        capacity: body.capacity
      })
      if (holdsData(device)) device.name = body.name ?? ''
      refreshMounts(world.state)
    }
  })
  return written(tag, uuid)
}

/**
 * What a CD-ROM shows after the change: a medium is inserted by path and name together, taken out by
 * two empty strings, and a path alone makes the task fail (FACTS 6: O). Undefined: unchanged.
 */
function insertion(
  call: Call<Body>,
  vm: VirDomain,
  device: VirDomainBlockDevice
): ReturnType<typeof medium> | undefined {
  const { path, name } = call.body
  if (device.type !== 'IDE_CDROM' || (path === undefined && name === undefined)) return undefined
  const fail = (reason: string): never => {
    throw new TaskFailure(`Unable to change the medium of VM '%@': ${reason}`, [vm.name])
  }
  const wanted = path ?? device.path
  if (wanted === '') return medium(undefined)
  if (path !== undefined && (name === undefined || name === ''))
    return fail('path needs the name of the ISO')
  if (name !== undefined && !name.endsWith('.iso')) return fail('the name must end in .iso')
  return mediumAt(call.world, vm, wanted)
}

/** Refuses what cannot be changed, or only while the VM is off (FACTS 5.4 and 6: S, I). */
function checkUpdate(call: Call<Body>, vm: VirDomain, device: VirDomainBlockDevice): void {
  const { world, body } = call
  mustExist(vm, device)
  const fail = (reason: string): never => {
    throw new TaskFailure(`Unable to update block device %@ of VM '%@': ${reason}`, [
      shortUuid(device.uuid),
      vm.name
    ])
  }
  const { type = device.type, capacity = device.capacity } = body
  if (type !== device.type && isActive(vm)) fail('its type cannot change while the VM is running')
  if (holdsData(device) !== holdsData({ type })) fail('a disk cannot become a drive or the reverse')
  if (holdsData(device)) {
    if (device.type !== 'NVRAM' && capacity < device.capacity) fail('a disk cannot shrink')
    if (body.path !== undefined && body.path !== device.path) fail('the path of a disk is fixed')
    // FACTS 6 and 19: 9.6 ignores the name of a disk; that 9.4 refuses it is our reading (S, I).
    const renamed = body.name !== undefined && body.name !== device.name
    if (renamed && !isAtLeast(world.options.version, '9.6')) fail('only a CD-ROM has a name')
  }
  insertion(call, vm, device)
}

function update(call: Call<Body>): unknown {
  const { world, body } = call
  checkCapacity(body)
  const { vm, device } = target(call)
  const tag = startVmTask(call, {
    vm,
    description: 'Update block device %@ for Virtual Machine %@',
    parameters: [shortUuid(device.uuid), vm.name],
    durationMs: 500,
    check: () => checkUpdate(call, vm, device),
    finish() {
      checkUpdate(call, vm, device)
      const inserted = insertion(call, vm, device)
      const { type = device.type, capacity = device.capacity } = body
      if (type !== device.type) {
        const others = vm.blockDevs.filter((other) => other !== device)
        device.slot = slotFor(others, type) ?? device.slot
        device.type = type
      }
      if (holdsData(device)) {
        device.capacity = device.type === 'NVRAM' ? nvramBytes : capacity
        device.physical = device.capacity
      }
      Object.assign(
        device,
        given(body, ['cacheMode', 'disableSnapshotting', 'tieringPriorityFactor']),
        inserted
      )
      // FACTS 6: 9.6 ignores the name of a disk, 9.7 applies it (O).
      if (holdsData(device) && isAtLeast(world.options.version, '9.7'))
        device.name = body.name ?? device.name
      keepLaterFields(world, device.uuid, body)
      refreshMounts(world.state)
    }
  })
  return written(tag)
}

/**
 * Deletes a device, also from the boot order; not all come out of a running VM (FACTS 5.4: O, and
 * 24, medium). The hypervisor refuses some kinds at once, and waits a minute for a guest to
 * release it.
 */
function remove(call: Call): unknown {
  const { world } = call
  const { vm, device } = target(call)
  const check = (): void => {
    mustExist(vm, device)
    const hotPlugs = device.type === 'VIRTIO_DISK' || device.type === 'SCSI_DISK'
    if (isActive(vm) && !hotPlugs) throw new TaskFailure(hotUnplug)
  }
  const isHeld = (): boolean =>
    isActive(vm) &&
    device.type === 'VIRTIO_DISK' &&
    !releasesVirtioDisk(world.options, guestOf(world.state, vm))
  const tag = startVmTask(call, {
    vm,
    description: 'Delete block device %@ for Virtual Machine %@',
    parameters: [shortUuid(device.uuid), vm.name],
    durationMs: isHeld() ? stillInUseMs : 1000,
    check,
    finish() {
      check()
      if (isHeld())
        throw new TaskFailure("Unable to delete block device from VM '%@': Still in use", [vm.name])
      vm.blockDevs = vm.blockDevs.filter((other) => other !== device)
      vm.bootDevices = vm.bootDevices.filter((uuid) => uuid !== device.uuid)
      refreshMounts(world.state)
    }
  })
  return written(tag)
}

interface CloneBody {
  options: { readOnly?: boolean }
  snapUUID: string
  template: CreateBody & { virDomainUUID: string }
}

/**
 * Creates a disk from one in a snapshot and attaches it; the original disk may have been deleted
 * long ago. The template's name is dropped (FACTS 6.1: S, O).
 */
function clone(call: Call<CloneBody>): unknown {
  const { world, body } = call
  const { template } = body
  checkCapacity(template)
  const vm = targetVM(world, template.virDomainUUID)
  const snapshot = world.state.snapshots.get(body.snapUUID)
  const inSnapshot = snapshot?.deviceSnapshots.some((device) => device.uuid === call.params.uuid)
  const source = snapshot?.domain.blockDevs.find((device) => device.uuid === call.params.uuid)
  if (snapshot === undefined || source === undefined || inSnapshot !== true) throw internalError()
  const uuid = world.random.uuid()
  const tag = startVmTask(call, {
    vm,
    description: 'Clone block device %@ for Virtual Machine %@',
    parameters: [shortUuid(source.uuid), vm.name],
    durationMs: 2000,
    check() {
      const gone = world.state.snapshots.get(snapshot.uuid) !== snapshot
      if (gone || snapshot.unavailable || snapshot.state !== 'CREATED')
        throw new TaskFailure(
          "Unable to clone block device for VM '%@': the snapshot is unavailable",
          [vm.name]
        )
    },
    finish() {
      addBlockDevice(world, vm, {
        ...given(template, ['cacheMode', 'slot', 'disableSnapshotting', 'tieringPriorityFactor']),
        uuid,
        type: template.type,
        capacity: Math.max(template.capacity, source.capacity),
        allocation: Math.min(source.allocation, world.random.int(1, 32) * blockBytes),
        readOnly: body.options.readOnly ?? false
      })
    }
  })
  return written(tag, uuid)
}

/** Block devices of all VMs (FACTS 6). */
export const blockDeviceHandlers: Handlers = {
  ...readHandlers('/VirDomainBlockDevice', ({ world }) =>
    [...world.state.virDomains.values()].flatMap((vm) =>
      vm.blockDevs.map((device) => shownDevice(world, device))
    )
  ),
  'POST /VirDomainBlockDevice': create,
  'POST /VirDomainBlockDevice/{uuid}': update,
  'PATCH /VirDomainBlockDevice/{uuid}': update,
  'DELETE /VirDomainBlockDevice/{uuid}': remove,
  'POST /VirDomainBlockDevice/{uuid}/clone': clone
}
