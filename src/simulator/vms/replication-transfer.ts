import type {
  VirDomain,
  VirDomainReplication,
  VirDomainSnapshot
} from '../../hypercore/records/records.ts'
import type { World } from '../handler.ts'
import { newSnapshot } from './new-records.ts'

const stepMs = 1000
const steps = 10

type Progress = VirDomainReplication['progress']

/** What a replication shows that has sent nothing yet. */
export const noProgress = (): Progress => ({
  valid: 0,
  snapshotFrom: newSnapshot(),
  snapshotTo: newSnapshot(),
  blockCountDiff: 0,
  blockCountSent: 0,
  percentComplete: 0
})

function send(world: World, replication: VirDomainReplication, progress: Progress): void {
  const done = Math.round((progress.percentComplete / 100) * steps) + 1
  if (done > steps) return
  world.clock.after(stepMs, () => {
    // A newer snapshot has taken over, or replication was switched off.
    if (replication.progress !== progress || !replication.enable) return
    progress.percentComplete = (100 * done) / steps
    progress.blockCountSent = Math.round((progress.blockCountDiff * done) / steps)
    send(world, replication, progress)
  })
}

/** Continues with what a replication had not sent when it was switched off. */
export const resumeTransfer = (world: World, replication: VirDomainReplication): void =>
  send(world, replication, replication.progress)

/** Sends a snapshot to the clusters its VM is replicated to; the progress moves with it. */
export function transfer(world: World, vm: VirDomain, snapshot: VirDomainSnapshot): void {
  for (const uuid of vm.replicationUUIDs) {
    const replication = world.state.replications.get(uuid)
    if (replication?.enable !== true) continue
    replication.progress = {
      valid: 1,
      snapshotFrom: replication.progress.snapshotTo,
      snapshotTo: structuredClone(snapshot),
      blockCountDiff: snapshot.blockCountDiff,
      blockCountSent: 0,
      percentComplete: 0
    }
    send(world, replication, replication.progress)
  }
}
