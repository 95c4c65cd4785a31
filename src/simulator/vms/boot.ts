import type { VirDomain, VirDomainBlockDevice } from '../../hypercore/records/records.ts'
import type { ClusterState, Guest } from '../state.ts'

/** A disk that something was written to; one that the API created is empty. */
const isInstalled = ({ type, allocation }: VirDomainBlockDevice): boolean =>
  allocation > 0 && ['VIRTIO_DISK', 'SCSI_DISK', 'IDE_DISK'].includes(type)

const isoUuid = (device: VirDomainBlockDevice): string => device.path.replace(/^scribe\//, '')

/**
 * Whether an operating system comes up when the VM is switched on: from an installed disk or a
 * bootable medium. A VM that the API created has neither, runs and does nothing (FACTS 24, high). The
 * boot order names what is tried; an empty one is good for one VIRTIO disk and fails with a second
 * (FACTS 24, medium-high).
 */
export function boots(state: ClusterState, vm: VirDomain): boolean {
  const { blockDevs, bootDevices } = vm
  const virtio = blockDevs.filter(({ type }) => type === 'VIRTIO_DISK')
  if (bootDevices.length === 0 && virtio.length > 1) return false
  const tried =
    bootDevices.length === 0
      ? blockDevs
      : blockDevs.filter(({ uuid }) => bootDevices.includes(uuid))
  return tried.some(
    (device) =>
      isInstalled(device) ||
      (device.type === 'IDE_CDROM' && state.bootableIsos.has(isoUuid(device)))
  )
}

/** Whether a running guest does what ACPI asks: it has an operating system that listens. */
export const heedsAcpi = (guest: Guest): boolean => guest.booted && !guest.ignoresAcpi
