import type { VirDomainSnapshot } from '../hypercore/records/records.ts'
import { quoteName } from '../lib/text/quote.ts'
import { formatAge, formatTime } from '../lib/text/units.ts'
import { age, type ListView, time } from './list-view.ts'
import type { ZonedTime } from './zoned-time.ts'

const snapshotFields = (snapshot: VirDomainSnapshot) => ({
  uuid: snapshot.uuid,
  domainUUID: snapshot.domainUUID,
  vmName: snapshot.domain.name,
  label: snapshot.label,
  type: snapshot.type,
  state: snapshot.state,
  timestamp: snapshot.timestamp,
  takenAt: formatTime(snapshot.timestamp),
  age: formatAge(snapshot.timestamp),
  keptUntil: formatTime(snapshot.localRetainUntilTimestamp),
  blockCountDiff: snapshot.blockCountDiff,
  localRetainUntilTimestamp: snapshot.localRetainUntilTimestamp,
  replication: snapshot.replication
})

export const snapshotView: ListView<VirDomainSnapshot, ReturnType<typeof snapshotFields>> = {
  describe: snapshotFields,
  summary: [
    'uuid',
    'domainUUID',
    'vmName',
    'label',
    'type',
    'state',
    'timestamp',
    'takenAt',
    'age',
    'keptUntil'
  ],
  columns: ['uuid', 'vmName', 'label', 'type', 'state', 'takenAt'],
  aliases: { name: 'label', taken: 'takenAt', created: 'takenAt', time: 'takenAt' },
  words: { type: (word) => (word === 'manual' ? 'USER' : undefined) },
  time: 'takenAt',
  measures: {
    takenAt: time(({ timestamp }) => timestamp),
    timestamp: time(({ timestamp }) => timestamp),
    age: age(({ timestamp }) => timestamp),
    keptUntil: time((snapshot) => snapshot.localRetainUntilTimestamp, 'no end'),
    localRetainUntilTimestamp: time((snapshot) => snapshot.localRetainUntilTimestamp, 'no end')
  }
}

/** What tells a snapshot from others of the same label. */
export const snapshotIdentity = ({ label, domain, timestamp }: VirDomainSnapshot) => ({
  label,
  vmName: domain.name,
  takenAt: formatTime(timestamp)
})

/** How a person names a snapshot: by its label, and by its time where it has none. */
export const snapshotName = ({
  label,
  timestamp
}: Pick<VirDomainSnapshot, 'label' | 'timestamp'>): string =>
  label.trim() === '' ? formatTime(timestamp) : label

/** A snapshot as sentences speak of it. */
export const snapshotOfVm = (label: string, vmName: string): string =>
  `snapshot ${quoteName(label)} of VM ${quoteName(vmName)}`

const minuteOf = ({ timestamp }: VirDomainSnapshot, zone: ZonedTime): string =>
  zone.text(timestamp * 1000).slice(0, 16)

/** Its label and its time, or its time alone, in the cluster's zone; follows the word "snapshot". */
export const snapshotInZone = (snapshot: VirDomainSnapshot, zone: ZonedTime): string => {
  const of = `of ${minuteOf(snapshot, zone)}`
  return snapshot.label.trim() === '' ? of : `${quoteName(snapshot.label)} ${of}`
}

/** Snapshots that a message lists. */
const maxListed = 5

/** The newest of a list, for a sentence: `"daily" of 2026-11-28 02:00, 2026-11-27 02:00 and 3 older ones, in the time of …`. */
export function snapshotsInZone(
  newestFirst: readonly VirDomainSnapshot[],
  zone: ZonedTime
): string {
  const listed = newestFirst
    .slice(0, maxListed)
    .map((each) => (each.label.trim() === '' ? minuteOf(each, zone) : snapshotInZone(each, zone)))
  const older = newestFirst.length - listed.length
  return `${listed.join(', ')}${older > 0 ? ` and ${older} older ones` : ''}, in the time of ${zone.zone}`
}

/** Why nothing can be created from a snapshot; undefined where something can. */
export const whyUnusable = ({ unavailable, state }: VirDomainSnapshot): string | undefined =>
  unavailable ? 'unavailable' : state === 'CREATED' ? undefined : state

/** What the details of a VM say of one snapshot. */
export const snapshotInShort = ({ uuid, label, type, timestamp }: VirDomainSnapshot) => ({
  uuid,
  label,
  type,
  takenAt: formatTime(timestamp),
  age: formatAge(timestamp)
})

export type SnapshotInShort = ReturnType<typeof snapshotInShort>

/** A snapshot as a line of Markdown. */
export const snapshotLine = ({ label, uuid, timestamp, type }: VirDomainSnapshot): string =>
  `- snapshot ${quoteName(label)}, uuid ${uuid}, taken ${formatTime(timestamp)}, ${type}`
