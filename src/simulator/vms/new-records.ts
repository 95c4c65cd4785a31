import type { VirDomain, VirDomainSnapshot } from '../../hypercore/records/records.ts'
import type { Guest } from '../state.ts'
import { noTask } from '../tasks.ts'

/** A VM with nothing in it: stopped, no devices, every field of the record there. */
export function newVirDomain(given: Partial<VirDomain> = {}): VirDomain {
  return {
    uuid: '',
    nodeUUID: '',
    name: '',
    description: '',
    operatingSystem: 'os_other',
    state: 'SHUTOFF',
    desiredDisposition: 'SHUTOFF',
    console: { type: 'VNC', ip: '', port: 0, keymap: 'en-us' },
    mem: 0,
    numVCPU: 0,
    blockDevs: [],
    netDevs: [],
    deprecated_stats: [],
    created: 0,
    modified: 0,
    latestTaskTag: noTask(),
    tags: '',
    bootDevices: [],
    uiState: 'SHUTOFF',
    snapUUIDs: [],
    snapshotSerialNumber: 0,
    replicationUUIDs: [],
    sourceVirDomainUUID: '',
    snapshotListSerialNumber: 0,
    snapshotScheduleUUID: '',
    machineType: 'scale-bios-9.3',
    machineTypeKeyword: 'bios',
    cpuType: 'clusterBaseline-7.3',
    snapshotAllocationBlocks: 0,
    guestAgentState: 'UNKNOWN',
    lastSeenRunningOnNodeUUID: '',
    isTransient: false,
    affinityStrategy: { strictAffinity: false, preferredNodeUUID: '', backupNodeUUID: '' },
    vsdUUIDsToDelete: [],
    cloudInitData: { userData: '', metaData: '' },
    initialCloneSnapshotUUID: '',
    ...given
  }
}

/** A guest that is off: will answer ACPI if it boots, has no agent. */
export const newGuest = (given: Partial<Guest> = {}): Guest => ({
  ignoresAcpi: false,
  booted: false,
  runsWith: undefined,
  shutdownMs: 8000,
  load: 0.05,
  hasAgent: false,
  reservedNodeUUID: '',
  expected: undefined,
  ...given
})

/** A snapshot record without contents: what a replication that never ran points at. */
export const newSnapshot = (given: Partial<VirDomainSnapshot> = {}): VirDomainSnapshot => ({
  uuid: '',
  domainUUID: '',
  timestamp: 0,
  label: '',
  domain: newVirDomain(),
  deviceSnapshots: [],
  unavailable: false,
  type: 'USER',
  blockCountDiff: 0,
  automatedTriggerTimestamp: 0,
  localRetainUntilTimestamp: 0,
  remoteRetainUntilTimestamp: 0,
  blockCountDiffFromSerialNumber: -1,
  state: 'CREATED',
  quiesced: false,
  replication: true,
  ...given
})
