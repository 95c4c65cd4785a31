import type { ClusterAccess } from '../../hypercore/client.ts'
import type { Cluster } from '../../hypercore/records.ts'
import { BridgeError } from '../../lib/errors.ts'
import type { ClusterState } from '../../views/cluster/markdown.ts'
import { readConditions } from './conditions.ts'

/**
 * The one Cluster record.
 * @throws {BridgeError} CLUSTER_BAD_ANSWER where the cluster returns none.
 */
export async function readCluster({ hypercore, signal }: ClusterAccess): Promise<Cluster> {
  const [cluster] = await hypercore.list('/Cluster', { signal })
  if (cluster === undefined)
    throw new BridgeError(
      'CLUSTER_BAD_ANSWER',
      'The cluster returned no Cluster record: check with ping_read that it is up'
    )
  return cluster
}

/** The cluster and all that says how it is, read at once. */
export async function readClusterState(context: ClusterAccess): Promise<ClusterState> {
  const { hypercore, signal } = context
  const [cluster, nodes, vms, tasks, conditions] = await Promise.all([
    readCluster(context),
    hypercore.list('/Node', { signal }),
    hypercore.list('/VirDomain', { signal }),
    hypercore.list('/TaskTag', { signal }),
    readConditions(context)
  ])
  return { cluster, nodes, vms, tasks, conditions }
}
