import type { VirDomain, VirDomainBlockDevice } from '../../hypercore/records/records.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import { foldCase } from '../../lib/text/normalize.ts'
import { quote, quoteName } from '../../lib/text/quote.ts'
import { exactBytes } from '../../lib/text/units.ts'
import { parseUuid } from '../../lib/text/uuid.ts'
import { bootsFrom, describeDisk, diskName } from '../../views/vm/disk.ts'
import { isDisk } from '../../views/vm/fields.ts'
import type { ToolContext } from '../define-tool.ts'
import {
  ambiguousDevice,
  type DeviceCandidate,
  type DeviceWords,
  refuseForeign,
  unknownDevice
} from './choose-device.ts'
import { driveLetter } from '../../lib/text/drive-letter.ts'
import { guessDisk, isRoot } from './guess-disk.ts'

const diskWords: DeviceWords = {
  one: 'disk',
  argument: 'disk',
  takes: 'its slot, uuid, name, or the drive letter or path that its guest agent tells',
  isOptional: true
}

/** Of a tool that deletes one, which is always named. */
const diskToDelete: DeviceWords = {
  one: diskWords.one,
  argument: diskWords.argument,
  takes: diskWords.takes
}

/** The disks of a VM in the order of their slots. */
export const disksOf = ({ blockDevs }: VirDomain): VirDomainBlockDevice[] =>
  blockDevs
    .filter(isDisk)
    .toSorted((a, b) => (a.type === b.type ? a.slot - b.slot : a.type < b.type ? 1 : -1))

/** What tells a disk from the others of its VM. */
export function diskCandidate(vm: VirDomain, disk: VirDomainBlockDevice): DeviceCandidate {
  const { uuid, slot, type, name, capacity, mountPoints } = disk
  const size = exactBytes(capacity)
  const boots = bootsFrom(vm, disk)
  return {
    uuid,
    text: describeDisk(vm, disk),
    facts: { slot, size, type, name, mountPoints, boots }
  }
}

/** The disk a VM boots from: first in its boot order, else its only one, else the lowest slot. */
export function bootDisk(vm: VirDomain): VirDomainBlockDevice | undefined {
  const disks = disksOf(vm)
  const ordered = vm.bootDevices.flatMap((uuid) => disks.find((disk) => disk.uuid === uuid) ?? [])
  return ordered[0] ?? disks[0]
}

/** A path without the separator it may end with. */
const bare = (path: string): string => path.replace(/(?<=.)[\\/]+$/, '')

const isMountedAs =
  (text: string) =>
  ({ mountPoints }: VirDomainBlockDevice): boolean => {
    const letter = driveLetter(text)
    return mountPoints.some((each) =>
      isRoot(text)
        ? each === '/'
        : letter === undefined
          ? bare(each) === bare(text)
          : driveLetter(each) === letter
    )
  }

/** What a text may be of a disk, the surest first: the first that any disk has decides. */
function matching(text: string, disks: readonly VirDomainBlockDevice[]): VirDomainBlockDevice[] {
  const slot = /^(?:slot\s*)?#?(\d{1,4})$/i.exec(text)?.[1]
  const ways: ((disk: VirDomainBlockDevice) => boolean)[] = [
    isMountedAs(text),
    (disk) => slot !== undefined && disk.slot === Number(slot),
    ({ name }) => name !== '' && foldCase(name) === foldCase(text)
  ]
  for (const fits of ways) {
    const found = disks.filter(fits)
    if (found.length > 0) return found
  }
  return []
}

/** A disk that a caller named. */
export interface FoundDisk {
  disk: VirDomainBlockDevice
  /** Why it is only likely the one that was meant, for a note; undefined where it is certain. */
  guess?: string
}

/**
 * The disk of a VM that a text names: uuid, mount point as the guest agent reports it (FACTS 6, S),
 * slot or name; a word for the disk that a system starts from, or for an only one, is a guess, and where
 * no agent reports mount points, so is a drive letter or Linux device by the order of disks.
 * @param text undefined where the caller named none: the VM's only disk
 * @param options `sure`: only what is certain is taken; `words`: of the argument it was named in
 * @throws {BridgeError} AMBIGUOUS_NAME and NOT_FOUND with the candidates (slot, size, type, name);
 * INVALID_ARGUMENT for what is not a disk or of another VM; ILLEGAL_STATE for a VM without disks
 */
export async function findDisk(
  context: ToolContext,
  vm: VirDomain,
  text: string | undefined,
  {
    sure = false,
    words = sure ? diskToDelete : diskWords
  }: { sure?: boolean; words?: DeviceWords } = {}
): Promise<FoundDisk> {
  const disks = disksOf(vm)
  const candidates = disks.map((disk) => diskCandidate(vm, disk))
  const name = quoteName(vm.name)
  const [only, ...others] = disks
  if (only === undefined)
    throw new BridgeError('ILLEGAL_STATE', `VM ${name} has no disk: addDisk adds one`)
  const named = text?.trim() ?? ''
  if (named === '') {
    if (others.length === 0) return { disk: only }
    throw ambiguousDevice(`VM ${name} has ${disks.length} disks`, words, candidates)
  }
  const uuid = parseUuid(named)
  if (uuid !== undefined) {
    const disk = disks.find((each) => each.uuid === uuid)
    if (disk !== undefined) return { disk }
    const other = vm.blockDevs.find((each) => each.uuid === uuid)
    if (other !== undefined)
      throw unknownDevice(`${uuid} is ${other.type}, not a disk`, words, candidates)
    return refuseForeign(context, vm, uuid, words, candidates)
  }
  const [disk, ...more] = matching(named, disks)
  if (disk !== undefined && more.length === 0) return { disk }
  if (disk !== undefined) {
    const found = [disk, ...more].map((each) => diskCandidate(vm, each))
    throw ambiguousDevice(`${found.length} disks of VM ${name} are ${quote(named)}`, words, found)
  }
  const guess = guessDisk(vm, disks, named, bootDisk(vm))
  if (guess === undefined)
    throw unknownDevice(`No disk of VM ${name} is ${quote(named)}`, words, candidates)
  if (guess.disk === undefined || sure)
    throw ambiguousDevice(
      guess.disk === undefined
        ? `Which disk of VM ${name} is ${quote(named)} is not certain, as ${guess.why}`
        : `${quote(named)} is likely ${diskName(guess.disk)} of VM ${name}, but ${guess.why}, and this is done only to what is certain`,
      words,
      candidates
    )
  return {
    disk: guess.disk,
    guess: `disk ${quote(named)} taken for ${diskName(guess.disk)}, a guess: ${guess.why}`
  }
}
