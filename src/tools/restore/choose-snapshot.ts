import type { VirDomain, VirDomainSnapshot } from '../../hypercore/records/records.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import { foldCase } from '../../lib/text/normalize.ts'
import { quoteName, quoteText } from '../../lib/text/quote.ts'
import { unixMs } from '../../lib/time/unix-time.ts'
import { isUuid } from '../../lib/text/uuid.ts'
import { snapshotInZone, snapshotName, snapshotsInZone, whyUnusable } from '../../views/snapshot.ts'
import type { ZonedTime } from '../../views/zoned-time.ts'
import { readZone } from '../read/zone.ts'
import type { ToolContext } from '../define-tool.ts'

const newestWords = new Set([
  'newest',
  'latest',
  'last',
  'most recent',
  'newest snapshot',
  'latest snapshot'
])

/** `2026-11-28`, `2026-11-28 02:00`, with seconds and zone where they are known. */
const timeForm =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::\d{2})?(?:\.\d+)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?)?$/i

/** Unix ms of the latest moment that a text means; undefined where it is not a time. */
function momentOf(text: string, zone: ZonedTime): number | undefined {
  const match = timeForm.exec(text.trim())
  if (match === null) return undefined
  const [, day = '', minute, offset] = match
  // A day means all of it, a minute all of it.
  const until = minute === undefined ? `${day}T23:59:59` : `${day}T${minute}:59`
  const at =
    offset === undefined
      ? zone.parse(until)
      : Date.parse(`${until}${/^(?:z|utc)$/i.test(offset) ? 'Z' : offset}`)
  return Number.isNaN(at) ? undefined : at
}

export interface ChosenSnapshot {
  snapshot: VirDomainSnapshot
  /** Its label and its time, which is the cluster's. */
  said: string
}

/** @throws {BridgeError} INVALID_ARGUMENT for a snapshot of another VM */
function refuseForeign(
  snapshots: readonly VirDomainSnapshot[],
  { name }: VirDomain,
  uuid: string
): void {
  const foreign = snapshots.find((each) => each.uuid === uuid.toLowerCase())
  if (foreign !== undefined)
    throw new BridgeError(
      'INVALID_ARGUMENT',
      `snapshot ${uuid} is of VM ${quoteName(foreign.domain.name)} (${foreign.domainUUID}), not of VM ${quoteName(name)}: vmSnapshots_read with vmUUID lists its own. Nothing was sent`
    )
}

/** @throws {BridgeError} INVALID_ARGUMENT for a moment that is not over */
function refuseFuture(text: string, moment: number, zone: ZonedTime): void {
  const now = unixMs()
  const day = 24 * 60 * 60 * 1000
  // Today and the minute that it is reach into the future.
  if (moment - now < day && zone.text(moment).slice(0, 10) === zone.text(now).slice(0, 10)) return
  if (moment > now)
    throw new BridgeError(
      'INVALID_ARGUMENT',
      `snapshot ${quoteText(text, 60)} is in the future: it is ${zone.text(now).slice(0, 16)} in the time of ${zone.zone}. Say newest for the newest one. Nothing was sent`
    )
}

/**
 * The snapshot of a VM that a caller means: `newest`, its uuid, its label, or the last one up to a time,
 * which is the cluster's where it names no zone.
 * @throws {BridgeError} NOT_FOUND, AMBIGUOUS_NAME with those there are; ILLEGAL_STATE for one of no use;
 * INVALID_ARGUMENT for one of another VM and for a time to come
 */
export async function chooseSnapshot(
  context: ToolContext,
  vm: VirDomain,
  text: string
): Promise<ChosenSnapshot> {
  const { hypercore, signal } = context
  const [snapshots, zone] = await Promise.all([
    hypercore.list('/VirDomainSnapshot', { signal }),
    readZone(context)
  ])
  const own = snapshots
    .filter(({ domainUUID }) => domainUUID === vm.uuid)
    .toSorted((a, b) => b.timestamp - a.timestamp)
  const usable = own.filter((each) => whyUnusable(each) === undefined)
  const there = (list: readonly VirDomainSnapshot[]): string =>
    list.length === 0
      ? 'it has none: snapshotVM takes one'
      : `it has ${snapshotsInZone(list, zone)}`
  const name = quoteName(vm.name)
  if (newestWords.has(foldCase(text))) {
    const [newest] = usable
    if (newest !== undefined) return { snapshot: newest, said: snapshotInZone(newest, zone) }
    throw new BridgeError('NOT_FOUND', `VM ${name} has no snapshot that can be used; ${there(own)}`)
  }
  const byUuid = isUuid(text) ? own.find(({ uuid }) => uuid === text.toLowerCase()) : undefined
  const labelled = own.filter(({ label }) => label === text)
  const alike =
    labelled.length > 0 ? labelled : own.filter(({ label }) => foldCase(label) === foldCase(text))
  if (byUuid === undefined && alike.length > 1)
    throw new BridgeError(
      'AMBIGUOUS_NAME',
      `${alike.length} snapshots of VM ${name} have the label ${quoteText(text)}: ${there(alike)}. Pass the time of the one to restore`,
      {
        details: {
          candidates: alike.slice(0, 20).map(({ uuid, timestamp }) => ({ uuid, timestamp }))
        }
      }
    )
  if (byUuid === undefined && isUuid(text)) refuseForeign(snapshots, vm, text)
  const moment = momentOf(text, zone)
  if (alike.length === 0 && moment !== undefined) refuseFuture(text, moment, zone)
  const found =
    byUuid ??
    alike[0] ??
    (moment === undefined ? undefined : usable.find(({ timestamp }) => timestamp * 1000 <= moment))
  if (found === undefined)
    throw new BridgeError(
      'NOT_FOUND',
      moment === undefined
        ? `VM ${name} has no snapshot ${quoteText(text, 60)}: say newest, a label, or a time such as 2026-11-28 02:00; ${there(own)}`
        : `VM ${name} has no snapshot from before ${quoteText(text, 60)}; ${there(own)}`
    )
  const reason = whyUnusable(found)
  if (reason !== undefined)
    throw new BridgeError(
      'ILLEGAL_STATE',
      `Snapshot ${quoteName(snapshotName(found))} cannot be restored: it is ${reason}; ${there(usable)}`
    )
  return { snapshot: found, said: snapshotInZone(found, zone) }
}
