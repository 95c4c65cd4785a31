/** Node fires a longer timer at once. */
const maxTimerMs = 2 ** 31 - 1

/** What happens by hand: after this many ms of cluster time, counted from the start. */
interface Waiting {
  at: number
  action: () => void
}

/**
 * The cluster's time. Now is the real now, unless it was set wrong; what takes time is divided by
 * `speed`, or stands still with a speed of 0 until `advance`. Knows every timer it started, so that a
 * closed simulator leaves none behind.
 */
export class Clock {
  readonly #speed: number
  readonly #waiting = new Set<Waiting>()
  #advanced = 0
  readonly #timers = new Set<NodeJS.Timeout>()
  /** How many seconds what it shows is off; what takes time does not feel it. */
  offSeconds = 0
  #stopped = false

  constructor(speed: number) {
    this.#speed = speed
  }

  /** Unix seconds, as nearly all records count (FACTS 3.5). */
  seconds(): number {
    return Math.floor(this.milliseconds() / 1000)
  }

  /** Unix milliseconds, as conditions count. */
  milliseconds(): number {
    // oxlint-disable-next-line no-restricted-properties -- a point in time of the cluster
    return Date.now() + this.offSeconds * 1000
  }

  /**
   * Runs `action` after this many milliseconds of cluster time, also months of it; the answer cancels
   * it.
   */
  after(ms: number, action: () => void): () => void {
    return this.#speed === 0 ? this.#byHand(ms, action) : this.afterReal(ms / this.#speed, action)
  }

  #byHand(ms: number, action: () => void): () => void {
    const waiting = { at: this.#advanced + ms, action }
    this.#waiting.add(waiting)
    return () => this.#waiting.delete(waiting)
  }

  /** Lets this many milliseconds of cluster time pass at once, where it stands still otherwise. */
  advance(ms: number): void {
    const until = this.#advanced + ms
    while (this.next(until - this.#advanced));
    this.#advanced = until
  }

  /**
   * Lets time pass, where it stands still otherwise, to what comes next in it, and that happen.
   * @returns false where nothing comes in this many milliseconds of cluster time; none passes then
   */
  next(withinMs: number): boolean {
    const [next] = [...this.#waiting].toSorted((a, b) => a.at - b.at)
    if (next === undefined || next.at > this.#advanced + withinMs) return false
    this.#waiting.delete(next)
    this.#advanced = next.at
    next.action()
    return true
  }

  /** The same by the real clock, for what is a setting of the cluster and not its work. */
  afterReal(ms: number, action: () => void): () => void {
    let left = ms
    let timer: NodeJS.Timeout | undefined
    const wait = (): void => {
      if (this.#stopped) return
      const part = Math.min(left, maxTimerMs)
      left -= part
      const started = setTimeout(() => {
        this.#timers.delete(started)
        if (left > 0) wait()
        else action()
      }, part)
      this.#timers.add(started)
      timer = started
    }
    wait()
    return () => {
      clearTimeout(timer)
      if (timer !== undefined) this.#timers.delete(timer)
    }
  }

  /** Ends all timers; none starts any more. */
  stop(): void {
    this.#stopped = true
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
    this.#waiting.clear()
  }
}
