import type {
  Node,
  VirDomain,
  VirDomainReplication,
  VirDomainSnapshot
} from '../../hypercore/records/records.ts'
import { formatAge, formatBytes } from '../../lib/text/units.ts'
import { nodeNames } from '../node.ts'
import { snapshotInShort } from '../snapshot.ts'
import { findWarnings } from './warnings.ts'

/** What goes out of a VM to another cluster. */
function replicationInShort({ uuid, label, enable, progress }: VirDomainReplication) {
  // The percentage holds only where the progress is marked as valid (FACTS 9.1, O).
  const percentComplete = progress.valid === 1 ? progress.percentComplete : undefined
  return { uuid, label, enable, percentComplete }
}

export type ReplicationInShort = ReturnType<typeof replicationInShort>

/** What belongs to a VM, beside its record. */
export interface VmSurroundings {
  nodes: readonly Node[]
  /** Those looked at, the newest first; a VM may have more. */
  snapshots: readonly VirDomainSnapshot[]
  /** Name of the schedule that takes snapshots, or its uuid; `""` for none. */
  snapshotSchedule: string
  /** Those of all VMs. */
  replications: readonly VirDomainReplication[]
}

/** The record of a VM, and what the bridge adds to it; all of that under names the cluster does not use. */
export function vmDetails(vm: VirDomain, surroundings: VmSurroundings) {
  const { nodes, snapshots, snapshotSchedule } = surroundings
  const replications = surroundings.replications
    .filter(({ sourceDomainUUID }) => sourceDomainUUID === vm.uuid)
    .map(replicationInShort)
  return {
    ...vm,
    node: nodeNames(nodes).get(vm.nodeUUID) ?? '',
    memory: formatBytes(vm.mem),
    age: formatAge(vm.created),
    newestSnapshots: snapshots.map(snapshotInShort),
    snapshotSchedule,
    replications,
    /** Facts that an operator would look at, in plain words. */
    attention: findWarnings(vm, snapshots[0], replications)
  }
}

export type VmDetails = ReturnType<typeof vmDetails>
