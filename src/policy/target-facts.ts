import type { Judgement, JudgedTarget } from '../catalog/effects/judge.ts'
import type { ClusterApi } from '../hypercore/cluster-api.ts'
import { splitTags } from '../hypercore/tags.ts'
import { isObject } from '../lib/json.ts'
import { mixedScripts, revealHidden } from '../lib/visible-text.ts'
import type { PlanTarget, PlanTargetVm } from './plan.ts'
import { ownerIn } from './vms-touched.ts'

/** What is known of a target, and what tells that it is still the same. */
export interface TargetFacts {
  target: PlanTarget
  /** Whole, for `before`; undefined where the cluster has no such record. */
  record: Record<string, unknown> | undefined
  fingerprint: unknown
}

/** Of more targets only the first are looked at one by one: nobody reads further. */
const maxDescribed = 50

/** Of more targets whole lists are read. */
const maxSingle = 3

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

/** What tells an object from others of its kind, as people know it. */
function nameOf(record: Record<string, unknown> | undefined): string | undefined {
  const named = ['name', 'label', 'clusterName', 'macAddress'].map((field) => textOf(record, field))
  const { type, slot } = record ?? {}
  const place = typeof type === 'string' && typeof slot === 'number' ? `${type} ${slot}` : undefined
  return named.find((name) => name !== undefined) ?? place
}

/** What a person sees of a record of its own, or of the VM that it is of. */
function shownOf(
  uuid: string,
  record: Record<string, unknown> | undefined
): Omit<PlanTarget, 'entity' | 'loses' | 'vm'> {
  const name = nameOf(record)
  return {
    uuid,
    name: name === undefined ? undefined : revealHidden(name),
    deceptive: name === undefined ? '' : deceptionOf(name),
    state: textOf(record, 'state'),
    tags: splitTags(textOf(record, 'tags') ?? '')
  }
}

/** A VM that waits for its disk runs all the same. */
const stateIn = (record: Record<string, unknown> | undefined): string => {
  const state = textOf(record, 'state') ?? ''
  return state === 'BLOCKED' ? 'RUNNING' : state
}

/** What a record must be as it was, so that what a person has seen still holds. */
const printOf = (record: Record<string, unknown> | undefined): unknown[] => [
  record !== undefined,
  nameOf(record) ?? '',
  stateIn(record),
  splitTags(textOf(record, 'tags') ?? ''),
  listOf(record?.['snapUUIDs']),
  listOf(record?.['replicationUUIDs']),
  record?.['capacity'] ?? record?.['capacityBytes'] ?? 0,
  listOf(record?.['blockDevs'])
    .filter(isObject)
    .filter(({ type }) => type !== 'IDE_CDROM')
    .map(({ uuid, capacity }) => [uuid, capacity])
]

function factsOf(
  { entity, uuid }: JudgedTarget,
  record: Record<string, unknown> | undefined,
  vm: { uuid: string; record: Record<string, unknown> | undefined } | undefined,
  isLost: boolean
): TargetFacts {
  const owner: PlanTargetVm | undefined = vm && shownOf(vm.uuid, vm.record)
  return {
    record,
    target: {
      entity,
      ...shownOf(uuid, record),
      loses: isLost && record !== undefined ? lossesOf(entity, record) : [],
      vm: owner
    },
    fingerprint: [
      entity,
      uuid,
      printOf(record),
      // Of its disks and snapshots the target alone counts.
      ...(vm === undefined ? [] : [vm.uuid, owner?.name ?? '', stateIn(vm.record), owner?.tags])
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
  const isFew = targets.length <= maxSingle
  const lists = new Map<string, Promise<Record<string, unknown>[]>>()
  const find = async ({
    entity,
    uuid
  }: JudgedTarget): Promise<Record<string, unknown> | undefined> => {
    if (entity === '') return undefined
    if (uuid !== '' && isFew)
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
      const owner = record && ownerIn(target.entity, record)
      const vm =
        owner === undefined
          ? undefined
          : {
              uuid: owner,
              record: await find({ entity: 'VirDomain', uuid: owner }).catch(() => undefined)
            }
      return factsOf(target, record, vm, effect === 'lose')
    })
  )
}
