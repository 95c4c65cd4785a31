import { afterSilence } from '../time/after-silence.ts'

/** What happened in a race. */
export type RaceEvent<K, T> =
  | { kind: 'won'; runner: K; value: T }
  | { kind: 'failed'; runner: K; error: unknown }
  /** It is worth starting another one; this one runs on. */
  | { kind: 'lags'; runner: K }

/** What one runner is given. */
export interface Lane {
  /** Aborts when the race is over, and when its caller goes away. */
  signal: AbortSignal
  /** To be called when the runner finds itself too slow. */
  onLagging: () => void
}

/**
 * Several runners after the same thing, started one by one as those before them fail or lag. The one that
 * holds it starts them, takes what happens with `next`, and ends it.
 */
export class Race<K, T> {
  readonly #over = new AbortController()
  readonly #events: RaceEvent<K, T>[] = []
  readonly #cleanups: (() => void)[] = []
  #wake: (() => void) | undefined
  #running = 0

  constructor(signal?: AbortSignal) {
    if (signal === undefined) return
    const onAbort = (): void => this.#over.abort()
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    this.#cleanups.push(() => signal.removeEventListener('abort', onAbort))
  }

  /** None is running, and nothing that happened is left to be taken. */
  get isEmpty(): boolean {
    return this.#running === 0 && this.#events.length === 0
  }

  /** @param budgetMs after which the runner counts as lagging; undefined: never by time alone */
  start(runner: K, budgetMs: number | undefined, run: (lane: Lane) => Promise<T>): void {
    this.#running += 1
    let mayLag = true
    const onLagging = (): void => {
      if (mayLag) this.#tell({ kind: 'lags', runner })
      mayLag = false
    }
    const cancel = budgetMs === undefined ? undefined : afterSilence(budgetMs, onLagging)
    const ended = (event: RaceEvent<K, T>): void => {
      this.#running -= 1
      mayLag = false
      cancel?.()
      this.#tell(event)
    }
    if (cancel !== undefined) this.#cleanups.push(cancel)
    run({ signal: this.#over.signal, onLagging }).then(
      (value) => ended({ kind: 'won', runner, value }),
      (error: unknown) => ended({ kind: 'failed', runner, error })
    )
  }

  /** The next thing that happens. A runner must be running, or have left an event. */
  async next(): Promise<RaceEvent<K, T>> {
    for (;;) {
      const event = this.#events.shift()
      if (event !== undefined) return event
      if (this.#running === 0) throw new RangeError('Nothing is running')
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  /** Aborts those who still run. */
  end(): void {
    for (const cleanup of this.#cleanups) cleanup()
    // To abort creates an error with its stack, whether or not anybody listens.
    if (this.#running > 0) this.#over.abort()
  }

  #tell(event: RaceEvent<K, T>): void {
    this.#events.push(event)
    this.#wake?.()
  }
}
