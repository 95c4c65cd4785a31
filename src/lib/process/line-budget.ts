const minuteMs = 60_000

/** Addresses that are counted; the one that came longest ago is forgotten. */
const maxAddresses = 1000

/** What to do with a line of the log. */
export type LineFate = 'write' | 'write-last' | 'drop'

/**
 * How many lines of the log one address may cause in a minute. Strangers reach the log without a token,
 * and must neither fill a disk nor bury what matters.
 */
export class LineBudget {
  readonly #max: number
  readonly #now: () => number
  readonly #lines = new Map<string, { since: number; count: number }>()

  /** @param max lines in a minute */
  constructor(max: number, now: () => number = () => performance.now()) {
    this.#max = max
    this.#now = now
  }

  /** Counts a line; `write-last`: those that follow within the minute are dropped. */
  take(address: string): LineFate {
    const now = this.#now()
    const known = this.#lines.get(address)
    const isFresh = known !== undefined && now - known.since < minuteMs
    const entry = isFresh ? known : { since: now, count: 0 }
    if (!isFresh) this.#remember(address, entry)
    entry.count += 1
    if (entry.count < this.#max) return 'write'
    return entry.count === this.#max ? 'write-last' : 'drop'
  }

  #remember(address: string, entry: { since: number; count: number }): void {
    this.#lines.delete(address)
    this.#lines.set(address, entry)
    const [oldest] = this.#lines.keys()
    if (this.#lines.size > maxAddresses && oldest !== undefined) this.#lines.delete(oldest)
  }
}
