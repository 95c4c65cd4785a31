import type { VirDomain } from '../../hypercore/records/records.ts'
import { normalizeMac } from '../../lib/text/mac-address.ts'
import { quoteName } from '../../lib/text/quote.ts'
import { parseUuid } from '../../lib/text/uuid.ts'
import { diskName } from '../../views/vm/disk.ts'
import { nicName } from '../../views/vm/nic.ts'
import type { ToolContext } from '../define-tool.ts'
import { driveCandidate, drivesOf, mediumName } from './cd-drives.ts'
import { ambiguousDevice, type DeviceWords, refuseForeign, unknownDevice } from './choose-device.ts'
import { bootDisk, diskCandidate, disksOf, findDisk } from './disks.ts'
import { findNic, nicCandidate } from './nics.ts'

const words: DeviceWords = {
  one: 'device',
  argument: 'order',
  takes: 'disks by letter, slot, name or uuid, "cd" and "net"'
}

const drive = /^(?:cd|dvd|iso|optical)(?:[\s-]?(?:rom|drive))*$/i
const network = /^(?:net|network|nic|lan|pxe)$/i
const anyDisk = /^(?:disk|hd|hdd|hard\s?(?:disk|drive))$/i
const oneNic = /^(?:nic|eth|vlan)\s*#?\d+$/i

/** A device to boot from. */
interface BootDevice {
  uuid: string
  /** Why it is only likely the one that was meant. */
  guess?: string
}

/** The drive to boot from: the only one, or the only one with a medium. */
function bootDrive(vm: VirDomain): BootDevice {
  const drives = drivesOf(vm)
  const full = drives.filter(({ path }) => path !== '')
  const [only, ...others] = full.length > 0 ? full : drives
  const name = quoteName(vm.name)
  if (only === undefined)
    throw unknownDevice(`VM ${name} has no CD-ROM drive: insertISO adds one`, words, [])
  if (others.length === 0) return only
  const candidates = [only, ...others].map(driveCandidate)
  throw ambiguousDevice(`VM ${name} has ${candidates.length} CD-ROM drives`, words, candidates)
}

/** What a word of a boot order means. Errors are those of `findDisk` and `findNic`, for `order`. */
async function bootDevice(context: ToolContext, vm: VirDomain, text: string): Promise<BootDevice> {
  if (drive.test(text)) return bootDrive(vm)
  if (network.test(text)) return findNic(context, vm, undefined, words)
  if (oneNic.test(text) || normalizeMac(text) !== undefined)
    return findNic(context, vm, text, words)
  const uuid = parseUuid(text)
  if (uuid !== undefined) {
    const devices = [...disksOf(vm), ...drivesOf(vm), ...vm.netDevs]
    return (
      devices.find((each) => each.uuid === uuid) ??
      refuseForeign(context, vm, uuid, words, candidatesOf(vm))
    )
  }
  const { disk, guess } = await findDisk(context, vm, anyDisk.test(text) ? undefined : text, {
    words
  })
  return { uuid: disk.uuid, ...(guess !== undefined && { guess }) }
}

const candidatesOf = (vm: VirDomain) => [
  ...disksOf(vm).map((disk) => diskCandidate(vm, disk)),
  ...drivesOf(vm).map(driveCandidate),
  ...vm.netDevs.map((nic) => nicCandidate(vm, nic))
]

/** A device of a boot order as named in sentences; undefined for one that no longer exists. */
function deviceName(vm: VirDomain, uuid: string): string | undefined {
  const disk = disksOf(vm).find((each) => each.uuid === uuid)
  if (disk !== undefined) return diskName(disk)
  const cd = drivesOf(vm).find((each) => each.uuid === uuid)
  if (cd !== undefined) return `cd (${mediumName(cd)})`
  const nic = vm.netDevs.find((each) => each.uuid === uuid)
  return nic && nicName(vm, nic)
}

/** A boot order as sentences speak of it. */
export const orderText = (vm: VirDomain, order: readonly string[]): string =>
  order.flatMap((uuid) => deviceName(vm, uuid) ?? []).join(', ') || 'none'

/**
 * A boot order that begins with some devices. What is not named stays behind them, and the disk it boots
 * from now is never left out: a VM with an empty order boots from its disk (FACTS 24, medium-high).
 */
export function orderFrom(vm: VirDomain, first: readonly string[]): string[] {
  const present = vm.bootDevices.filter((uuid) => deviceName(vm, uuid) !== undefined)
  const disk = bootDisk(vm)
  return [...new Set([...first, ...present, ...(disk === undefined ? [] : [disk.uuid])])]
}

/**
 * The boot order that a list of words asks for.
 * @throws {BridgeError} AMBIGUOUS_NAME, NOT_FOUND, INVALID_ARGUMENT as devices are named
 */
export async function namedOrder(
  context: ToolContext,
  vm: VirDomain,
  named: readonly string[]
): Promise<{ order: string[]; notes: string[] }> {
  const found: BootDevice[] = []
  for (const text of named) found.push(await bootDevice(context, vm, text.trim()))
  return {
    order: orderFrom(
      vm,
      found.map(({ uuid }) => uuid)
    ),
    notes: found.flatMap(({ guess }) => guess ?? [])
  }
}
