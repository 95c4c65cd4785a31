/**
 * The cluster's time. Now is the real now; what takes time is divided by `speed`. Knows every timer
 * it started, so that a closed simulator leaves none behind.
 */
export class Clock {
  readonly #speed: number
  readonly #timers = new Set<NodeJS.Timeout>()
  #stopped = false

  constructor(speed: number) {
    this.#speed = speed
  }

  /** Unix seconds, as nearly all records count (FACTS 3.5). */
  seconds(): number {
    return Math.floor(Date.now() / 1000)
  }

  /** Unix milliseconds, as conditions count. */
  milliseconds(): number {
    return Date.now()
  }

  /** Runs `action` after so many milliseconds of cluster time; the answer cancels it. */
  after(ms: number, action: () => void): () => void {
    if (this.#stopped) return () => undefined
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      action()
    }, ms / this.#speed)
    this.#timers.add(timer)
    return () => {
      clearTimeout(timer)
      this.#timers.delete(timer)
    }
  }

  /** Ends all timers; none starts any more. */
  stop(): void {
    this.#stopped = true
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }
}
