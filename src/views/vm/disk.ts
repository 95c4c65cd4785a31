import type { VirDomain, VirDomainBlockDevice } from '../../hypercore/records/records.ts'
import { driveLetter } from '../../lib/text/drive-letter.ts'
import { quoteName, quoteText } from '../../lib/text/quote.ts'
import { exactBytes } from '../../lib/text/units.ts'

/** Where a guest has mounted a disk, for a sentence: `C:`, `"/srv"`. */
const mountText = (mountPoint: string): string => {
  const letter = driveLetter(mountPoint)
  return letter === undefined ? quoteText(mountPoint, 60) : `${letter}:`
}

/** A disk as sentences speak of it: `C: (slot 0)`, `slot 1`. */
export function diskName({ mountPoints, slot, type }: VirDomainBlockDevice): string {
  const place = type === 'VIRTIO_DISK' ? `slot ${slot}` : `${type} slot ${slot}`
  return mountPoints.length === 0 ? place : `${mountPoints.map(mountText).join(', ')} (${place})`
}

/** Whether a disk is in the boot order of its VM. */
export const bootsFrom = ({ bootDevices }: VirDomain, { uuid }: VirDomainBlockDevice): boolean =>
  bootDevices.includes(uuid)

/** What tells a disk from the others of its VM: `slot 1 (D:, 400 GiB VIRTIO_DISK)`. */
export function describeDisk(vm: VirDomain, disk: VirDomainBlockDevice): string {
  const { slot, type, name, capacity, mountPoints } = disk
  const facts = [
    ...mountPoints.map(mountText),
    `${exactBytes(capacity)} ${type}`,
    ...(name === '' ? [] : [quoteName(name)]),
    ...(bootsFrom(vm, disk) ? ['boots'] : [])
  ]
  return `slot ${slot} (${facts.join(', ')})`
}
