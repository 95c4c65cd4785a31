import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { isFinished, type Tasks } from '../hypercore/tasks/tasks.ts'
import { BridgeError } from '../lib/errors/errors.ts'
import { type Logger, silentLogger } from '../lib/process/logger.ts'
import { StoreError } from '../store/store.ts'
import type { Ledger } from './ledger.ts'
import { isEnded, type WriteRecord } from './records.ts'

/** Most tasks end while their caller waits and looks: the first look here comes after that. */
const firstPauseMs = 5_000
const maxPauseMs = 30_000
const pauseGrowth = 1.5

export interface TaskFollowerOptions {
  logger?: Logger
  /** Until the first look, in ms. */
  firstPauseMs?: number
}

/**
 * Follows the task of every write to its end, also when no caller waits for it any more, and those that
 * an earlier process has left. What it finds is entered in the ledger.
 */
export class TaskFollower {
  readonly #ledger: Ledger
  readonly #tasks: Tasks
  readonly #logger: Logger
  readonly #firstPauseMs: number
  readonly #closing = new AbortController()
  readonly #followed = new Map<string, Promise<void>>()
  readonly #stops: (() => void)[]

  constructor(ledger: Ledger, tasks: Tasks, options: TaskFollowerOptions = {}) {
    this.#ledger = ledger
    this.#tasks = tasks
    this.#logger = options.logger ?? silentLogger
    this.#firstPauseMs = options.firstPauseMs ?? firstPauseMs
    // Each task that is followed listens to it.
    setMaxListeners(0, this.#closing.signal)
    this.#stops = [
      tasks.onFinished((outcome) => void ledger.taskEnded(outcome)),
      ledger.onChange((write) => this.#onChange(write))
    ]
  }

  /** Takes up what an earlier process has left. Call it once the bridge runs. */
  async recover(): Promise<void> {
    for (const write of await this.#ledger.recover()) {
      this.#tasks.saw(write.taskTag)
      this.#onChange(write)
    }
  }

  /** Stops looking; the tasks continue, and the next start takes them up. */
  async close(): Promise<void> {
    for (const stop of this.#stops) stop()
    this.#closing.abort()
    await Promise.all(this.#followed.values())
  }

  #onChange(write: WriteRecord): void {
    const { taskTag } = write
    if (taskTag === '' || isEnded(write) || this.#followed.has(taskTag)) return
    const followed = this.#follow(taskTag).finally(() => this.#followed.delete(taskTag))
    this.#followed.set(taskTag, followed)
  }

  async #follow(taskTag: string): Promise<void> {
    const { signal } = this.#closing
    for (
      let pauseMs = this.#firstPauseMs;
      ;
      pauseMs = Math.min(maxPauseMs, pauseMs * pauseGrowth)
    ) {
      await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => undefined)
      if (signal.aborted) return
      try {
        const write = await this.#ledger.byTask(taskTag)
        if (write === undefined || isEnded(write)) return
        const outcome = await this.#tasks.read(taskTag, signal)
        if (outcome === undefined || isFinished(outcome)) return
      } catch (error) {
        if (!(error instanceof BridgeError || error instanceof StoreError)) throw error
        this.#logger.debug(
          { err: error, taskTag },
          'A task could not be looked at; it is tried again'
        )
      }
    }
  }
}
