import type { ClusterAccess } from '../../hypercore/cluster-api.ts'
import type { ClusterState } from '../../views/cluster/markdown.ts'
import { readConditions } from './conditions.ts'

/** The cluster and all that says how it is, read at once. */
export async function readClusterState(context: ClusterAccess): Promise<ClusterState> {
  const { hypercore, signal } = context
  const [cluster, nodes, vms, tasks, update, conditions] = await Promise.all([
    hypercore.cluster({ signal }),
    hypercore.list('/Node', { signal }),
    hypercore.list('/VirDomain', { signal }),
    hypercore.list('/TaskTag', { signal }),
    hypercore.updates.look(),
    readConditions(context)
  ])
  return { cluster, nodes, vms, tasks, update, conditions }
}
