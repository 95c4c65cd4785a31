import { recordEntities, type RecordLists } from './cluster-records.ts'
import type { JsonObject } from '../../lib/json/json.ts'

/** What a record is of. Devices count as records of their own, as their paths do. */
export type FlatEntity = keyof RecordLists | 'VirDomainBlockDevice' | 'VirDomainNetDevice'

/** One record of a cluster. */
export interface FlatRecord {
  entity: FlatEntity
  uuid: string
  /** The VM it belongs to; empty for none. */
  owner: string
  /** Its place among the devices of its VM. */
  at: number
  record: JsonObject
}

/** All records by uuid. */
export type FlatRecords = ReadonlyMap<string, FlatRecord>

/** The VM that a record belongs to. */
const ownerOf = (record: Record<string, unknown>): string => {
  const owner = record['domainUUID'] ?? record['sourceDomainUUID']
  return typeof owner === 'string' ? owner : ''
}

/** Every record by its uuid; those of a VM without the devices in it. */
export function flatten(lists: RecordLists): FlatRecords {
  const flat = new Map<string, FlatRecord>()
  const add = (entity: FlatEntity, record: object, owner: string, at = 0): void => {
    const { uuid } = record as { uuid: string }
    flat.set(uuid, { entity, uuid, owner, at, record: record as JsonObject })
  }
  for (const { blockDevs, netDevs, ...vm } of lists.VirDomain) {
    add('VirDomain', vm, '')
    for (const [at, device] of blockDevs.entries()) add('VirDomainBlockDevice', device, vm.uuid, at)
    for (const [at, device] of netDevs.entries()) add('VirDomainNetDevice', device, vm.uuid, at)
  }
  for (const entity of recordEntities)
    if (entity !== 'VirDomain')
      for (const record of lists[entity])
        add(entity, record, ownerOf(record as unknown as Record<string, unknown>))
  return flat
}

/**
 * Keeps the records of a cluster that continues changing, from moment to moment: what has not changed is the
 * same object in all of them.
 */
export class RecordHistory {
  #last = new Map<string, { text: string; kept: FlatRecord }>()

  /** The records as they are now. */
  take(lists: RecordLists): FlatRecords {
    const now = new Map<string, { text: string; kept: FlatRecord }>()
    for (const [uuid, each] of flatten(lists)) {
      const text = JSON.stringify(each)
      const last = this.#last.get(uuid)
      now.set(uuid, last?.text === text ? last : { text, kept: JSON.parse(text) as FlatRecord })
    }
    this.#last = now
    return new Map([...now].map(([uuid, { kept }]) => [uuid, kept]))
  }
}

/** A record before and after; undefined where it is not there. */
export interface Change {
  before: FlatRecord | undefined
  after: FlatRecord | undefined
}

/** The records that are not the same any more, of two moments of one history. */
export function changesBetween(before: FlatRecords, after: FlatRecords): Change[] {
  const changes: Change[] = []
  for (const [uuid, was] of before) {
    const is = after.get(uuid)
    if (is !== was) changes.push({ before: was, after: is })
  }
  for (const [uuid, is] of after)
    if (!before.has(uuid)) changes.push({ before: undefined, after: is })
  return changes
}
