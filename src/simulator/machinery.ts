import type { Sessions } from './sessions.ts'
import type { SimulatedNode } from './simulated-node.ts'

/** What handlers may do beyond the cluster's records: to its sessions and to the nodes themselves. */
export interface Machinery {
  sessions: Sessions
  nodes: SimulatedNode[]
}
