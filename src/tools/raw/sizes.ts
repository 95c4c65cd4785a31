import type { ApiCall } from '../../catalog/call/check-call.ts'
import { workaround } from '../../catalog/call/check-path.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import { isObject, type JsonObject } from '../../lib/json/json.ts'
import { quote } from '../../lib/text/quote.ts'
import { exactBytes, formatBytes, parseBytes } from '../../lib/text/units.ts'
import { clusterLimits, diskProblem, memoryProblem } from '../read/cluster-limits.ts'
import type { ToolContext } from '../define-tool.ts'
import { mebibyte } from '../arguments/vm-schemas.ts'

/** Growth that is noted: a digit too many makes ten times. */
const remarkableGrowth = 10

interface Sizes {
  mem: { place: string; bytes: number }[]
  capacity: { place: string; bytes: number }[]
}

/** Devices whose size is not for people to choose. */
const noDisk = /CDROM|FLOPPY|NVRAM|VTPM/

/** Memory of VMs and capacity of disks anywhere in a body. */
function sizesIn(value: unknown, place = '', found: Sizes = { mem: [], capacity: [] }): Sizes {
  if (Array.isArray(value)) value.forEach((item, i) => sizesIn(item, `${place}[${i}]`, found))
  if (!isObject(value)) return found
  for (const [name, entry] of Object.entries(value)) {
    const inside = place === '' ? name : `${place}.${name}`
    if (typeof entry === 'object') sizesIn(entry, inside, found)
    else if (typeof entry === 'number' && name === 'mem')
      found.mem.push({ place: inside, bytes: entry })
    else if (
      typeof entry === 'number' &&
      name === 'capacity' &&
      !noDisk.test(String(value['type']))
    )
      found.capacity.push({ place: inside, bytes: entry })
  }
  return found
}

/** Says in which units a number far too small may have been meant. */
function tooSmall(place: string, bytes: number, min: number): string | undefined {
  if (bytes >= min || bytes <= 0) return undefined
  const meant = parseBytes(`${bytes} GiB`)
  return `${place} is ${bytes} bytes: sizes are bytes, or text such as "${bytes} GiB"${meant === undefined ? '' : `, which is ${meant}`}`
}

const refuse = (reason: string): BridgeError =>
  new BridgeError('INVALID_ARGUMENT', `${reason}. Nothing was sent; ${workaround}`)

/** The disk that a call changes. */
const isDiskChange = ({ method, path }: ApiCall): boolean =>
  (method === 'PATCH' || method === 'POST') && /^\/VirDomainBlockDevice\/[^/]+$/.test(path)

/**
 * Refuses to shrink a disk: no state of a VM allows it, and what a cluster does with such a request
 * is not known (FACTS 6). Applies whether the call is checked or not.
 * @throws {BridgeError} INVALID_ARGUMENT
 */
export function refuseShrinking(call: ApiCall, before: JsonObject | undefined): void {
  const present = before?.['capacity']
  const wanted = isObject(call.body) ? call.body['capacity'] : undefined
  if (!isDiskChange(call) || typeof present !== 'number' || typeof wanted !== 'number') return
  if (wanted >= present || noDisk.test(String(before?.['type']))) return
  throw new BridgeError(
    'INVALID_ARGUMENT',
    `capacity ${wanted} (${exactBytes(wanted)}) is less than the disk has, ${present} (${exactBytes(present)}): a disk never shrinks. capacity is its whole new size in bytes, not what is added. Nothing was sent`,
    { details: { present, wanted } }
  )
}

/**
 * Compares the sizes in a body with what the cluster has, and with what is there.
 * @param before the record that the call changes, where there is one
 * @returns notes for what is odd
 * @throws {BridgeError} INVALID_ARGUMENT for what can only be a slip
 */
export async function checkSizes(
  context: ToolContext,
  call: ApiCall,
  before: JsonObject | undefined
): Promise<string[]> {
  const { mem, capacity } = sizesIn(call.body)
  if (mem.length === 0 && capacity.length === 0) return []
  const limits = await clusterLimits(context)
  const notes: string[] = []
  for (const { place, bytes } of mem) {
    const problem = tooSmall(place, bytes, 64 * mebibyte) ?? memoryProblem(bytes, limits)
    if (problem !== undefined) throw refuse(problem)
    if (bytes % mebibyte !== 0)
      notes.push(`${place} ${bytes} is not whole MiB: some versions do not start such a VM`)
  }
  const present = isDiskChange(call) ? before?.['capacity'] : undefined
  for (const { place, bytes } of capacity) {
    const small = tooSmall(place, bytes, mebibyte)
    if (small !== undefined) throw refuse(small)
    const large = diskProblem(bytes, limits)
    // A new disk can be deleted; growth can never be undone.
    if (large !== undefined && typeof present === 'number' && bytes > present) throw refuse(large)
    if (large !== undefined) notes.push(large)
    if (typeof present === 'number' && present > 0 && bytes >= present * remarkableGrowth)
      notes.push(
        `${place} grows ${Math.floor(bytes / present)} times, from ${formatBytes(present)} to ${formatBytes(bytes)}: it cannot be undone`
      )
    if (bytes % mebibyte !== 0) notes.push(`${place} ${quote(bytes)} is not whole MiB`)
  }
  return notes
}
