import { BridgeError } from '../../lib/errors.ts'
import { callerGone } from '../../lib/caller-gone.ts'
import { RecentMap } from '../../lib/recent-map.ts'
import type { TaskTagStatus } from '../records.ts'
import { forgottenOutcome, isFinished, type TaskOutcome, toOutcome } from './task-outcome.ts'
import { type Follower, TaskPoller } from './task-poller.ts'

export { formatTemplate, isFinished, type TaskOutcome } from './task-outcome.ts'

/** How a task is followed. */
export interface FollowOptions {
  /** Longest wait; then the last state is answered. 0 looks once. */
  waitMs: number
  signal?: AbortSignal
  /** Called with the first state and each change of state, progress or message. */
  onProgress?: (outcome: TaskOutcome) => void
}

/** Reads `/TaskTag/{taskTag}`; undefined for the cluster's `[]`. */
export type LookAtTask = (
  taskTag: string,
  signal?: AbortSignal
) => Promise<TaskTagStatus | undefined>

const defaultLookMs = 5_000

/** Tags remembered; a tag is some digits, so this is little. */
const maxSeen = 10_000

const noState = (taskTag: string, ms: number): BridgeError =>
  new BridgeError(
    'CLUSTER_TIMEOUT',
    `The cluster did not say within ${ms / 1000} s how far task ${taskTag} is; it goes on: ask again`
  )

/** Follows the cluster's tasks. */
export class Tasks {
  readonly #look: LookAtTask
  readonly #lookMs: number
  readonly #seen = new RecentMap<true>(maxSeen)
  readonly #pollers = new Map<string, TaskPoller>()
  readonly #finishedListeners = new Set<(outcome: TaskOutcome) => void>()

  /** @param pollMs how long a look may go on once the wait is over */
  constructor(look: LookAtTask, pollMs = defaultLookMs) {
    this.#look = look
    this.#lookMs = pollMs
  }

  /** Notes a tag this bridge has seen, so that a forgotten one is "finished" and not unknown. */
  saw(taskTag: string): void {
    if (taskTag !== '') this.#seen.set(taskTag, true)
  }

  /** Hears of every task that a look has found finished, until the returned function is called. */
  onFinished(listener: (outcome: TaskOutcome) => void): () => void {
    this.#finishedListeners.add(listener)
    return () => void this.#finishedListeners.delete(listener)
  }

  /** One look. Undefined when neither the cluster nor this bridge knows the tag. */
  async read(taskTag: string, signal?: AbortSignal): Promise<TaskOutcome | undefined> {
    return this.#read(taskTag, undefined, signal)
  }

  /**
   * Follows a task until it is finished or `waitMs` ran out; then the last state is answered. All
   * followers of a task share one poller. Undefined as in `read`.
   *
   * A failed look is tried again until the wait is over, and is thrown only if there is no state to
   * answer with.
   */
  follow(taskTag: string, options: FollowOptions): Promise<TaskOutcome | undefined> {
    const { waitMs, signal, onProgress } = options
    if (signal?.aborted === true) return Promise.reject(callerGone())
    return new Promise((resolve, reject) => {
      const poller = this.#poller(taskTag)
      let last: TaskOutcome | undefined
      let missed: unknown
      let late = false
      const end = (settle: () => void): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        poller.leave(follower)
        settle()
      }
      const follower: Follower = {
        onState(outcome) {
          last = outcome
          try {
            if (outcome !== undefined) onProgress?.(outcome)
          } catch (error) {
            // Its own mistake must not end the polling for the others.
            return end(() => reject(error))
          }
          if (late || outcome === undefined || isFinished(outcome)) end(() => resolve(outcome))
        },
        onMissed(error) {
          missed = error
          if (late) end(() => reject(error))
        },
        onFailed(error) {
          end(() => reject(error))
        }
      }
      const onAbort = (): void => end(() => reject(callerGone()))
      const onLate = (): void => {
        late = true
        if (last !== undefined) return end(() => resolve(last))
        if (missed !== undefined) return end(() => reject(missed))
        timer = setTimeout(() => end(() => reject(noState(taskTag, this.#lookMs))), this.#lookMs)
      }
      let timer = setTimeout(onLate, waitMs)
      signal?.addEventListener('abort', onAbort, { once: true })
      poller.join(follower)
    })
  }

  /** Sends all followers away. */
  close(): void {
    for (const poller of this.#pollers.values())
      poller.fail(
        new BridgeError('SHUTTING_DOWN', 'The bridge is shutting down; the task goes on.')
      )
  }

  #poller(taskTag: string): TaskPoller {
    const running = this.#pollers.get(taskTag)
    if (running !== undefined) return running
    let last: TaskOutcome | undefined
    const look = async (signal: AbortSignal): Promise<TaskOutcome | undefined> =>
      (last = await this.#read(taskTag, last, signal))
    const poller = new TaskPoller(look, () => {
      if (this.#pollers.get(taskTag) === poller) this.#pollers.delete(taskTag)
    })
    this.#pollers.set(taskTag, poller)
    return poller
  }

  async #read(
    taskTag: string,
    last: TaskOutcome | undefined,
    signal?: AbortSignal
  ): Promise<TaskOutcome | undefined> {
    const outcome = await this.#readOutcome(taskTag, last, signal)
    if (outcome !== undefined && isFinished(outcome))
      for (const listener of this.#finishedListeners) listener(outcome)
    return outcome
  }

  async #readOutcome(
    taskTag: string,
    last: TaskOutcome | undefined,
    signal?: AbortSignal
  ): Promise<TaskOutcome | undefined> {
    // A tag is opaque, but none contains what a path could stumble over.
    if (!/^[\w-]+$/.test(taskTag)) return undefined
    const record = await this.#look(taskTag, signal)
    if (record !== undefined) {
      this.saw(taskTag)
      return toOutcome(taskTag, record)
    }
    return this.#seen.has(taskTag) ? forgottenOutcome(taskTag, last) : undefined
  }
}
