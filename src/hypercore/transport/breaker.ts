/** `open`: others are asked first. `half-open`: it responds again, and takes a little more with each success. */
export type BreakerPosition = 'closed' | 'open' | 'half-open'

/** What of the time until the first look at a node that failed is left to chance: bridges do not look in step. */
const jitter = 0.25
/** The first rest is so much shorter than the longest. */
const firstShare = 1 / 8
/** Weight of the newest response in the mean latency. */
const newest = 0.2

export interface BreakerFailure {
  /** It concerns all kinds of requests. Default: this one alone. */
  isWhole?: boolean
  /** Once it half-opens, one request at a time is let in. Default; otherwise as many as before. */
  startsOver?: boolean
}

/**
 * Whether one node is asked for one kind of requests. One failure opens it; each rest without a success is
 * twice as long as the one before it. A ping half-opens it: then one request at a time, with each
 * success one more, so that those who wait do not come all at once.
 */
export class Breaker {
  readonly #maxRestMs: number
  readonly #chance: () => number
  #openedAt: number | undefined
  #restEnds = 0
  #failures = 0
  /** Requests at a time while it is not open. */
  #room = Infinity
  #isWhole = false
  #latencyMs: number | undefined

  /**
   * @param maxRestMs longest rest
   * @param chance from 0 up to 1
   */
  constructor(maxRestMs: number, chance: () => number = Math.random) {
    this.#maxRestMs = maxRestMs
    this.#chance = chance
  }

  get position(): BreakerPosition {
    if (this.#openedAt !== undefined) return 'open'
    return this.#room === Infinity ? 'closed' : 'half-open'
  }

  /** When it opened last; undefined unless it is open. */
  get openedAt(): number | undefined {
    return this.#openedAt
  }

  /** Mean of the last responses, in ms; undefined before the first. */
  get latencyMs(): number | undefined {
    return this.#latencyMs
  }

  /** It is open because of the node as a whole. */
  get isWhole(): boolean {
    return this.#openedAt !== undefined && this.#isWhole
  }

  /** Several that fail together are one failure: only one after the rest makes the next rest longer. */
  fail(now: number, { isWhole = false, startsOver = true }: BreakerFailure = {}): void {
    if (this.#openedAt === undefined || now >= this.#restEnds) {
      const restMs = this.#maxRestMs * Math.min(1, firstShare * 2 ** this.#failures)
      this.#failures += 1
      this.#restEnds = now + restMs * (1 - jitter * this.#chance())
    }
    this.#openedAt = now
    this.#isWhole = isWhole
    if (startsOver) this.#room = 1
  }

  /** ms until it is looked whether the node responds; never negative. */
  restLeftMs(now: number): number {
    return Math.max(0, this.#restEnds - now)
  }

  /** It was open for long enough to look whether the node responds. */
  isRested(now: number): boolean {
    return this.#openedAt !== undefined && now >= this.#restEnds
  }

  /** The node responded to a ping. */
  halfOpen(): void {
    this.#openedAt = undefined
  }

  /** @param most requests at a time, at which it is closed again */
  succeed(latencyMs: number, most: number): void {
    const mean = this.#latencyMs ?? latencyMs
    this.#latencyMs = mean + newest * (latencyMs - mean)
    if (this.#openedAt !== undefined) this.halfOpen()
    this.#failures = 0
    this.#room = this.#room + 1 >= most ? Infinity : this.#room + 1
  }

  /** Requests at a time; all of them where it is open, and nothing else is left to be asked. */
  room(most: number): number {
    return this.#openedAt === undefined ? Math.min(most, this.#room) : most
  }
}
