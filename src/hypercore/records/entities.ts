import type {
  Cluster,
  Condition,
  Drive,
  ISO,
  Node,
  Role,
  TaskTagStatus,
  Update,
  User,
  VirDomain,
  VirDomainNetDevice,
  VirDomainReplication,
  VirDomainSnapshot,
  VirDomainSnapshotSchedule,
  VirDomainStats,
  VirtualDisk
} from './records.ts'

/** What each list of the cluster holds, by its path below `/rest/v1`. */
export interface Entities {
  '/Cluster': Cluster
  '/Condition/filter': Condition
  '/Drive': Drive
  '/ISO': ISO
  '/Node': Node
  '/Role': Role
  '/TaskTag': TaskTagStatus
  '/Update': Update
  '/User': User
  '/VirDomain': VirDomain
  '/VirDomainNetDevice': VirDomainNetDevice
  '/VirDomainReplication': VirDomainReplication
  '/VirDomainSnapshot': VirDomainSnapshot
  '/VirDomainSnapshotSchedule': VirDomainSnapshotSchedule
  '/VirDomainStats': VirDomainStats
  '/VirtualDisk': VirtualDisk
}

/** A list whose records are typed. */
export type EntityPath = keyof Entities
