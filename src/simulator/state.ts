import type {
  Cluster,
  Condition,
  Drive,
  ISO,
  Node,
  Role,
  User,
  VirDomain,
  VirDomainReplication,
  VirDomainSnapshot,
  VirDomainSnapshotSchedule,
  VirDomainState,
  VirtualDisk
} from '../hypercore/records/records.ts'
import type { UpdateStatus } from './update-status.ts'

/** Labels of a VM or a disk: values in base64 by key. */
export type Labels = Record<string, { value: string }>

/** A user with what the API never shows. */
export interface StoredUser extends User {
  password: string
}

/** Where the power actions that were accepted lead to. */
export interface Outlook {
  state: VirDomainState
  /** True if one of them ends in another state than RUNNING, were it only for a while. */
  interrupted: boolean
}

/** What a guest does that the API shows only indirectly. */
export interface Guest {
  /** FACTS 5.6: a guest may ignore the ACPI shutdown; the VM then stays RUNNING. */
  ignoresAcpi: boolean
  /** Whether an operating system came up when the VM was switched on; without one nothing listens. */
  booted: boolean
  /**
   * Memory and CPUs it was switched on with: what was changed since waits for the next start
   * (FACTS 24, medium). Undefined while the VM is off.
   */
  runsWith: { mem: number; numVCPU: number } | undefined
  /** Milliseconds the guest needs to shut down. */
  shutdownMs: number
  /** How busy the guest is, 0 to 1; the live statistics are drawn from it. */
  load: number
  /** Whether the guest agent answers while the guest runs: addresses and mount points come from it. */
  hasAgent: boolean
  /** Node whose memory a starting or migrating VM already claims; `""` when none. */
  reservedNodeUUID: string
  /** Known while a power task waits or runs. */
  expected: Outlook | undefined
}

/** What an export left in an archive, for a later import of the same path. */
export interface ExportedVM {
  definitionFileName: string
  domain: VirDomain
  guest: Guest
}

/** A settings record (FACTS 16) by uuid; its fields are those of its schema in the catalog. */
export type SettingsRecord = Record<string, unknown> & { uuid: string }

/**
 * Everything the simulated cluster knows. Handlers change it; it holds no behaviour of its own, and
 * nothing in it knows HTTP. Block and net devices live in their VM, drives in their node's record
 * and here.
 */
export interface ClusterState {
  cluster: Cluster
  nodes: Map<string, Node>
  drives: Map<string, Drive>
  conditions: Condition[]
  users: Map<string, StoredUser>
  roles: Map<string, Role>
  virDomains: Map<string, VirDomain>
  guests: Map<string, Guest>
  snapshots: Map<string, VirDomainSnapshot>
  snapshotSchedules: Map<string, VirDomainSnapshotSchedule>
  replications: Map<string, VirDomainReplication>
  remoteClusterConnections: Map<string, Record<string, unknown> & { uuid: string }>
  isos: Map<string, ISO>
  /** uuids of the ISOs that an operating system starts from. */
  bootableIsos: Set<string>
  /** What came in, by uuid of the ISO or disk image. */
  uploads: Map<string, { bytes: number; sha256: string }>
  virtualDisks: Map<string, VirtualDisk>
  /** DNSConfig, TimeSource, TimeZone, Alert…, OIDCConfig, Registration, MonitoringConfig, NucleusKey. */
  settings: Map<string, Map<string, SettingsRecord>>
  /** Labels of VMs and disks by uuid, and VMs that are marked as not runnable: from 9.7.1 on. */
  labels: Map<string, Labels>
  notRunnable: Set<string>
  updates: Record<string, unknown>[]
  /** What an update before this start has left in the file of each node. */
  earlierUpdate: UpdateStatus | undefined
  /** Serial of the cluster's storage, used in snapshot serial numbers and MAC addresses. */
  counters: { mac: number; vncPort: number }
  /** Exported VMs by folder: `host/path` without scheme, user and password. */
  exports: Map<string, ExportedVM[]>
}
