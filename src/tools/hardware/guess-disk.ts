import type { VirDomain, VirDomainBlockDevice } from '../../hypercore/records/records.ts'
import { driveLetter } from '../../lib/text/drive-letter.ts'

/** What a drive letter or device of a guest may be. */
export interface DiskGuess {
  /** Undefined where more than one is as likely. */
  disk: VirDomainBlockDevice | undefined
  /** Why it is not certain. */
  why: string
}

/** `the root disk` without what any disk is called. */
const withoutNoun = (text: string): string =>
  text
    .replace(/^the\s+/i, '')
    .replace(/[\s_-]*(?:hard\s?)?(?:disk|drive|partition|volume|file\s?system|hdd|hd)$/i, '')
    .trim()

/** Whether a text is a word for what Linux has at `/`. */
export const isRoot = (text: string): boolean => /^root(?:fs)?$/i.test(withoutNoun(text))

const onlyOne = 'it has only this one'

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

/** What people call the disk that a system starts from. */
const systemWord = /^(?:boot|system|os|root|rootfs)$/i

/** What says nothing but that there is one. */
const anyWord = /^(?:default|main|primary|only|virtual|virtio|vm|the)?$/i

const numbered = /^(?:hard\s?)?(?:disk|drive|hdd?)[\s_-]*#?(\d{1,3})$/i

/** `disk 0` is the first; `disk 1` is that for some people, for others the second. */
function numberedDisk(
  number: number,
  disks: readonly VirDomainBlockDevice[]
): DiskGuess | undefined {
  if (number === 0) return { disk: disks[0], why: 'the first is 0' }
  if (disks.length > 1)
    return { disk: undefined, why: `it has ${disks.length}, and some count from 0` }
  return number === 1 ? { disk: disks[0], why: onlyOne } : undefined
}

/** A disk that is called by what it is for: the one it boots from, or the only one. */
function wordDisk(
  text: string,
  disks: readonly VirDomainBlockDevice[],
  boot: VirDomainBlockDevice | undefined
): DiskGuess | undefined {
  const word = withoutNoun(text)
  if (systemWord.test(word))
    return isRoot(text) && disks.some(({ mountPoints }) => mountPoints.length > 0)
      ? undefined
      : { disk: boot, why: disks.length === 1 ? onlyOne : 'it boots from this one' }
  const [, number] = numbered.exec(text) ?? []
  if (number !== undefined) return numberedDisk(Number(number), disks)
  if (!anyWord.test(word)) return undefined
  return disks.length === 1
    ? { disk: disks[0], why: onlyOne }
    : { disk: undefined, why: `it has ${disks.length}` }
}

/**
 * The disk that people or a guest likely call by a name that the cluster does not know. Nothing of this
 * is documented of HyperCore: the disk a system starts from is `boot` or `system`, Windows gives it C:,
 * and the next letters in the order of disks, among which a CD-ROM drive takes one.
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
  const byWord = wordDisk(text, disks, boot)
  if (byWord !== undefined) return byWord
  const letter = driveLetter(text)
  // A: and B: are not disks.
  if (
    letter === undefined ||
    letter < 'C' ||
    disks.some(({ mountPoints }) => mountPoints.length > 0)
  )
    return undefined
  if (disks.length === 1) return { disk: disks[0], why: `${noAgent}; ${onlyOne}` }
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
