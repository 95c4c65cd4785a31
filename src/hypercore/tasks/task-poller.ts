import { BridgeError, type ErrorCode } from '../../lib/errors.ts'
import { isFinished, type TaskOutcome } from './task-outcome.ts'

const maxPauseMs = 2_000
const pauseGrowth = 1.5

/** Failures that say nothing about the task and may pass. */
const passing: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'CLUSTER_UNREACHABLE',
  'CLUSTER_TIMEOUT',
  'CLUSTER_BAD_ANSWER',
  'CLUSTER_ERROR',
  'CLUSTER_TLS'
])

/** One who waits for a task. */
export interface Follower {
  /** Called with the first state and every change. */
  onState(outcome: TaskOutcome | undefined): void
  /** Called with each failed look, unless the poller ends with it. */
  onMissed(error: unknown): void
  onFailed(error: unknown): void
}

/** Looks at one task again and again, for all who follow it, until it is finished or they left. */
export class TaskPoller {
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

  /** Ends the polling; followers hear of it as a failure. */
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
    this.#timer = setTimeout(() => void this.#poll(), this.#pauseMs)
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
