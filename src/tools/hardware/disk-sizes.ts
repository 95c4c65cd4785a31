import { Type } from '@sinclair/typebox'
import type { VirDomainBlockDevice } from '../../hypercore/records/records.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import { exactBytes, gibibyte } from '../../lib/text/units.ts'
import { mebibyte } from '../arguments/vm-schemas.ts'

/** No disk is larger: such a number is one of bytes. */
const maxGiB = 1024 ** 2

/** Growth that may be a slip: a digit too many makes ten times. */
const remarkableGrowth = 10

/** A size in GiB, or text with a unit. */
export const SizeGiB = (description?: string) =>
  Type.Number({
    exclusiveMinimum: 0,
    maximum: maxGiB,
    'x-gib': true,
    'x-hide-range': true,
    'x-hint': 'in GiB, not bytes, or text such as "500 GB"',
    'x-example': '100',
    'x-misnomers': '(?:bytes|capacity)$',
    ...(description !== undefined && { description })
  })

/** Whole MiB, never less than was asked for: some versions of the cluster round by themselves (FACTS 6, O). */
export const alignedBytes = (gib: number): number =>
  Math.ceil((gib * gibibyte) / mebibyte) * mebibyte

/**
 * What to do about two sizes that contradict each other. Disks never shrink, so that one may be left; else
 * the user is asked: nothing of a growth can be undone, and small models try one after the other.
 */
function chooseSize(
  capacity: number,
  added: number,
  toGiB: number,
  disks: readonly string[]
): string {
  if (alignedBytes(toGiB) <= capacity) return `Leave toGiB out to have ${exactBytes(added)}`
  const which = disks.length > 1 ? `, and of which disk: ${disks.join(', ')}` : ''
  return `Say so to the user, and ask which size is meant, ${exactBytes(added)} or ${exactBytes(alignedBytes(toGiB))}${which}`
}

/**
 * The whole new size of a disk that is to grow.
 * @param disks all of the VM, as a sentence names them, for a caller who may mean another
 * @throws {BridgeError} INVALID_ARGUMENT for a disk that would shrink, no size, two that contradict each
 * other, and growth of ten times and more without `sure`: nothing of it can be undone (FACTS 6)
 */
export function grownBytes(
  { capacity }: VirDomainBlockDevice,
  name: string,
  { addGiB, toGiB, sure }: { addGiB?: number; toGiB?: number; sure?: boolean },
  disks: readonly string[] = []
): number {
  const refuse = (why: string): BridgeError =>
    new BridgeError('INVALID_ARGUMENT', `${why}. Nothing was sent`, { details: { capacity } })
  const added = addGiB === undefined ? undefined : alignedBytes(capacity / gibibyte + addGiB)
  if (added === undefined && toGiB === undefined)
    throw refuse(
      `Give one of addGiB, which is added, and toGiB, the whole new size: disk ${name} has ${exactBytes(capacity)}`
    )
  if (added !== undefined && toGiB !== undefined && added !== alignedBytes(toGiB))
    throw refuse(
      `addGiB ${addGiB} and toGiB ${toGiB} contradict each other: disk ${name} has ${exactBytes(capacity)}. ${chooseSize(capacity, added, toGiB, disks)}`
    )
  if (toGiB !== undefined && toGiB * gibibyte < capacity) {
    const asked = exactBytes(Math.round(toGiB * gibibyte))
    throw refuse(
      `Disk ${name} has ${exactBytes(capacity)}, and disks never shrink: toGiB ${asked} is the whole new size; addGiB adds to it`
    )
  }
  const wanted = toGiB === undefined ? (added ?? capacity) : alignedBytes(toGiB)
  if (toGiB !== undefined && toGiB * gibibyte === capacity) return capacity
  if (wanted >= capacity * remarkableGrowth && sure !== true)
    throw refuse(
      `Disk ${name} would grow ${Math.floor(wanted / capacity)} times, from ${exactBytes(capacity)} to ${exactBytes(wanted)}, and never shrinks again: if that is meant, call again with sure true`
    )
  return wanted
}
