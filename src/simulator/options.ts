/** The two versions the original tool was tested on. */
export const simulatedVersions = ['9.4.30.217736', '9.6.19.223352'] as const

/**
 * How the simulated cluster behaves. Where the facts disagree or are a guess (X or I in FACTS.md),
 * there is a switch, and its default is the better supported reading.
 */
export interface SimulatorOptions {
  /** Address the nodes listen on. */
  host: string
  /** Port of the first node, the others follow; 0 takes free ones. */
  port: number
  nodes: number
  vms: number
  seed: number
  /**
   * 1 is believable time; 10 runs tasks ten times faster; with 0 it stands still, and only
   * `world.clock.advance` lets it pass.
   */
  speed: number
  version: string
  user: string
  password: string
  /** What a dead or missing session is answered (FACTS 2.3, X). */
  expiredSession: 401 | 503
  /** Form of a 400 for a schema violation (FACTS 3.4, O). */
  schemaErrors: 'text' | 'json'
  /** A write to an object whose task still runs waits, or fails with 500 (FACTS 4.2, O). */
  overlappingWrites: 'queue' | 'fail'
  /** Whether a session made on one node holds on the others (FACTS 22, X). */
  sessions: 'shared' | 'per-node'
  /** Seconds after which an unused session ends; 0 for never (FACTS 2.3, X). */
  sessionLifetimeSeconds: number
  /** Real seconds a finished task is kept in /TaskTag, at any speed (FACTS 4, X). */
  taskRetentionSeconds: number
  /** What deleting a running VM, or LIVEMIGRATE without room, does (FACTS 5.5 and 22, I). */
  hypervisorRefusals: 'task' | 'http'
  /** Whether a clone keeps the source's tags when none are given (FACTS 5.7, X). */
  cloneKeepsTags: boolean
  /** Whether GET /ClusterSpec exists (FACTS 13.1, X). */
  clusterSpec: boolean
}

export const defaultSimulatorOptions: SimulatorOptions = {
  host: '127.0.0.1',
  port: 0,
  nodes: 3,
  vms: 24,
  seed: 1,
  speed: 1,
  version: simulatedVersions[0],
  user: 'admin',
  password: 'admin',
  expiredSession: 401,
  schemaErrors: 'text',
  overlappingWrites: 'queue',
  sessions: 'per-node',
  sessionLifetimeSeconds: 0,
  taskRetentionSeconds: 3600,
  hypervisorRefusals: 'task',
  cloneKeepsTags: false,
  clusterSpec: false
}
