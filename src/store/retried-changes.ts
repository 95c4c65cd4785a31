import { type Logger, silentLogger } from '../lib/process/logger.ts'
import { withTimeout } from '../lib/time/with-timeout.ts'
import { StoreError } from './store.ts'

const defaultPauseMs = 1_000
const maxPauseMs = 5_000
/** The end of the bridge waits no longer for a change that is under way. */
const closeMs = 5_000

interface Waiting {
  key: string
  change: () => Promise<void>
  /** One of a kind waits at a time; empty: all do. */
  kind: string
}

export interface RetriedChangesOptions {
  logger?: Logger
  /** Until the first retry, in ms; each further pause is twice as long, up to 5 s. */
  pauseMs?: number | undefined
}

const isOfTheStore = (error: unknown): boolean =>
  error instanceof StoreError || (error as Error).cause instanceof StoreError

/**
 * Changes of what the store keeps that tell what has happened already: one that the store does not accept is
 * retried until it does. Those of a key are applied in their order. A change may have been written although it
 * failed: applied again it has to come to the same.
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

  constructor({ logger = silentLogger, pauseMs = defaultPauseMs }: RetriedChangesOptions = {}) {
    this.#logger = logger
    this.#firstPauseMs = this.#pauseMs = pauseMs
  }

  /**
   * Resolves when it is applied, or waits for a retry.
   * @param key of what is changed
   * @param kind where one of the same kind and key waits already, this one is left out
   */
  async apply(key: string, change: () => Promise<void>, kind = ''): Promise<void> {
    const attempt = this.#attempt({ key, change, kind }, this.#attempts.get(key))
    this.#attempts.set(key, attempt)
    await attempt
    if (this.#attempts.get(key) === attempt) this.#attempts.delete(key)
  }

  /** Tries once more what waits; what is not accepted then is left to the next start. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    const underWay = Promise.all([this.#pass, ...this.#attempts.values()]).then(() => undefined)
    await withTimeout(underWay, closeMs, () => undefined)
    await withTimeout(this.#retry(), closeMs, () => undefined)
    if (this.#waiting.length > 0)
      this.#logger.warn(
        { keys: this.#waiting.map(({ key }) => key) },
        'The bridge ends before the store has accepted the outcome of these'
      )
  }

  async #attempt(next: Waiting, before: Promise<void> | undefined): Promise<void> {
    await before
    const others = this.#waiting.filter(({ key }) => key === next.key)
    if (next.kind !== '' && others.some(({ kind }) => kind === next.kind)) return
    if (others.length === 0 && (await this.#isDone(next, 'warn'))) {
      // The store accepts again.
      if (this.#waiting.length > 0) this.#begin()
      return
    }
    this.#waiting.push(next)
    this.#schedule()
  }

  /** Whether nothing is left to do: it was applied, or never will be. */
  async #isDone({ key, change }: Waiting, level: 'warn' | 'debug'): Promise<boolean> {
    try {
      await change()
      return true
    } catch (err) {
      const isRetried = isOfTheStore(err)
      const then = isRetried && !this.#closed ? ': it is tried again until it can' : ''
      this.#logger[isRetried ? level : 'warn'](
        { err, key },
        `The outcome could not be recorded${then}`
      )
      return !isRetried
    }
  }

  #schedule(): void {
    if (this.#closed || this.#timer !== undefined || this.#pass !== undefined) return
    this.#timer = setTimeout(() => this.#begin(), this.#pauseMs)
    this.#timer.unref()
  }

  #begin(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#closed) return
    this.#pass ??= this.#retry().finally(() => {
      this.#pass = undefined
      if (this.#waiting.length > 0) this.#schedule()
    })
  }

  /** In their order, up to the first that is not accepted. */
  async #retry(): Promise<void> {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (!(await this.#isDone(next, 'debug'))) {
        this.#pauseMs = Math.min(maxPauseMs, this.#pauseMs * 2)
        return
      }
      // The end begins a pass of its own where one takes too long.
      if (this.#waiting[0] === next) this.#waiting.shift()
    }
    this.#pauseMs = this.#firstPauseMs
  }
}
