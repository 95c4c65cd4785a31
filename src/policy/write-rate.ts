const windowMs = 60_000

/** Counts the writes of each token within the last minute. */
export class WriteRate {
  readonly #max: number
  readonly #now: () => number
  /** When each was sent, the oldest first, by the name of the token. */
  readonly #sent = new Map<string, number[]>()

  /** @param now monotonic, in ms */
  constructor(max: number, now: () => number = () => performance.now()) {
    this.#max = max
    this.#now = now
  }

  /** Whether the token has made as many writes as it may. */
  isSpent(token: string): boolean {
    return this.#recent(token).length >= this.#max
  }

  count(token: string): void {
    if (this.#max !== Infinity) this.#sent.set(token, [...this.#recent(token), this.#now()])
  }

  #recent(token: string): number[] {
    const since = this.#now() - windowMs
    return (this.#sent.get(token) ?? []).filter((at) => at > since)
  }
}
