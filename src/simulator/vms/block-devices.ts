import type { VirDomain, VirDomainBlockDevice } from '../../hypercore/records/records.ts'

type DeviceType = VirDomainBlockDevice['type']

/** The size every NVRAM has, whatever was asked for (FACTS 6: O). */
export const nvramBytes = 540672

const busOf: Readonly<Record<DeviceType, string>> = {
  IDE_DISK: 'IDE',
  IDE_CDROM: 'IDE',
  IDE_FLOPPY: 'FLOPPY',
  SCSI_DISK: 'SCSI',
  VIRTIO_DISK: 'VIRTIO',
  NVRAM: '',
  VTPM: ''
}

/** Whether the device keeps its data in the cluster's storage rather than in an ISO. */
export const holdsData = (device: { type: DeviceType }): boolean =>
  device.type !== 'IDE_CDROM' && device.type !== 'IDE_FLOPPY'

/**
 * The slot of a new device: the one asked for, or for -1 the next free one of its bus. NVRAM and
 * VTPM sit on no bus and read -1 (FACTS 6 and 20.11: S). Undefined when the slot is taken.
 */
export function slotFor(
  devices: readonly VirDomainBlockDevice[],
  type: DeviceType,
  wanted = -1
): number | undefined {
  const bus = busOf[type]
  if (bus === '') return -1
  const taken = new Set(
    devices.filter((device) => busOf[device.type] === bus).map((device) => device.slot)
  )
  if (wanted >= 0) return taken.has(wanted) ? undefined : wanted
  let slot = 0
  while (taken.has(slot)) slot += 1
  return slot
}

/** A device of a VM, complete; what is not given is as the cluster fills it in. */
export function newBlockDevice(
  given: Pick<VirDomainBlockDevice, 'uuid' | 'virDomainUUID' | 'type' | 'capacity' | 'slot'> &
    Partial<VirDomainBlockDevice>
): VirDomainBlockDevice {
  const capacity = given.type === 'NVRAM' ? nvramBytes : given.capacity
  return {
    cacheMode: 'NONE',
    allocation: 0,
    physical: holdsData(given) ? capacity : 0,
    shareUUID: '',
    path: holdsData(given) ? `scribe/${given.uuid}` : '',
    name: '',
    disableSnapshotting: false,
    tieringPriorityFactor: 8,
    mountPoints: [],
    createdTimestamp: 0,
    readOnly: false,
    ...given,
    capacity
  }
}

/** What a CD-ROM shows of the medium in it; an empty drive has no size. */
export const medium = (
  iso: { path: string; name: string; size: number } | undefined
): Pick<VirDomainBlockDevice, 'path' | 'name' | 'capacity' | 'physical' | 'allocation'> => ({
  path: iso?.path ?? '',
  name: iso?.name ?? '',
  capacity: iso?.size ?? 0,
  physical: iso?.size ?? 0,
  allocation: iso?.size ?? 0
})

/** A device of any VM, with the VM it belongs to. */
export function findBlockDevice(
  virDomains: Iterable<VirDomain>,
  uuid: string
): { vm: VirDomain; device: VirDomainBlockDevice } | undefined {
  for (const vm of virDomains) {
    const device = vm.blockDevs.find((candidate) => candidate.uuid === uuid)
    if (device !== undefined) return { vm, device }
  }
  return undefined
}
