import type { ClusterNode } from '../transport/cluster-node.ts'
import { NodeFailure } from '../transport/node-failure.ts'
import { toSeconds } from '../transport/time-limits.ts'

/** A request on its way to one node. */
export interface Attempt {
  node: ClusterNode
  /** How long it is waited for alone. */
  budgetMs: number
  /** It waits for other calls of this bridge to the same node. */
  isQueued: boolean
  /** Its response has begun, and comes in drop by drop. */
  trickles: boolean
}

/** What counts against a node that makes a request wait. */
export const lagging = ({ node, budgetMs, trickles }: Attempt): NodeFailure =>
  new NodeFailure({
    code: 'CLUSTER_TIMEOUT',
    node: node.name,
    reason: trickles ? 'responds too slowly' : `did not respond within ${toSeconds(budgetMs)} s`,
    advice: 'check that the node is up, it may be restarting or overloaded',
    mayHaveActed: true,
    repeat: 'elsewhere'
  })
