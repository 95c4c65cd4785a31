import type { RollingUpdate } from './rolling-update.ts'
import type { Sessions } from './sessions.ts'
import type { SimulatedNode } from './simulated-node.ts'

/** What handlers may touch beyond the cluster's records: its sessions and the nodes themselves. */
export interface Machinery {
  sessions: Sessions
  nodes: readonly SimulatedNode[]
  rollingUpdate: RollingUpdate
  /** The version of each node by its uuid, where it differs from the cluster's. */
  versions: ReadonlyMap<string, string>
}
