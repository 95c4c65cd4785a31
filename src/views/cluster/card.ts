import type { Cluster, Node } from '../../hypercore/records/records.ts'
import type { UpdateState } from '../../hypercore/updates/update-state.ts'
import { type ClusterClock, clockFields } from '../clock.ts'
import { updateFields } from '../update.ts'
import { nodeColumns, nodeFields } from '../node.ts'
import { pick } from '../pick.ts'
import { responseText } from '../text/text-form.ts'

/** The record of the cluster, with its nodes in short and an update that is worth a word. */
export const clusterFields = (
  cluster: Cluster,
  nodes: readonly Node[],
  update: UpdateState,
  clock: ClusterClock
) => ({
  ...cluster,
  ...clockFields(clock),
  ...((update.running || update.phase === 'FAILED') && { update: updateFields(update) }),
  nodes: nodes.map(nodeFields)
})

export type ClusterFields = ReturnType<typeof clusterFields>

/** The cluster in a few lines: what it is, and its nodes. */
export const clusterCard = (cluster: ClusterFields): string =>
  responseText({
    ...pick(cluster, ['uuid', 'clusterName', 'icosVersion', 'time', 'timeZone']),
    ...(cluster.update !== undefined && { update: cluster.update.summary }),
    nodes: cluster.nodes.map((node) => pick(node, nodeColumns))
  })
