import type { Cluster, Node } from '../../hypercore/records.ts'
import { nodeColumns, nodeFields } from '../node.ts'
import { pick } from '../pick.ts'
import { responseText } from '../text/text-form.ts'

/** The record of the cluster, with its nodes in short. */
export const clusterFields = (cluster: Cluster, nodes: readonly Node[]) => ({
  ...cluster,
  nodes: nodes.map(nodeFields)
})

export type ClusterFields = ReturnType<typeof clusterFields>

/** The cluster in a few lines: what it is, and its nodes. */
export const clusterCard = (cluster: ClusterFields): string =>
  responseText({
    ...pick(cluster, ['uuid', 'clusterName', 'icosVersion']),
    nodes: cluster.nodes.map((node) => pick(node, nodeColumns))
  })
