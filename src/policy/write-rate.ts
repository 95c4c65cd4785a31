const windowMs = 60_000

/** Counts the writes of each token within the last minute. */
export class WriteRate {
  readonly #max: number
  readonly #now: () => number
  /** When each was let go, the oldest first, by the name of the token. */
  readonly #sent = new Map<string, number[]>()

  /** @param now monotonic, in ms */
  constructor(max: number, now: () => number = () => performance.now()) {
    this.#max = max
    this.#now = now
  }

  /**
   * Why a token may not make so many writes now; undefined where it may.
   * @param writes each item of a list is one
   */
  tooMany(token: string, writes: number): string | undefined {
    const left = Math.max(0, this.#max - this.#recent(token).length)
    if (writes <= left) return undefined
    return writes === 1
      ? `this token has made its ${this.#max} writes of this minute (WRITES_PER_MINUTE)`
      : `it is ${writes} writes, and this token has ${left} of its ${this.#max} left in this minute (WRITES_PER_MINUTE)`
  }

  /** Enters writes: those that the token has left, and those that a person has approved. */
  count(token: string, writes: number): void {
    if (this.#max === Infinity) return
    const now = this.#now()
    this.#sent.set(token, [...this.#recent(token), ...Array.from({ length: writes }, () => now)])
  }

  #recent(token: string): number[] {
    const since = this.#now() - windowMs
    return (this.#sent.get(token) ?? []).filter((at) => at > since)
  }
}
