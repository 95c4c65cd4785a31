import type { VirDomain } from '../../hypercore/records/records.ts'
import type { World } from '../handler.ts'
import { transfer } from './replication-transfer.ts'
import {
  addSnapshot,
  refreshSnapshotList,
  removeSnapshot,
  type SnapshotRequest
} from './snapshots.ts'
import { startVmTask, type Asker } from './vm-task.ts'

/** Deletes the snapshot when its time is over; 0 keeps it (FACTS 8.1: S). */
function retain(world: World, uuid: string, untilSeconds: number): void {
  if (untilSeconds === 0) return
  const ms = Math.max(0, untilSeconds - world.clock.seconds()) * 1000
  world.clock.after(ms, () => removeSnapshot(world.state, uuid))
}

/**
 * Starts the task that takes a snapshot: CREATING while it runs, then CREATED and on the VM's list.
 * A replicated VM's snapshot is sent to the other cluster.
 */
export function takeSnapshot(
  asker: Asker,
  vm: VirDomain,
  request: Omit<SnapshotRequest, 'timestamp' | 'state'>
): string {
  const { world } = asker
  const { state, random, clock } = world
  return startVmTask(asker, {
    vm,
    description: 'Create Snapshot for Virtual Machine %@',
    durationMs: 1000,
    begin() {
      const snapshot = addSnapshot(state, random, vm, {
        ...request,
        timestamp: clock.seconds(),
        state: 'CREATING'
      })
      snapshot.unavailable = true
    },
    finish() {
      const snapshot = state.snapshots.get(request.uuid)
      if (snapshot === undefined) return
      snapshot.state = 'CREATED'
      snapshot.unavailable = false
      refreshSnapshotList(state, vm)
      retain(world, snapshot.uuid, snapshot.localRetainUntilTimestamp)
      if (snapshot.replication) transfer(world, vm, snapshot)
    },
    undo: () => state.snapshots.delete(request.uuid)
  })
}
