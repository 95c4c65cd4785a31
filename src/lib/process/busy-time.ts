/** Adds up how long at least one of several things was under way. */
export class BusyTime {
  readonly #now: () => number
  #running = 0
  #since = 0
  #ms = 0
  #count = 0

  /** @param now a monotonic clock, in ms */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** In milliseconds, what is under way included. */
  get ms(): number {
    return this.#ms + (this.#running > 0 ? this.#now() - this.#since : 0)
  }

  /** How many have begun. */
  get count(): number {
    return this.#count
  }

  /** @returns ends it, once */
  begin(): () => void {
    if (this.#running === 0) this.#since = this.#now()
    this.#running += 1
    this.#count += 1
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      this.#running -= 1
      if (this.#running === 0) this.#ms += this.#now() - this.#since
    }
  }

  /** Counts what is under way until it has ended. */
  async during<T>(work: Promise<T>): Promise<T> {
    const end = this.begin()
    try {
      return await work
    } finally {
      end()
    }
  }
}
