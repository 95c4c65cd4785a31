import type { Discovered } from '../discovery/discovery.ts'
import type { LaneState } from '../lanes/lanes.ts'
import type { ClusterNode } from '../transport/cluster-node.ts'
import type { NodeStatus } from '../transport/node-status.ts'

/** Logins, logouts and pings: each node has places of its own for them. */
export interface LoginLane {
  lane: 'login'
  underWay: number
  waiting: number
}

/** Those at all nodes together. */
export function loginLane(nodes: readonly ClusterNode[]): LoginLane {
  const own = nodes.map((node) => node.own)
  const sum = (of: 'underWay' | 'waiting'): number => own.reduce((all, each) => all + each[of], 0)
  return { lane: 'login', underWay: sum('underWay'), waiting: sum('waiting') }
}

/** The traffic to the cluster as it is at this moment. */
export interface ClusterTraffic {
  nodes: NodeStatus[]
  /** What the cluster's list of nodes has shown; undefined where nodes are not found by it. */
  discovered: Discovered | undefined
  lanes: (LaneState | LoginLane)[]
  /** Reads since the start that needed no request of their own. */
  sharedReads: number
}
