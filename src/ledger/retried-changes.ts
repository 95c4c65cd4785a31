import type { Logger } from '../lib/logger.ts'
import { StoreError } from '../store/store.ts'

const defaultPauseMs = 1_000
const maxPauseMs = 5_000

interface Waiting {
  key: string
  change: () => Promise<void>
}

export interface RetriedChangesOptions {
  logger: Logger
  /** Until the first retry, in ms; each further pause is twice as long, up to 5 s. */
  pauseMs?: number
}

const isOfTheStore = (error: unknown): boolean =>
  error instanceof StoreError || (error as Error).cause instanceof StoreError

/**
 * Changes of what the store keeps that tell what has happened already: one that the store does not accept is
 * retried until it does. Those of a key are applied in their order.
 */
export class RetriedChanges {
  readonly #logger: Logger
  readonly #firstPauseMs: number
  /** The last first attempt, by key. */
  readonly #attempts = new Map<string, Promise<void>>()
  /** Oldest first. */
  readonly #waiting: Waiting[] = []
  #pauseMs: number
  #timer: NodeJS.Timeout | undefined
  #pass: Promise<void> | undefined
  #closed = false

  constructor({ logger, pauseMs = defaultPauseMs }: RetriedChangesOptions) {
    this.#logger = logger
    this.#firstPauseMs = this.#pauseMs = pauseMs
  }

  /** Resolves when it is applied, or waits for a retry. */
  async apply(key: string, change: () => Promise<void>): Promise<void> {
    const attempt = this.#attempt({ key, change }, this.#attempts.get(key))
    this.#attempts.set(key, attempt)
    await attempt
    if (this.#attempts.get(key) === attempt) this.#attempts.delete(key)
  }

  /** Tries once more what waits; what is not accepted then is left to the next start. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#pass
    await this.#retry()
    if (this.#waiting.length > 0)
      this.#logger.warn(
        { keys: this.#waiting.map(({ key }) => key) },
        'The bridge ends before the store has accepted what became of these'
      )
  }

  async #attempt(waiting: Waiting, before: Promise<void> | undefined): Promise<void> {
    await before
    if (this.#waiting.some(({ key }) => key === waiting.key))
      return void this.#waiting.push(waiting)
    if (await this.#isDone(waiting, 'warn')) return
    this.#waiting.push(waiting)
    if (this.#pass === undefined) this.#schedule()
  }

  /** Whether nothing is left to do: it was applied, or never will be. */
  async #isDone({ key, change }: Waiting, level: 'warn' | 'debug'): Promise<boolean> {
    try {
      await change()
      return true
    } catch (err) {
      const isRetried = isOfTheStore(err)
      const then = isRetried ? ': it is tried again until it can' : ''
      this.#logger[isRetried ? level : 'warn'](
        { err, key },
        `What became of it could not be entered${then}`
      )
      return !isRetried
    }
  }

  #schedule(): void {
    if (this.#closed || this.#timer !== undefined) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#pass = this.#retry().finally(() => {
        this.#pass = undefined
        if (this.#waiting.length > 0) this.#schedule()
      })
    }, this.#pauseMs)
    this.#timer.unref()
  }

  /** In their order, up to the first that is not accepted. */
  async #retry(): Promise<void> {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (!(await this.#isDone(next, 'debug'))) {
        this.#pauseMs = Math.min(maxPauseMs, this.#pauseMs * 2)
        return
      }
      this.#waiting.shift()
    }
    this.#pauseMs = this.#firstPauseMs
  }
}
