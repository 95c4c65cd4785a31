import { isObject } from '../lib/json/json.ts'
import { sum } from '../lib/sum.ts'

/** What would be lost with a record. */
export type Losses =
  /** A VM: its disks that hold data and their bytes, its snapshots, its replications. */
  | { kind: 'vm'; disks: number; bytes: number; snapshots: number; replications: number }
  /** A disk or a disk image; without bytes where the cluster does not tell them. */
  | { kind: 'data'; bytes: number | undefined }
  /** A snapshot: the state that its VM had. */
  | { kind: 'snapshot' }
  | { kind: 'nothing' }

/** Names what would be lost; empty where that is nothing. */
export type LossWords = (losses: Losses) => string[]

export const listOf = (value: unknown): unknown[] =>
  Array.isArray(value) ? (value as unknown[]) : []

/** What would be lost with a record of an entity. */
export function lossesOf(entity: string, record: Record<string, unknown>): Losses {
  switch (entity) {
    case 'VirDomain': {
      const disks = listOf(record['blockDevs']).filter(isObject)
      const held = disks.filter(({ type }) => type !== 'IDE_CDROM')
      return {
        kind: 'vm',
        disks: held.length,
        bytes: sum(held, ({ capacity }) => Number(capacity) || 0),
        snapshots: listOf(record['snapUUIDs']).length,
        replications: listOf(record['replicationUUIDs']).length
      }
    }
    case 'VirDomainBlockDevice':
    case 'VirtualDisk': {
      const bytes = Number(record['capacity'] ?? record['capacityBytes'])
      return { kind: 'data', bytes: Number.isFinite(bytes) ? bytes : undefined }
    }
    case 'VirDomainSnapshot':
      return { kind: 'snapshot' }
    default:
      return { kind: 'nothing' }
  }
}
