import { canonicalJson } from '../lib/json/canonical-json.ts'
import { always, isAnnounced } from '../tools/plan/announced.ts'
import { type FlatRecord, flatten } from '../hypercore/records/flat-records.ts'
import type { ClusterState } from '../simulator/state.ts'

/** A record under the name that people know it by. */
interface Named {
  name: string
  fields: Record<string, unknown>
}

/** What a schedule changes of a VM by taking its snapshots. */
const ofSnapshots = ['snapUUIDs', 'snapshotSerialNumber']

/** What follows from where VMs run, which their own records tell. */
const followsFromVms: Readonly<Record<string, readonly string[]>> = {
  Node: ['totalMemUsageBytes']
}

const list = <T>(map: Map<string, T>): T[] => [...map.values()]

function flatOf(state: ClusterState): Map<string, FlatRecord> {
  return new Map(
    flatten({
      VirDomain: list(state.virDomains),
      VirDomainSnapshot: list(state.snapshots),
      VirDomainSnapshotSchedule: list(state.snapshotSchedules),
      VirDomainReplication: list(state.replications),
      ISO: list(state.isos),
      VirtualDisk: list(state.virtualDisks),
      Node: list(state.nodes)
    })
  )
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

function nameOf({ entity, owner, at, record }: FlatRecord, state: ClusterState): string {
  const vm = state.virDomains.get(owner)?.name ?? owner
  if (entity === 'VirDomainBlockDevice')
    return `${entity} ${vm}/${text(record['type'])} ${String(record['slot'])}`
  if (entity === 'VirDomainNetDevice') return `${entity} ${vm}/${at}`
  if (entity === 'VirDomainSnapshot') return `${entity} ${vm}/${text(record['label'])}`
  if (entity === 'VirDomainReplication') return `${entity} ${vm}`
  return `${entity} ${text(record['name'] ?? record['lanIP'])}`
}

/** What is in a cluster beside VMs and what belongs to them: accounts, settings, archives. */
function othersOf(state: ClusterState): [string, Named][] {
  const named = (kind: string, entries: Iterable<[string, object]>): [string, Named][] =>
    [...entries].map(([id, fields]) => [
      `${kind} ${id}`,
      { name: `${kind} ${id}`, fields: { ...fields } }
    ])
  return [
    ...named('Cluster', [['', state.cluster]]),
    ...named('User', state.users),
    ...named('Role', state.roles),
    ...named('RemoteClusterConnection', state.remoteClusterConnections),
    ...named('Labels', state.labels),
    ...named('Export', state.exports),
    ...[...state.settings].flatMap(([kind, records]) => named(kind, records)),
    ...named('NotRunnable', [['', [...state.notRunnable]]])
  ]
}

/** A scheduled snapshot whose time was up. */
const hasExpired = ({ record }: FlatRecord, seconds: number): boolean => {
  const until = Number(record['localRetainUntilTimestamp'])
  return until > 0 && until <= seconds
}

/**
 * What differs between two moments of a cluster, in words: `+ VirDomainSnapshot web-01/label`,
 * `- VirDomain web-01`, `VirDomain web-01: mem`. All records are compared, but for what time alone
 * changes: times, load, what guests report, snapshots that a schedule takes or that expire.
 * @param seconds the cluster's time afterwards
 */
export function changesOf(before: ClusterState, after: ClusterState, seconds: number): string[] {
  const [was, is] = [flatOf(before), flatOf(after)]
  const found: string[] = []
  const scheduled = new Set<string>()
  for (const [uuid, each] of is)
    if (!was.has(uuid)) {
      const bySchedule = each.entity === 'VirDomainSnapshot' && each.record['type'] === 'AUTOMATED'
      if (bySchedule) scheduled.add(each.owner)
      else found.push(`+ ${nameOf(each, after)}`)
    }
  for (const [uuid, each] of was)
    if (!is.has(uuid)) {
      const byTime = each.entity === 'VirDomainSnapshot' && hasExpired(each, seconds)
      if (byTime) scheduled.add(each.owner)
      else found.push(`- ${nameOf(each, before)}`)
    }
  for (const [uuid, each] of was) {
    const now = is.get(uuid)
    if (now === undefined) continue
    const { entity } = each
    for (const field of fieldsThatDiffer(each.record, now.record)) {
      if (isAnnounced(entity, field, always)) continue
      if (followsFromVms[entity]?.includes(field) === true) continue
      if (scheduled.has(uuid) && ofSnapshots.includes(field)) continue
      found.push(`${nameOf(each, before)}: ${field}`)
    }
  }
  return [...found, ...changesOfOthers(new Map(othersOf(before)), new Map(othersOf(after)))]
}

function changesOfOthers(was: Map<string, Named>, is: Map<string, Named>): string[] {
  const found: string[] = []
  for (const [id, { name, fields }] of was) {
    const now = is.get(id)
    if (now === undefined) found.push(`- ${name}`)
    else
      for (const field of fieldsThatDiffer(fields, now.fields))
        if (field !== 'latestTaskTag') found.push(`${name}: ${field}`)
  }
  for (const [id, { name }] of is) if (!was.has(id)) found.push(`+ ${name}`)
  return found
}

const fieldsThatDiffer = (was: object, is: object): string[] =>
  [...new Set([...Object.keys(was), ...Object.keys(is)])].filter((field) => {
    const [a, b] = [was, is].map((each) => (each as Record<string, unknown>)[field] ?? null)
    return canonicalJson(a) !== canonicalJson(b)
  })
