import { canonicalJson } from '../../lib/json/canonical-json.ts'
import { isObject } from '../../lib/json/json.ts'
import { isAnnounced, placementFields, type Announced } from './announced.ts'
import type { FlatEntity, FlatRecord, FlatRecords } from '../../hypercore/records/flat-records.ts'
import { uuidsInText } from '../../lib/text/uuid.ts'

/** What was predicted, and what is known of how it came. */
export interface Comparison {
  /** As it was before the plan. */
  before: FlatRecords
  /** The same as the copy has it, whose records are always whole. */
  copy: FlatRecords
  /** As the trial left its copy. */
  predicted: FlatRecords
  /** As the cluster is now. */
  fact: FlatRecords
  /** What the uuids that the trial made became in the cluster, as far as that is known. */
  real: ReadonlyMap<string, string>
  announced: readonly Announced[]
  /** VMs that the plan starts without naming a node, by their uuids in the trial. */
  startedAnywhere: ReadonlySet<string>
}

/** Something that came otherwise than it was predicted. */
export interface Difference {
  entity: FlatEntity
  /** In the cluster; of what is not there, in the trial. */
  uuid: string
  /** `''` for a record that is there in one of them only. */
  field: string
  predicted: unknown
  fact: unknown
}

const configurationDisk = /^cloud-init-[0-9a-f]{8}\.iso$/
/** What tells apart what the bridge names by the time of a call. */
const stamps = /\d{8}-\d{6}-[0-9a-f]{8}/g

/** A value with uuids as the cluster has them. */
function translated(value: unknown, real: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string')
    return configurationDisk.test(value)
      ? 'cloud-init'
      : value.replaceAll(uuidsInText, (uuid) => real.get(uuid) ?? uuid).replaceAll(stamps, 'stamp')
  if (Array.isArray(value)) return value.map((each) => translated(each, real))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, translated(each, real)])
  )
}

/** What of a record within another is as fleeting as the record itself. */
function withoutAnnounced(
  entity: FlatEntity,
  record: Record<string, unknown>,
  announced: readonly Announced[]
): Record<string, unknown> {
  const kept = Object.entries(record).filter(([field]) => !isAnnounced(entity, field, announced))
  return Object.fromEntries(
    kept.map(([field, value]) => {
      if (entity === 'VirDomainSnapshot' && field === 'domain' && isObject(value))
        return [field, withoutAnnounced('VirDomain', value, announced)]
      const inner = innerEntity[field]
      if (Array.isArray(value) && inner !== undefined)
        return [field, (value as unknown[]).map((each) => innerRecord(inner, each, announced))]
      return [field, value]
    })
  )
}

type InnerEntity = FlatEntity | 'deviceSnapshot' | 'rrule'

const innerEntity: Partial<Record<string, InnerEntity>> = {
  blockDevs: 'VirDomainBlockDevice',
  netDevs: 'VirDomainNetDevice',
  deviceSnapshots: 'deviceSnapshot',
  rrules: 'rrule'
}

/** What is fleeting within another record alone. */
const innerAnnounced: Partial<Record<InnerEntity, ReadonlySet<string>>> = {
  deviceSnapshot: new Set(['timestamp', 'blockCountDiff', 'identifier', 'checksum']),
  rrule: new Set(['uuid']),
  // The cluster gives the addresses of what it creates, and a snapshot keeps them.
  VirDomainNetDevice: new Set(['macAddress'])
}

function innerRecord(inner: InnerEntity, value: unknown, announced: readonly Announced[]): unknown {
  if (!isObject(value)) return value
  const record =
    inner === 'deviceSnapshot' || inner === 'rrule'
      ? value
      : withoutAnnounced(inner, value, announced)
  const fleeting = innerAnnounced[inner]
  if (fleeting === undefined) return record
  return Object.fromEntries(Object.entries(record).filter(([field]) => !fleeting.has(field)))
}

const isSnapshot = ({ entity }: FlatRecord): boolean => entity === 'VirDomainSnapshot'

/** A snapshot that a schedule takes or takes away. */
const isScheduled = ({ record }: FlatRecord): boolean =>
  record['type'] === 'AUTOMATED' || Number(record['localRetainUntilTimestamp']) > 0

/** A snapshot that was just being taken, or taken away, when the trial began. */
const isInProgress = (each: FlatRecord): boolean =>
  isSnapshot(each) && isScheduled(each) && each.record['state'] !== 'CREATED'

/** What others change of a VM by taking its snapshots, or taking them away. */
const ofSnapshots: readonly string[] = ['snapUUIDs', 'snapshotSerialNumber']

/** A snapshot without what is not shown of its VM. */
function withoutVmFields(
  snapshot: Record<string, unknown>,
  fields: readonly string[]
): Record<string, unknown> {
  const { domain, deviceSnapshots, ...rest } = snapshot
  const inner = isObject(domain) ? Object.entries(domain) : []
  return {
    ...rest,
    domain: Object.fromEntries(inner.filter(([field]) => !fields.includes(field))),
    // Numbered by the snapshots before it.
    ...(!fields.includes('snapshotSerialNumber') && { deviceSnapshots })
  }
}

/** By what a record that the trial made is found again among those that the cluster made. */
const mark = ({ entity, at, record }: FlatRecord): unknown[] => {
  if (entity === 'VirDomainBlockDevice') return [entity, record['type'], record['slot']]
  if (entity === 'VirDomainNetDevice') return [entity, at]
  return [entity, record['name'] ?? record['label'] ?? '']
}

/**
 * What every uuid of the trial is in the cluster: what is not known yet is found by its VM and its place
 * or name in it.
 */
export function aligned({
  before,
  predicted,
  fact,
  real
}: Pick<Comparison, 'before' | 'predicted' | 'fact' | 'real'>): Map<string, string> {
  const known = new Map(real)
  const taken = new Set(known.values())
  const fresh = [...fact.values()].filter(({ uuid }) => !before.has(uuid))
  for (const made of predicted.values()) {
    if (before.has(made.uuid) || known.has(made.uuid)) continue
    const owner = known.get(made.owner) ?? made.owner
    const wanted = canonicalJson(translated(mark(made), known))
    const found = fresh.find(
      (each) =>
        !taken.has(each.uuid) &&
        each.owner === owner &&
        canonicalJson(translated(mark(each), known)) === wanted
    )
    if (found === undefined) continue
    known.set(made.uuid, found.uuid)
    taken.add(found.uuid)
  }
  for (const made of predicted.values()) {
    const is = fact.get(known.get(made.uuid) ?? made.uuid)
    if (!isSnapshot(made) || before.has(made.uuid) || is === undefined) continue
    for (const [uuid, other] of pairedDevices(made, is))
      if (!before.has(uuid) && !known.has(uuid)) known.set(uuid, other)
  }
  return known
}

/** Devices as a snapshot keeps them: a plan deletes some of what it creates before it ends. */
function pairedDevices(made: FlatRecord, is: FlatRecord): [made: string, is: string][] {
  return ['blockDevs', 'netDevs'].flatMap((list) => {
    const [ours, theirs] = [made, is].map(({ record }): unknown[] => {
      const devices = isObject(record['domain']) ? record['domain'][list] : undefined
      return Array.isArray(devices) ? (devices as unknown[]) : []
    })
    return (ours ?? []).flatMap((each, at): [string, string][] => {
      const other = theirs?.[at]
      return isObject(each) && isObject(other)
        ? [[String(each['uuid']), String(other['uuid'])]]
        : []
    })
  })
}

/** What the plan changes as it was predicted, and the rest as it was. */
function expectedOf(
  { record }: FlatRecord,
  before: FlatRecord | undefined,
  copy: FlatRecord | undefined
): Record<string, unknown> {
  if (before === undefined || copy === undefined) return record
  const changed = Object.entries(record).filter(
    ([field, value]) => canonicalJson(value) !== canonicalJson(copy.record[field] ?? null)
  )
  return { ...before.record, ...Object.fromEntries(changed) }
}

/** What came otherwise than it was predicted, but for what was announced. */
export function differences(comparison: Comparison): Difference[] {
  const { before, copy, predicted, fact, announced, startedAnywhere } = comparison
  const known = aligned(comparison)
  const found: Difference[] = []
  const seen = new Set<string>()
  /** VMs whose snapshots others have taken, or taken away. */
  const othersAt = new Set<string>()
  const missing: FlatRecord[] = []
  for (const made of predicted.values()) {
    const uuid = known.get(made.uuid) ?? made.uuid
    seen.add(uuid)
    if (isInProgress(made)) othersAt.add(known.get(made.owner) ?? made.owner)
    if (fact.has(uuid)) continue
    if (isSnapshot(made) && isScheduled(made)) othersAt.add(known.get(made.owner) ?? made.owner)
    else missing.push(made)
  }
  const extra = [...fact.values()].filter(({ uuid }) => !seen.has(uuid))
  for (const each of extra)
    if (isSnapshot(each) && isScheduled(each)) othersAt.add(each.owner)
    else
      found.push({
        entity: each.entity,
        uuid: each.uuid,
        field: '',
        predicted: undefined,
        fact: each.record
      })
  for (const { entity, uuid, record } of missing)
    found.push({ entity, uuid, field: '', predicted: record, fact: undefined })
  for (const made of predicted.values()) {
    const is = fact.get(known.get(made.uuid) ?? made.uuid)
    if (is === undefined || isInProgress(made)) continue
    const { entity, uuid } = is
    const expected = expectedOf(made, before.get(made.uuid), copy.get(made.uuid))
    const wanted = translated(withoutAnnounced(entity, expected, announced), known)
    const came = translated(withoutAnnounced(entity, is.record, announced), new Map())
    const untold = [
      ...(startedAnywhere.has(made.owner) ? placementFields : []),
      ...(othersAt.has(is.owner) ? ofSnapshots : [])
    ]
    const [a, b] = [wanted, came].map((each) =>
      isSnapshot(is)
        ? withoutVmFields(each as Record<string, unknown>, untold)
        : (each as Record<string, unknown>)
    ) as [Record<string, unknown>, Record<string, unknown>]
    for (const field of new Set([...Object.keys(a), ...Object.keys(b)])) {
      if (startedAnywhere.has(made.uuid) && placementFields.includes(field)) continue
      // The cluster gives the addresses of what it creates.
      if (field === 'macAddress' && !before.has(made.uuid)) continue
      if (othersAt.has(uuid) && ofSnapshots.includes(field)) continue
      if (canonicalJson(a[field] ?? null) === canonicalJson(b[field] ?? null)) continue
      found.push({ entity, uuid, field, predicted: a[field], fact: b[field] })
    }
  }
  return found
}
