import type { Discovered } from '../discovery/discovery.ts'
import type { LaneState } from '../lanes/lanes.ts'
import type { NodeStatus } from '../transport/node-status.ts'

/** The ways to the cluster as they are at this moment. */
export interface ClusterWays {
  nodes: NodeStatus[]
  /** What the cluster's list of nodes has shown; undefined where nodes are not found by it. */
  discovered: Discovered | undefined
  lanes: LaneState[]
  /** Reads since the start that needed no request of their own. */
  sharedReads: number
}
