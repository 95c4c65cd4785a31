import type {
  VirDomain,
  VirDomainBlockDevice,
  VirDomainNetDevice
} from '../../hypercore/records/records.ts'
import type { World } from '../handler.ts'
import type { Guest } from '../state.ts'
import { TaskFailure } from '../tasks.ts'
import { medium, newBlockDevice, slotFor } from './block-devices.ts'
import { isoAt } from './iso-mounts.ts'
import { newNetDevice, nextMac } from './net-devices.ts'
import { newGuest } from './new-records.ts'

const cloudInitBytes = 374784

/** Takes the fields of a body that are there; `undefined` would hide the record's own value. */
export function given<T extends object, K extends keyof T>(
  body: Partial<T>,
  names: readonly K[]
): Partial<Pick<T, K>> {
  const taken: Partial<Pick<T, K>> = {}
  for (const name of names) if (body[name] !== undefined) taken[name] = body[name]
  return taken
}

/** The medium a CD-ROM's path asks for. Throws TaskFailure if it cannot be inserted. */
export function mediumAt(
  world: World,
  vm: VirDomain,
  path: string | undefined
): ReturnType<typeof medium> {
  if (path === undefined || path === '') return medium(undefined)
  const iso = isoAt(world.state, path)
  if (iso === undefined)
    throw new TaskFailure("Unable to insert medium into VM '%@': no ISO at %@", [vm.name, path])
  if (!iso.readyForInsert)
    throw new TaskFailure("Unable to insert medium into VM '%@': %@ is not ready for insert", [
      vm.name,
      iso.name
    ])
  return medium(iso)
}

/**
 * Adds a block device with the fields of a body to the VM. Throws TaskFailure, with the VM as it
 * was, for a slot that is taken and a medium that cannot be inserted.
 */
export function addBlockDevice(
  world: World,
  vm: VirDomain,
  body: Partial<VirDomainBlockDevice> & Pick<VirDomainBlockDevice, 'uuid' | 'type' | 'capacity'>
): VirDomainBlockDevice {
  const slot = slotFor(vm.blockDevs, body.type, body.slot)
  if (slot === undefined)
    throw new TaskFailure("Unable to add block device to VM '%@': slot %@ is in use", [
      vm.name,
      String(body.slot)
    ])
  const device = newBlockDevice({
    ...given(body, [
      'cacheMode',
      'disableSnapshotting',
      'tieringPriorityFactor',
      'allocation',
      'readOnly',
      'mountPoints'
    ]),
    uuid: body.uuid,
    virDomainUUID: vm.uuid,
    type: body.type,
    capacity: body.capacity,
    slot,
    createdTimestamp: world.clock.seconds()
  })
  if (device.type === 'IDE_CDROM') {
    const inserted = mediumAt(world, vm, body.path)
    Object.assign(device, inserted.path === '' ? {} : inserted)
  }
  vm.blockDevs.push(device)
  return device
}

/** Adds a network device with the fields of a body to the VM. */
export function addNetDevice(
  world: World,
  vm: VirDomain,
  body: Partial<VirDomainNetDevice>,
  uuid: string
): void {
  const macAddress = body.macAddress ?? ''
  vm.netDevs.push(
    newNetDevice({
      ...given(body, ['type', 'vlan', 'connected']),
      uuid,
      virDomainUUID: vm.uuid,
      macAddress: macAddress === '' ? nextMac(world.state.counters) : macAddress
    })
  )
}

/** Whether the CD-ROM carries the cloud-init data of its VM. */
export const isCloudInit = (device: VirDomainBlockDevice): boolean =>
  device.type === 'IDE_CDROM' && device.name.startsWith('cloud-init-')

/**
 * Puts the VM's cloud-init data onto an ISO of its own in an additional CD-ROM (FACTS 5.2: O).
 * Without data nothing is added.
 */
export function addCloudInit(world: World, vm: VirDomain): void {
  const { userData, metaData } = vm.cloudInitData
  if (userData === '' && metaData === '') return
  const uuid = world.random.uuid()
  world.state.isos.set(uuid, {
    uuid,
    name: `cloud-init-${vm.uuid.slice(0, 8)}.iso`,
    size: cloudInitBytes,
    mounts: [],
    readyForInsert: true,
    path: `scribe/${uuid}`
  })
  addBlockDevice(world, vm, {
    uuid: world.random.uuid(),
    type: 'IDE_CDROM',
    capacity: 0,
    path: `scribe/${uuid}`
  })
}

/** A guest like another one, but off and not in the middle of anything. */
export const guestLike = (guest: Guest | undefined): Guest =>
  newGuest({
    ...guest,
    booted: false,
    runsWith: undefined,
    reservedNodeUUID: '',
    expected: undefined
  })
