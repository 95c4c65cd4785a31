/** How long things may take at the cluster, in ms. */
export interface TimeLimits {
  /** Until a connection is there and secured. */
  connectMs: number
  /** From sending a write, or a login, to its response. Reads end with it too, if not sooner. */
  headersMs: number
  /** The same for a write that is slow by nature: exports and imports (FACTS 5.8, S). */
  acceptMs: number
  /** Max pause in a response that has begun. */
  bodyMs: number
  /** How often a body is checked to come in fast enough; a slow one is asked of another node too. */
  paceMs: number
  /** Until another node is asked as well, where one hangs. */
  moveOnMs: number
  /**
   * Until a read has the first byte of its response, or a write is on its way: all nodes and logins
   * together, however many there are.
   */
  firstByteMs: number
  /** Until the response to a read is there, whole. */
  wholeMs: number
  /** Until a call that begins fails because its lane is full: clients abandon a silent call. */
  laneMs: number
  /** A node whose responses begin so much later than another's to the same question loses its place. */
  slowMs: number
  /** How long a node that failed is left alone before it is probed. */
  restMs: number
  /** How long a node that refused the login is not asked again: more would lock accounts. */
  refusalMs: number
  /** How long a list of VMs serves calls that read a VM by its name, from when it was asked for. */
  namesMs: number
}

/**
 * MCP clients give a call up after 60 s and never learn why, so the bridge ends every call before
 * that: a read after 25 s without a byte, or after 50 s if its response still comes in; a write
 * 25 + 30 s after it was called for, in the worst case.
 */
export const defaultLimits: TimeLimits = {
  connectMs: 5_000,
  headersMs: 30_000,
  acceptMs: 180_000,
  bodyMs: 10_000,
  paceMs: 3_000,
  moveOnMs: 10_000,
  firstByteMs: 25_000,
  wholeMs: 50_000,
  laneMs: 2_000,
  slowMs: 250,
  restMs: 15_000,
  refusalMs: 30_000,
  namesMs: 5_000
}

/** When what is sent to one node must be over; points in time as `performance.now()` has them. */
export interface Deadlines {
  /** Until then it may wait to be sent: for a login, for a connection. */
  sendBy: number
  /** Until then the response must have begun. */
  beginBy: number
  /** Until then the response must be there. Infinity: the limit of the request itself holds. */
  endBy: number
}

/** All of it within this many ms from now: probes, logouts. */
export function deadlinesWithin(ms: number): Deadlines {
  const by = performance.now() + ms
  return { sendBy: by, beginBy: by, endBy: by }
}

/** ms left until a point in time; never negative. */
export function msUntil(by: number): number {
  return Math.max(0, by - performance.now())
}

/**
 * A node that was silent for less says nothing by it: who gave it so little had spent the time before, in a
 * queue or at other nodes.
 */
export function fairMs(
  { moveOnMs, connectMs, firstByteMs }: Pick<TimeLimits, 'moveOnMs' | 'connectMs' | 'firstByteMs'>,
  nodes: number
): number {
  return 0.9 * Math.min(moveOnMs, connectMs, firstByteMs / nodes)
}

/** `10`, `0.4`: seconds for a sentence. */
export function toSeconds(ms: number): number {
  return Math.max(0.1, Math.round(ms / 100) / 10)
}

/** How long one call to the cluster may take, on all its nodes together. */
export class TimeBudget {
  readonly #limits: TimeLimits
  readonly #firstByteBy: number
  readonly #wholeBy: number

  constructor(limits: TimeLimits) {
    const now = performance.now()
    this.#limits = limits
    this.#firstByteBy = now + limits.firstByteMs
    this.#wholeBy = now + limits.wholeMs
  }

  /** Nothing more may be begun. */
  get over(): boolean {
    return msUntil(this.#firstByteBy) === 0
  }

  /**
   * ms that the next node is given before the one after it is tried; the last one gets all that is
   * left. Every node still gets its try: at least the time of a connection, or an equal share.
   * @param nodes still to be tried, the next one included
   */
  shareMs(nodes: number): number {
    const left = msUntil(this.#firstByteBy)
    if (nodes <= 1) return left
    const { moveOnMs, connectMs } = this.#limits
    return Math.min(moveOnMs, Math.max(left / nodes, left - (nodes - 1) * connectMs))
  }

  /** For a read: it continues while other nodes are tried as well, so no node cuts it short. */
  forRead(): Deadlines {
    return { sendBy: this.#firstByteBy, beginBy: this.#firstByteBy, endBy: this.#wholeBy }
  }

  /** For a write that waits to be sent. Once it is, giving up early would only hide how it ended. */
  forWrite(nodes: number): Deadlines {
    const ms = Math.min(this.#limits.headersMs, this.shareMs(nodes))
    return { sendBy: performance.now() + ms, beginBy: Infinity, endBy: Infinity }
  }
}
