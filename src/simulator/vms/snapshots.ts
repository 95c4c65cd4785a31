import type { VirDomain, VirDomainSnapshot } from '../../hypercore/records/records.ts'
import type { Random } from '../random.ts'
import type { ClusterState } from '../state.ts'
import { holdsData } from './block-devices.ts'
import { newSnapshot } from './new-records.ts'

/** One block of the storage; snapshot differences are counted in them (FACTS 8.1: I). */
export const blockBytes = 1048576

export type SnapshotRequest = Pick<VirDomainSnapshot, 'uuid' | 'timestamp'> &
  Partial<
    Pick<
      VirDomainSnapshot,
      | 'label'
      | 'type'
      | 'automatedTriggerTimestamp'
      | 'localRetainUntilTimestamp'
      | 'remoteRetainUntilTimestamp'
      | 'blockCountDiffFromSerialNumber'
      | 'replication'
      | 'state'
    >
  >

const snapshotsOf = (state: ClusterState, vm: VirDomain): VirDomainSnapshot[] =>
  [...state.snapshots.values()].filter((snapshot) => snapshot.domainUUID === vm.uuid)

const serialOf = (snapshot: VirDomainSnapshot): number =>
  snapshot.deviceSnapshots[0]?.serialNumber ?? 0

/** Brings the VM's list of finished snapshots, oldest first, and their size up to date. */
export function refreshSnapshotList(state: ClusterState, vm: VirDomain): void {
  const list = snapshotsOf(state, vm)
    .filter((snapshot) => snapshot.state === 'CREATED')
    .toSorted((a, b) => a.timestamp - b.timestamp || serialOf(a) - serialOf(b))
  vm.snapUUIDs = list.map((snapshot) => snapshot.uuid)
  // The oldest snapshot's blocks are the disk's own; the later ones keep what changed since.
  vm.snapshotAllocationBlocks = list
    .slice(1)
    .reduce((sum, snapshot) => sum + snapshot.blockCountDiff, 0)
  vm.snapshotListSerialNumber += 1
}

/** Blocks that changed since a serial; 0 counts from the beginning. */
function changedBlocks(
  state: ClusterState,
  vm: VirDomain,
  deviceUUID: string,
  since: number
): number {
  return snapshotsOf(state, vm)
    .flatMap((snapshot) => snapshot.deviceSnapshots)
    .filter((device) => device.uuid === deviceUUID && device.serialNumber > since)
    .reduce((sum, device) => sum + device.blockCountDiff, 0)
}

/**
 * Adds a snapshot of the VM as it is now. CD-ROMs, floppies and disks with disableSnapshotting have
 * no part in it (FACTS 8.1: I). The VM's list does not change before `refreshSnapshotList`.
 */
export function addSnapshot(
  state: ClusterState,
  random: Random,
  vm: VirDomain,
  request: SnapshotRequest
): VirDomainSnapshot {
  const load = state.guests.get(vm.uuid)?.load ?? 0
  const serialNumber = vm.snapshotSerialNumber + 1
  const first = vm.snapshotSerialNumber === 0
  const since = request.blockCountDiffFromSerialNumber ?? -1
  const deviceSnapshots = vm.blockDevs
    .filter((device) => holdsData(device) && !device.disableSnapshotting)
    .map((device) => {
      const allocated = Math.ceil(device.allocation / blockBytes)
      const changed = first
        ? allocated
        : Math.min(allocated, random.int(4, 40) + Math.round(load * random.int(200, 2000)))
      return {
        uuid: device.uuid,
        timestamp: request.timestamp,
        serialNumber,
        blockCountDiff: changed + (since < 0 ? 0 : changedBlocks(state, vm, device.uuid, since)),
        identifier: request.uuid,
        checksum: ''
      }
    })
  // The copy of the VM counts the snapshot it is part of: the first says 1 (FACTS 24, high).
  vm.snapshotSerialNumber = serialNumber
  const snapshot = newSnapshot({
    ...request,
    domainUUID: vm.uuid,
    domain: structuredClone(vm),
    deviceSnapshots,
    blockCountDiff: deviceSnapshots.reduce((sum, device) => sum + device.blockCountDiff, 0)
  })
  state.snapshots.set(snapshot.uuid, snapshot)
  return snapshot
}

/** Removes a snapshot and takes it off its VM's list. */
export function removeSnapshot(state: ClusterState, uuid: string): void {
  const snapshot = state.snapshots.get(uuid)
  if (snapshot === undefined) return
  state.snapshots.delete(uuid)
  const vm = state.virDomains.get(snapshot.domainUUID)
  if (vm !== undefined) refreshSnapshotList(state, vm)
}

/** The VM as a snapshot holds it: disks that had no part in it are missing. */
export function domainOf(snapshot: VirDomainSnapshot): VirDomain {
  const disks = new Set(snapshot.deviceSnapshots.map((device) => device.uuid))
  const { domain } = snapshot
  return {
    ...domain,
    blockDevs: domain.blockDevs.filter((device) => !holdsData(device) || disks.has(device.uuid))
  }
}
