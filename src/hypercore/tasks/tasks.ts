import { BridgeError, type ErrorCode } from '../../lib/errors/errors.ts'
import { callerGone } from '../../lib/http/caller-gone.ts'
import { RecentMap } from '../../lib/flow/recent-map.ts'
import type { TaskTagStatus } from '../records/records.ts'
import { forgottenOutcome, isFinished, type TaskOutcome, toOutcome } from './task-outcome.ts'

export { formatTemplate, isFinished, type TaskOutcome } from './task-outcome.ts'

/** How a task is followed. */
export interface FollowOptions {
  /** Max wait; then the last state is returned. 0 looks once. */
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

/** Pauses and deadlines in following tasks. */
export interface TaskTimings {
  /** How long a look may take once the wait is over. */
  pollMs: number
  /** Between the first two looks at a task; the pauses grow from there. */
  pauseMs: number
}

const defaultTimings: TaskTimings = { pollMs: 5_000, pauseMs: 200 }

/** Tags remembered; a tag is some digits, so this is little. */
const maxSeen = 10_000

const noState = (taskTag: string, ms: number): BridgeError =>
  new BridgeError(
    'CLUSTER_TIMEOUT',
    `The cluster did not say within ${ms / 1000} s how far task ${taskTag} is; it is still running: ask again`
  )

const maxPauseMs = 2_000
const pauseGrowth = 1.5
/** So that the pollers of many tasks do not look in step. */
const pauseJitter = 0.2

/** Failures that say nothing about the task and may pass. */
const passing: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'CLUSTER_UNREACHABLE',
  'CLUSTER_TIMEOUT',
  'CLUSTER_BUSY',
  'CLUSTER_BAD_ANSWER',
  'CLUSTER_ERROR',
  'CLUSTER_TLS'
])

/** A caller that waits for a task. */
interface Follower {
  /** Called with the first state and every change. */
  onState(outcome: TaskOutcome | undefined): void
  /** Called with each failed look, unless the poller ends with it. */
  onMissed(error: unknown): void
  onFailed(error: unknown): void
}

/** Looks at one task again and again, for all who follow it, until it is finished or they left. */
class TaskPoller {
  readonly #look: (signal: AbortSignal) => Promise<TaskOutcome | undefined>
  readonly #followers = new Set<Follower>()
  readonly #stopped = new AbortController()
  readonly #onEnd: () => void
  #last: TaskOutcome | undefined
  #pauseMs: number
  #timer: NodeJS.Timeout | undefined

  /** @param pauseMs between the first two looks; the pauses grow from there */
  constructor(
    look: (signal: AbortSignal) => Promise<TaskOutcome | undefined>,
    onEnd: () => void,
    pauseMs: number
  ) {
    this.#look = look
    this.#onEnd = onEnd
    this.#pauseMs = pauseMs
    void this.#poll()
  }

  join(follower: Follower): void {
    this.#followers.add(follower)
    if (this.#last !== undefined) follower.onState(this.#last)
  }

  leave(follower: Follower): void {
    this.#followers.delete(follower)
    if (this.#followers.size > 0 || this.#stopped.signal.aborted) return
    this.#stop()
  }

  /** Ends the polling and reports the error to the followers. */
  fail(error: unknown): void {
    this.#stop()
    for (const follower of this.#followers) follower.onFailed(error)
  }

  async #poll(): Promise<void> {
    try {
      const outcome = await this.#look(this.#stopped.signal)
      if (this.#stopped.signal.aborted) return
      this.#show(outcome)
    } catch (error) {
      if (this.#stopped.signal.aborted) return
      const mayPass = error instanceof BridgeError && passing.has(error.code)
      if (!mayPass && this.#last === undefined) return this.fail(error)
      for (const follower of this.#followers) follower.onMissed(error)
    }
    if (this.#stopped.signal.aborted) return
    this.#timer = setTimeout(
      () => void this.#poll(),
      this.#pauseMs * (1 - pauseJitter * Math.random())
    )
    this.#pauseMs = Math.min(maxPauseMs, this.#pauseMs * pauseGrowth)
  }

  #show(outcome: TaskOutcome | undefined): void {
    const before = this.#last
    this.#last = outcome
    if (outcome === undefined || isFinished(outcome)) this.#stop()
    const unchanged =
      before !== undefined &&
      before.state === outcome?.state &&
      before.progressPercent === outcome.progressPercent &&
      before.message === outcome.message
    if (unchanged) return
    for (const follower of this.#followers) follower.onState(outcome)
  }

  #stop(): void {
    clearTimeout(this.#timer)
    this.#stopped.abort()
    this.#onEnd()
  }
}

/** Follows the cluster's tasks. */
export class Tasks {
  readonly #look: LookAtTask
  readonly #timings: TaskTimings
  readonly #seen = new RecentMap<true>(maxSeen)
  readonly #pollers = new Map<string, TaskPoller>()
  readonly #finishedListeners = new Set<(outcome: TaskOutcome) => void>()

  constructor(look: LookAtTask, timings: Partial<TaskTimings> = {}) {
    this.#look = look
    this.#timings = { ...defaultTimings, ...timings }
  }

  /** Tasks that are followed at this moment. */
  get followed(): number {
    return this.#pollers.size
  }

  /** Notes a tag this bridge has seen, so that a forgotten one is "finished" and not unknown. */
  saw(taskTag: string): void {
    if (taskTag !== '') this.#seen.set(taskTag, true)
  }

  /** Calls `listener` with every task that a look finds finished; returns what stops that. */
  onFinished(listener: (outcome: TaskOutcome) => void): () => void {
    this.#finishedListeners.add(listener)
    return () => void this.#finishedListeners.delete(listener)
  }

  /** One look. Undefined when neither the cluster nor this bridge knows the tag. */
  async read(taskTag: string, signal?: AbortSignal): Promise<TaskOutcome | undefined> {
    return this.#read(taskTag, undefined, signal)
  }

  /**
   * Follows a task until it is finished or `waitMs` ran out; then the last state is returned. All
   * followers of a task share one poller. Undefined as in `read`.
   *
   * A failed look is tried again until the wait is over, and is thrown only where no state can be
   * returned.
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
        const { pollMs } = this.#timings
        timer = setTimeout(() => end(() => reject(noState(taskTag, pollMs))), pollMs)
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
        new BridgeError('SHUTTING_DOWN', 'The bridge is shutting down; the task keeps running.')
      )
  }

  #poller(taskTag: string): TaskPoller {
    const running = this.#pollers.get(taskTag)
    if (running !== undefined) return running
    let last: TaskOutcome | undefined
    const look = async (signal: AbortSignal): Promise<TaskOutcome | undefined> =>
      (last = await this.#read(taskTag, last, signal))
    const onEnd = (): void => {
      if (this.#pollers.get(taskTag) === poller) this.#pollers.delete(taskTag)
    }
    const poller = new TaskPoller(look, onEnd, this.#timings.pauseMs)
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
