import type { JsonObject } from '../../lib/json/json.ts'
import type {
  Cluster,
  ISO,
  Node,
  VirDomain,
  VirDomainReplication,
  VirDomainSnapshot,
  VirDomainSnapshotSchedule,
  VirtualDisk
} from './records.ts'

/** The lists that writes to VMs, and to what belongs to them, can change. Devices are in their VM. */
export interface RecordLists {
  VirDomain: VirDomain[]
  VirDomainSnapshot: VirDomainSnapshot[]
  VirDomainSnapshotSchedule: VirDomainSnapshotSchedule[]
  VirDomainReplication: VirDomainReplication[]
  ISO: ISO[]
  VirtualDisk: VirtualDisk[]
  Node: Node[]
}

export const recordEntities = [
  'VirDomain',
  'VirDomainSnapshot',
  'VirDomainSnapshotSchedule',
  'VirDomainReplication',
  'ISO',
  'VirtualDisk',
  'Node'
] as const satisfies readonly (keyof RecordLists)[]

/** All of a cluster that a copy of it is built from, as it was read. */
export interface ClusterRecords {
  cluster: Cluster
  lists: RecordLists
  /** Other clusters that VMs are replicated to; they are never changed. */
  connections: (JsonObject & { uuid: string })[]
}
