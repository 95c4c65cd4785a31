import { BridgeError } from '../../lib/errors.ts'
import type { Cluster } from '../../hypercore/records.ts'
import type { ClusterAccess } from '../../hypercore/client.ts'

/** The one Cluster record. */
export async function readCluster({ hypercore, signal }: ClusterAccess): Promise<Cluster> {
  const [cluster] = await hypercore.list('/Cluster', { signal })
  if (cluster === undefined)
    throw new BridgeError(
      'CLUSTER_BAD_ANSWER',
      'The cluster answered no Cluster record: check with ping_read that it is up'
    )
  return cluster
}
