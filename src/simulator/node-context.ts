import type { Api } from './api.ts'
import type { Clock } from './clock.ts'
import type { Faults } from './faults.ts'
import type { Sessions } from './sessions.ts'
import type { TaskFate, Tasks } from './tasks.ts'

/** One request that arrived, for tests that count them. */
export interface RequestEntry {
  /** Number of the node, from 0. */
  node: number
  method: string
  path: string
  /** 0 where no answer was sent. */
  status: number
  /** Unix milliseconds. */
  at: number
}

/** What the nodes of one cluster share. */
export interface NodeContext {
  api: Api
  faults: Faults
  sessions: Sessions
  requests: RequestEntry[]
  /** As many as the cluster has. */
  nodes: { readonly length: number }
  /** Tasks that shall fail or be stuck, by tag. */
  failingTasks: Map<string, TaskFate>
  tasks: Tasks
  clock: Clock
  /** Whether these Basic credentials may turn faults on and off. */
  mayControl: (authorization: string | undefined) => boolean
}
