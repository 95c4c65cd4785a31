import { type ClusterAccess, ClusterCall } from '../hypercore/cluster-api.ts'
import type { HyperCore } from '../hypercore/client.ts'
import type { TaskTagStatus } from '../hypercore/records/records.ts'
import type { Principal } from '../identity/principal.ts'
import { BridgeError, toBridgeError } from '../lib/errors/errors.ts'
import { readClusterState } from '../tools/read/cluster.ts'
import { type ClusterBrief, clusterBrief } from '../views/cluster/brief.ts'
import { trafficNotes } from '../views/cluster/traffic.ts'
import { taskDetails } from '../views/task.ts'

/** A task that is running, or ended a moment ago. */
export interface TaskBrief {
  taskTag: string
  state: string
  percent: number
  description: string
  message: string
}

const maxTasks = 30

/** Tasks that ended this long before the last one began or ended are no longer shown. */
const shownSeconds = 60

const isLive = ({ state }: TaskTagStatus): boolean =>
  state === 'RUNNING' || state === 'QUEUED' || state === 'UNINITIALIZED'

/** Those that run, and those that have just ended, by the clock of the cluster. */
function liveTasks(tasks: readonly TaskTagStatus[]): TaskBrief[] {
  const newest = Math.max(0, ...tasks.map(({ modified, created }) => Math.max(modified, created)))
  return tasks
    .filter((task) => isLive(task) || task.completed > newest - shownSeconds)
    .toSorted((a, b) => Number(isLive(b)) - Number(isLive(a)) || b.created - a.created)
    .slice(0, maxTasks)
    .map((task) => {
      const { description, message } = taskDetails(task)
      const { taskTag, state, progressPercent: percent } = task
      return { taskTag, state, percent, description, message }
    })
}

/** How long what was read serves all pages that ask for it. */
const freshMs = { cluster: 10_000, tasks: 2_000 }

interface Known {
  /** When it was read, by `performance.now()`; undefined while it is being read. */
  at: number | undefined
  value: Promise<unknown>
}

/**
 * The cluster as the console shows it, read once for all who may see the same. A token that is limited
 * to some VMs sees those alone, as in its calls. Never throws: what keeps the cluster from being read
 * is said in its place.
 */
export class OverviewReader {
  readonly #hypercore: HyperCore
  readonly #known = new Map<string, Known>()

  constructor(hypercore: HyperCore) {
    this.#hypercore = hypercore
  }

  cluster(principal: Principal): Promise<ClusterBrief> {
    return this.#fresh('cluster', principal, async (access) => {
      const notes = (): Pick<ClusterBrief, 'traffic'> => ({
        traffic: trafficNotes(this.#hypercore.traffic())
      })
      try {
        return { ...clusterBrief(await readClusterState(access)), ...notes() }
      } catch (error) {
        return { problem: toBridgeError(error).message, ...notes() }
      }
    })
  }

  /** None while the cluster cannot be read. */
  tasks(principal: Principal): Promise<TaskBrief[]> {
    return this.#fresh('tasks', principal, async ({ hypercore, signal }) => {
      try {
        return liveTasks(await hypercore.list('/TaskTag', { signal }))
      } catch (error) {
        if (error instanceof BridgeError) return []
        throw error
      }
    })
  }

  #fresh<T>(
    kind: keyof typeof freshMs,
    { name, kind: principalKind, vmTags }: Principal,
    read: (access: ClusterAccess) => Promise<T>
  ): Promise<T> {
    const key = JSON.stringify([kind, vmTags ?? null])
    const known = this.#known.get(key)
    const isFresh =
      known !== undefined &&
      (known.at === undefined || performance.now() - known.at < freshMs[kind])
    if (isFresh) return known.value as Promise<T>
    // Who may decide has to see what it is about, and nothing is done in their name.
    const principal: Principal = { name, kind: principalKind, vmTags, scopes: new Set(['read']) }
    const hypercore = new ClusterCall(this.#hypercore, { principal })
    const value = read({ hypercore, signal: new AbortController().signal })
    const entry: Known = { at: undefined, value }
    const settled = (): void => void (entry.at = performance.now())
    value.then(settled, settled)
    this.#known.set(key, entry)
    return value
  }
}
