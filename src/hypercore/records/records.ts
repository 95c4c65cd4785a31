/**
 * Records of the HyperCore API as they stand on the wire (9.4 document, FACTS 4 to 16: S).
 * Sizes are bytes, times Unix seconds (conditions: milliseconds), "no reference" is `""`.
 */

/** What every write returns (FACTS 3.2). Both keys are always there; `""` means none. */
export interface WriteResult {
  taskTag: string
  createdUUID: string
}

export type TaskState = 'UNINITIALIZED' | 'QUEUED' | 'RUNNING' | 'COMPLETE' | 'ERROR'

/** FACTS 4. `formattedDescription` and `formattedMessage` hold `%@` slots for the parameters. */
export interface TaskTagStatus {
  taskTag: string
  progressPercent: number
  state: TaskState
  formattedDescription: string
  descriptionParameters: string[]
  formattedMessage: string
  messageParameters: string[]
  objectUUID: string
  created: number
  modified: number
  completed: number
  sessionID: string
  nodeUUIDs: string[]
}

export type VirDomainState = 'RUNNING' | 'BLOCKED' | 'PAUSED' | 'SHUTDOWN' | 'SHUTOFF' | 'CRASHED'
export type VirDomainUIState = VirDomainState | 'STARTING' | 'PAUSING' | 'STOPPING' | 'MIGRATING'
export type VirDomainActionType =
  'START' | 'SHUTDOWN' | 'STOP' | 'PAUSE' | 'REBOOT' | 'RESET' | 'LIVEMIGRATE' | 'NMI'

export interface VirDomainBlockDevice {
  uuid: string
  virDomainUUID: string
  type: 'IDE_DISK' | 'SCSI_DISK' | 'VIRTIO_DISK' | 'IDE_CDROM' | 'IDE_FLOPPY' | 'NVRAM' | 'VTPM'
  cacheMode: 'NONE' | 'WRITEBACK' | 'WRITETHROUGH'
  capacity: number
  allocation: number
  physical: number
  shareUUID: string
  path: string
  slot: number
  name: string
  disableSnapshotting: boolean
  tieringPriorityFactor: number
  mountPoints: string[]
  createdTimestamp: number
  readOnly: boolean
}

export interface VirDomainNetDevice {
  uuid: string
  virDomainUUID: string
  type: 'RTL8139' | 'INTEL_E1000' | 'VIRTIO' | 'PCNET'
  macAddress: string
  vlan: number
  connected: boolean
  ipv4Addresses: string[]
}

export interface VirDomain {
  uuid: string
  nodeUUID: string
  name: string
  description: string
  operatingSystem: string
  state: VirDomainState
  desiredDisposition: 'SHUTOFF' | 'RUNNING' | 'PAUSED'
  console: { type: 'VNC'; ip: string; port: number; keymap: string }
  mem: number
  numVCPU: number
  blockDevs: VirDomainBlockDevice[]
  netDevs: VirDomainNetDevice[]
  deprecated_stats: { type: string; currentValue: number; maxValue: number }[]
  created: number
  modified: number
  latestTaskTag: TaskTagStatus
  tags: string
  bootDevices: string[]
  uiState: VirDomainUIState
  snapUUIDs: string[]
  snapshotSerialNumber: number
  replicationUUIDs: string[]
  sourceVirDomainUUID: string
  snapshotListSerialNumber: number
  snapshotScheduleUUID: string
  machineType: string
  machineTypeKeyword: string
  cpuType: string
  snapshotAllocationBlocks: number
  guestAgentState: 'UNKNOWN' | 'UNAVAILABLE' | 'AVAILABLE'
  lastSeenRunningOnNodeUUID: string
  isTransient: boolean
  affinityStrategy: { strictAffinity: boolean; preferredNodeUUID: string; backupNodeUUID: string }
  vsdUUIDsToDelete: string[]
  cloudInitData: { userData: string; metaData: string }
  initialCloneSnapshotUUID: string
}

export interface VirDomainSnapshot {
  uuid: string
  domainUUID: string
  timestamp: number
  label: string
  domain: VirDomain
  deviceSnapshots: {
    uuid: string
    timestamp: number
    serialNumber: number
    blockCountDiff: number
    identifier: string
    checksum: string
  }[]
  unavailable: boolean
  type: 'USER' | 'AUTOMATED' | 'SUPPORT'
  blockCountDiff: number
  automatedTriggerTimestamp: number
  localRetainUntilTimestamp: number
  remoteRetainUntilTimestamp: number
  blockCountDiffFromSerialNumber: number
  state: 'CREATING' | 'CREATED' | 'DELETING'
  quiesced: boolean
  replication: boolean
}

export interface VirDomainSnapshotSchedule {
  uuid: string
  name: string
  rrules: {
    uuid: string
    name: string
    dtstart: string
    rrule: string
    localRetentionDurationSeconds: number
    remoteRetentionDurationSeconds: number
    replication: boolean
  }[]
}

export interface VirDomainReplication {
  uuid: string
  sourceDomainUUID: string
  targetDomainUUID: string
  connectionUUID: string
  enable: boolean
  label: string
  deprecated_sourceVSDInitialSerialNumber: number
  progress: {
    valid: number
    snapshotFrom: VirDomainSnapshot
    snapshotTo: VirDomainSnapshot
    blockCountDiff: number
    blockCountSent: number
    percentComplete: number
  }
}

/** Rates are thousandths of operations per second, KiB/s, bytes, microseconds (FACTS 10: S). */
export interface VirDomainStats {
  uuid: string
  cpuUsage: number
  rxBitRate: number
  txBitRate: number
  vsdStats: {
    uuid: string
    rates: {
      decaySeconds: number
      millireadsPerSecond: number
      milliwritesPerSecond: number
      readKibibytesPerSecond: number
      writeKibibytesPerSecond: number
      meanReadSizeBytes: number
      meanWriteSizeBytes: number
      meanReadLatencyMicroseconds: number
      meanWriteLatencyMicroseconds: number
    }[]
  }[]
}

export interface ISO {
  uuid: string
  name: string
  size: number
  mounts: { vmUUID: string; vmName: string }[]
  readyForInsert: boolean
  path: string
}

export interface VirtualDisk {
  uuid: string
  name: string
  capacityBytes: number
  totalAllocationBytes: number
  blockSize: number
  replicationFactor: number
}

export interface Cluster {
  uuid: string
  filesystemID: string
  clusterName: string
  icosVersion: string
  latestTaskTag: TaskTagStatus
  brand: string
  isRESTAPIEnabled: boolean
}

/** A version on offer (FACTS 17: S). */
export interface Update {
  /** The version: `9.5.5.219383`. */
  uuid: string
  description: string
  /** HTML. */
  changeLog: string
  buildID: number
  majorVersion: number
  minorVersion: number
  revision: number
  timestamp: number
}

export interface Drive {
  uuid: string
  slot: number
  serialNumber: string
  type: 'UNKNOWN' | 'SATA' | 'SAS' | 'VIRTUAL' | 'SSD'
  nodeUUID: string
  desiredDisposition: 'UNKNOWN' | 'IN' | 'OUT'
  currentDisposition: 'UNKNOWN' | 'IN' | 'OUT'
  capacityBytes: number
  usedBytes: number
  disks: Record<
    string,
    {
      fsName: string
      driveUUID: string
      availability: string
      state: string
      isReachable: boolean
      capacityBytes: number
      usedBytes: number
    }
  >
  isHealthy: boolean
  reallocatedSectors: number
  errorCount: number
  blockDevicePath: string
  hasTemperature: boolean
  temperature: number
  hasMaxTemperature: boolean
  maxTemperature: number
  hasTemperatureThreshold: boolean
  temperatureThreshold: number
}

export interface Node {
  uuid: string
  backplaneIP: string
  lanIP: string
  configState: number
  activeVersion: number
  capacity: number
  drives: Drive[]
  vips: string[]
  memSize: number
  numCPUs: number
  CPUhz: number
  numNUMANodes: number
  numSockets: number
  numCores: number
  numThreads: number
  networkStatus: 'ONLINE' | 'OFFLINE' | 'UNKNOWN'
  supportsVirtualization: boolean
  virtualizationOnline: boolean
  pairedNodeUUID: string
  scribeInstanceName: string
  peerID: number
  numSlots: number
  systemMemUsageBytes: number
  memUsagePercentage: number
  gpus: unknown[]
  currentDisposition: 'IN' | 'EVACUATED' | 'OUT' | 'UNKNOWN'
  desiredDisposition: 'IN' | 'EVACUATED' | 'OUT' | 'UNKNOWN'
  cpuUsage: number
  totalMemUsageBytes: number
  allowRunningVMs: boolean
}

/** Times are Unix milliseconds; only `value: true` is an active alert, and only if `isOK` (FACTS 14). */
export interface Condition {
  name: string
  description: string
  value: boolean
  severity: 'EMERGENCY' | 'ALERT' | 'CRITICAL' | 'ERROR' | 'WARNING' | 'NOTICE' | 'INFO' | 'DEBUG'
  nodeUUID: string
  nodeLANIP: string
  nodeBackplaneIP: string
  modified: number
  lastSetTime: number
  lastClearTime: number
  guaranteedValidTime: number
  pollInterval: number
  expirationInterval: number
  setDelay: number
  clearDelay: number
  userVisible: boolean
  techNotes: string
  isExpired: boolean
  lastPollFailed: boolean
  isInitialized: boolean
  isOK: boolean
  tags: string[]
}

export interface User {
  uuid: string
  username: string
  fullName: string
  roleUUIDs: string[]
  sessionLimit: number
}

export interface Role {
  uuid: string
  name: string
  description: string
  permissions: { functionName: string }[]
  oidcName: string
}
