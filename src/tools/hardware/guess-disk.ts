import type { VirDomain, VirDomainBlockDevice } from '../../hypercore/records/records.ts'
import { driveLetter } from '../../lib/text/drive-letter.ts'

/** What a drive letter or device of a guest may be. */
export interface DiskGuess {
  /** Undefined where more than one is as likely. */
  disk: VirDomainBlockDevice | undefined
  /** Why it is not certain. */
  why: string
}

const noAgent = 'no guest agent tells which drive a disk is'

/** Buses by what Linux calls their disks; IDE disks show as `sd`, too. */
const linuxBuses: Readonly<Record<string, readonly VirDomainBlockDevice['type'][]>> = {
  v: ['VIRTIO_DISK'],
  s: ['SCSI_DISK', 'IDE_DISK'],
  h: ['IDE_DISK']
}

/** By the order of slots: `vda` is the first VIRTIO disk. */
function linuxDisk(text: string, disks: readonly VirDomainBlockDevice[]): DiskGuess | undefined {
  const [, bus, letter] = /^(?:\/dev\/)?([vsh])d([a-z])\d*$/.exec(text) ?? []
  if (bus === undefined || letter === undefined) return undefined
  const types = linuxBuses[bus] ?? []
  const disk = disks.filter(({ type }) => types.includes(type))[letter.charCodeAt(0) - 97]
  return disk && { disk, why: 'Linux names disks in the order it finds them' }
}

/**
 * The disk that a guest likely calls by a name that the cluster does not know. Nothing of this is
 * documented of HyperCore: Windows gives C: to the disk it boots from, and the next letters in the
 * order of disks, among which a CD-ROM drive takes one.
 * @param disks in the order of their slots
 * @param boot the one it boots from
 * @returns undefined where the text names no drive, or the guest agent tells other ones
 */
export function guessDisk(
  vm: VirDomain,
  disks: readonly VirDomainBlockDevice[],
  text: string,
  boot: VirDomainBlockDevice | undefined
): DiskGuess | undefined {
  const linux = linuxDisk(text, disks)
  if (linux !== undefined) return linux
  const letter = driveLetter(text)
  // A: and B: are not disks.
  if (
    letter === undefined ||
    letter < 'C' ||
    disks.some(({ mountPoints }) => mountPoints.length > 0)
  )
    return undefined
  if (disks.length === 1) return { disk: disks[0], why: `${noAgent}; it has only this one` }
  if (letter === 'C') return { disk: boot, why: `${noAgent}; it boots from this one` }
  const others = disks.filter((disk) => disk !== boot)
  if (others.length === 1)
    return { disk: others[0], why: `${noAgent}; it has two, and boots from the other` }
  const hasDrive = vm.blockDevs.some(({ type }) => type === 'IDE_CDROM')
  const oneBus = new Set(disks.map(({ type }) => type)).size === 1
  if (hasDrive || !oneBus)
    return {
      disk: undefined,
      why: hasDrive
        ? `${noAgent}, and its CD-ROM drive takes a letter`
        : `${noAgent}, and its disks are of several types`
    }
  const disk = others[letter.charCodeAt(0) - 'D'.charCodeAt(0)]
  return disk && { disk, why: `${noAgent}; letters follow the slots` }
}
