import type { ClusterAccess } from '../../hypercore/cluster-api.ts'
import type { VirDomain } from '../../hypercore/records/records.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import { type VmDetails, vmDetails } from '../../views/vm/details.ts'

/** How many snapshots are looked at; the others are counted. */
const newestShown = 3

/** What a role may not read is left out; it must not keep the VM from being shown. */
async function ifAllowed<T>(read: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await read
  } catch (error) {
    if (error instanceof BridgeError && error.code === 'CLUSTER_REFUSED') return otherwise
    throw error
  }
}

/**
 * Reads what belongs to a VM: where it runs, its newest snapshots (those alone, as the list carries a copy
 * of the VM for each), schedule and replication.
 */
export async function readVmDetails(context: ClusterAccess, vm: VirDomain): Promise<VmDetails> {
  const { hypercore, signal } = context
  const { snapshotScheduleUUID: scheduleUUID } = vm
  const newest = vm.snapUUIDs.slice(-newestShown).toReversed()
  const [nodes, snapshots, schedule, replications] = await Promise.all([
    hypercore.knownList('/Node', { signal }),
    Promise.all(
      newest.map((uuid) =>
        ifAllowed(hypercore.record('/VirDomainSnapshot', uuid, { signal }), undefined)
      )
    ),
    scheduleUUID === ''
      ? undefined
      : ifAllowed(
          hypercore.record('/VirDomainSnapshotSchedule', scheduleUUID, { signal }),
          undefined
        ),
    ifAllowed(hypercore.list('/VirDomainReplication', { signal }), [])
  ])
  return vmDetails(vm, {
    nodes,
    snapshots: snapshots.filter((snapshot) => snapshot !== undefined),
    snapshotSchedule: schedule?.name ?? scheduleUUID,
    replications
  })
}
