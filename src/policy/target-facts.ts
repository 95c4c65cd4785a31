import type { Judgement, JudgedTarget } from '../catalog/effects/judge.ts'
import type { ClusterApi } from '../hypercore/cluster-api.ts'
import { splitTags } from '../hypercore/tags.ts'
import { isObject } from '../lib/json.ts'
import { mixedScripts, revealHidden } from '../lib/visible-text.ts'
import type { PlanTarget } from './plan.ts'

/** What is known of a target, and what tells that it is still the same. */
export interface TargetFacts {
  target: PlanTarget
  /** Whole, for `before`; undefined where the cluster has no such record. */
  record: Record<string, unknown> | undefined
  fingerprint: unknown
}

/** Of more targets only the first are looked at one by one: nobody reads further. */
const maxDescribed = 50

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : [])

const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`

const gib = (bytes: number): string => `${Math.round((bytes / 1024 ** 3) * 10) / 10} GiB`

/** What would be gone with a record. */
function lossesOf(entity: string, record: Record<string, unknown>): string[] {
  if (entity === 'VirDomain') {
    const disks = listOf(record['blockDevs']).filter(isObject)
    const held = disks.filter(({ type }) => type !== 'IDE_CDROM')
    const bytes = held.reduce((sum, { capacity }) => sum + (Number(capacity) || 0), 0)
    const snapshots = listOf(record['snapUUIDs']).length
    const replicas = listOf(record['replicationUUIDs']).length
    return [
      ...(held.length > 0 ? [`${plural(held.length, 'disk')}, ${gib(bytes)}`] : []),
      ...(snapshots > 0 ? [plural(snapshots, 'snapshot')] : []),
      ...(replicas > 0 ? [plural(replicas, 'replication')] : [])
    ]
  }
  if (entity === 'VirDomainBlockDevice' || entity === 'VirtualDisk') {
    const bytes = Number(record['capacity'] ?? record['capacityBytes'])
    return Number.isFinite(bytes) ? [`the data on it, ${gib(bytes)}`] : ['the data on it']
  }
  if (entity === 'VirDomainSnapshot') return ['the state of the VM at that time']
  return []
}

/** What about a name could deceive whoever reads it. */
function deceptionOf(name: string): string {
  const scripts = mixedScripts(name)
  const parts = [
    ...(scripts.length > 0 ? [`mixes ${scripts.join(' and ')} letters`] : []),
    ...(revealHidden(name) === name ? [] : ['holds characters that are not seen']),
    ...(name === name.trim() ? [] : ['begins or ends with whitespace'])
  ]
  return parts.join(', ')
}

const textOf = (record: Record<string, unknown> | undefined, field: string): string | undefined => {
  const value = record?.[field]
  return typeof value === 'string' && value !== '' ? value : undefined
}

function factsOf(
  { entity, uuid }: JudgedTarget,
  record: Record<string, unknown> | undefined,
  isLost: boolean
): TargetFacts {
  const name =
    textOf(record, 'name') ?? textOf(record, 'label') ?? textOf(record, 'clusterName') ?? undefined
  const tags = splitTags(textOf(record, 'tags') ?? '')
  const state = textOf(record, 'state')
  return {
    record,
    target: {
      entity,
      uuid,
      name: name === undefined ? undefined : revealHidden(name),
      deceptive: name === undefined ? '' : deceptionOf(name),
      state,
      tags,
      loses: isLost && record !== undefined ? lossesOf(entity, record) : []
    },
    fingerprint: [
      entity,
      uuid,
      record !== undefined,
      name ?? '',
      state ?? '',
      tags,
      listOf(record?.['snapUUIDs']),
      listOf(record?.['replicationUUIDs'])
    ]
  }
}

/** What a request acts on, as the cluster has it now. */
export async function readTargets(
  cluster: ClusterApi,
  { targets, effect }: Judgement,
  signal?: AbortSignal
): Promise<TargetFacts[]> {
  const options = { ...(signal && { signal }) }
  const lists = new Map<string, Promise<Record<string, unknown>[]>>()
  const count = (entity: string): number =>
    targets.filter((target) => target.entity === entity).length
  const find = async ({
    entity,
    uuid
  }: JudgedTarget): Promise<Record<string, unknown> | undefined> => {
    if (entity === '') return undefined
    if (uuid !== '' && count(entity) <= 3)
      return (await cluster.recordsAt(`/${entity}/${encodeURIComponent(uuid)}`, options))[0]
    const list = lists.get(entity) ?? cluster.recordsAt(`/${entity}`, options)
    lists.set(entity, list)
    const records = await list
    if (uuid === '') return records.length === 1 ? records[0] : undefined
    return records.find((record) => String(record['uuid']).toLowerCase() === uuid)
  }
  return Promise.all(
    targets.slice(0, maxDescribed).map(async (target) => {
      // What has no list of its own is described by its uuid alone.
      const record = await find(target).catch(() => undefined)
      return factsOf(target, record, effect === 'lose')
    })
  )
}
