import { BridgeError } from '../../lib/errors.ts'
import type { VirDomain, VirDomainReplication, VirDomainSnapshot } from '../../hypercore/records.ts'
import type { ClusterAccess } from '../../hypercore/cluster-call.ts'
import { formatAge, formatBytes, formatTime } from '../../lib/units.ts'
import { findWarnings } from './warnings.ts'
import { nodeNames } from './summary.ts'

/** How many snapshots are looked at; the others are counted. */
const newestShown = 3

export interface SnapshotInShort {
  uuid: string
  label: string
  type: string
  takenAt: string
  age: string
}

/** What goes out of this VM to another cluster. */
export interface ReplicationInShort {
  uuid: string
  label: string
  enable: boolean
  /** Percent of the present snapshot that is over there; undefined where the cluster does not know. */
  percentComplete: number | undefined
}

/** What the bridge adds to the record of a VM; all of it under names the cluster does not use. */
export interface VmAdditions {
  node: string
  memory: string
  age: string
  newestSnapshots: SnapshotInShort[]
  /** Name of the schedule that takes snapshots; `""` for none. */
  snapshotSchedule: string
  replications: ReplicationInShort[]
  /** Facts that an operator would look at, in plain words. */
  attention: string[]
}

export type VmDetails = VirDomain & VmAdditions

/** What a role may not read is left out; it must not keep the VM from being shown. */
async function ifAllowed<T>(read: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await read
  } catch (error) {
    if (error instanceof BridgeError && error.code === 'CLUSTER_REFUSED') return otherwise
    throw error
  }
}

const shortSnapshot = ({ uuid, label, type, timestamp }: VirDomainSnapshot): SnapshotInShort => ({
  uuid,
  label,
  type,
  takenAt: formatTime(timestamp),
  age: formatAge(timestamp)
})

const shortReplication = (replication: VirDomainReplication): ReplicationInShort => {
  const { uuid, label, enable, progress } = replication
  // The percentage holds only where the progress is marked as valid (FACTS 9.1, O).
  const percentComplete = progress.valid === 1 ? progress.percentComplete : undefined
  return { uuid, label, enable, percentComplete }
}

/**
 * Reads what belongs to a VM: where it runs, its newest snapshots (those alone, as the list carries a copy
 * of the VM for each), schedule and replication.
 */
export async function readVmDetails(context: ClusterAccess, vm: VirDomain): Promise<VmDetails> {
  const { hypercore, signal } = context
  const newest = vm.snapUUIDs.slice(-newestShown).toReversed()
  const [nodes, snapshots, schedule, replications] = await Promise.all([
    hypercore.list('/Node', { signal }),
    Promise.all(
      newest.map((uuid) =>
        ifAllowed(hypercore.record('/VirDomainSnapshot', uuid, { signal }), undefined)
      )
    ),
    vm.snapshotScheduleUUID === ''
      ? undefined
      : ifAllowed(
          hypercore.record('/VirDomainSnapshotSchedule', vm.snapshotScheduleUUID, { signal }),
          undefined
        ),
    ifAllowed(hypercore.list('/VirDomainReplication', { signal }), [])
  ])
  const found = snapshots.filter((snapshot) => snapshot !== undefined)
  const own = replications
    .filter(({ sourceDomainUUID }) => sourceDomainUUID === vm.uuid)
    .map(shortReplication)
  return {
    ...vm,
    node: nodeNames(nodes).get(vm.nodeUUID) ?? '',
    memory: formatBytes(vm.mem),
    age: formatAge(vm.created),
    newestSnapshots: found.map(shortSnapshot),
    snapshotSchedule: schedule?.name ?? vm.snapshotScheduleUUID,
    replications: own,
    attention: findWarnings(vm, found[0], own)
  }
}
