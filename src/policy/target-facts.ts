import type { Judgement, JudgedTarget } from '../catalog/effects/judge.ts'
import type { ClusterApi } from '../hypercore/cluster-api.ts'
import { splitTags } from '../hypercore/records/tags.ts'
import { isObject } from '../lib/json/json.ts'
import { mixedScripts, revealHidden } from '../lib/text/visible-text.ts'
import { listOf, lossesOf, type LossWords } from './losses.ts'
import type { PlanTarget, PlanTargetVm } from './plan.ts'
import { ownerIn } from './vms-touched.ts'

/** What is known of a target, and what tells that it is still the same. */
export interface TargetFacts {
  target: PlanTarget
  /** Whole, for `before`; undefined where the cluster has no such record. */
  record: Record<string, unknown> | undefined
  fingerprint: unknown
}

/** Of more targets only the first are looked at one by one: no approver reads further. */
const maxDescribed = 50

/** Of more targets whole lists are read. */
const maxSingle = 3

/** What about a name could deceive its reader. */
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
  lossWords: LossWords | undefined
): TargetFacts {
  const owner: PlanTargetVm | undefined = vm && shownOf(vm.uuid, vm.record)
  return {
    record,
    target: {
      entity,
      ...shownOf(uuid, record),
      loses: record === undefined ? [] : (lossWords?.(lossesOf(entity, record)) ?? []),
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

/**
 * What a request acts on, as the cluster has it now.
 * @param lossWords names what would be lost with a target
 */
export async function readTargets(
  cluster: ClusterApi,
  { targets, effect }: Judgement,
  lossWords: LossWords,
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
      return factsOf(target, record, vm, effect === 'lose' ? lossWords : undefined)
    })
  )
}
