import { callerGone } from '../../lib/http/caller-gone.ts'
import type { ClusterRequest, ClusterResponse } from '../cluster-api.ts'
import { toTarget } from './wire-request.ts'

/** Carries a read out at the cluster. */
export type CarryOutRead = (request: ClusterRequest) => Promise<ClusterResponse>

/** One request to the cluster, and all who wait for its response. */
interface Flight {
  /** By the monotonic clock. */
  begunAt: number
  response: Promise<ClusterResponse>
  waiting: number
  /** Ends it at the cluster when no caller waits any more. */
  cancel: () => void
}

/**
 * A request that has been under way for longer is not joined: what it returns is at most so much older
 * than what a request of one's own would have returned.
 */
const joinMs = 1_000

/**
 * Lets identical reads that are under way share one request, and the records parsed from its response,
 * which must not be changed. All of it happens below the guard: each caller's view is built from
 * the shared response afterwards, so that no caller sees more by it.
 *
 * A read never gets what the cluster returned to one that began before the last write of this bridge
 * began or ended, nor to one that began before its own call had its last response.
 */
export class SharedReads {
  readonly #send: CarryOutRead
  readonly #now: () => number
  /** By target. Replaced with every write: those under way are finished for who waits, and not joined. */
  #flights = new Map<string, Flight>()
  /** When a call had its last response, by its authority. */
  readonly #heardAt = new WeakMap<object, number>()
  #joined = 0

  constructor(send: CarryOutRead, now: () => number = () => performance.now()) {
    this.#send = send
    this.#now = now
  }

  /** How many reads needed no request of their own. */
  get joined(): number {
    return this.#joined
  }

  /** The cluster changes: what is under way is no longer joined. */
  end(): void {
    this.#flights = new Map()
  }

  /** Throws what `send` throws, or CALLER_GONE. A caller that leaves lets the others wait. */
  async read(request: ClusterRequest): Promise<ClusterResponse> {
    const { method, path, query, body, stream, timeoutMs, authority, signal } = request
    if (signal?.aborted === true) throw callerGone()
    const isPlain = method === 'GET' && body === undefined && stream === undefined
    try {
      if (!isPlain || timeoutMs !== undefined) return await this.#send(request)
      const key = toTarget(path, query)
      const heardAt = authority === undefined ? undefined : this.#heardAt.get(authority)
      const flight = this.#toJoin(key, heardAt ?? -Infinity) ?? this.#begin(key, request)
      return await this.#wait(key, flight, signal)
    } finally {
      if (authority !== undefined) this.#heardAt.set(authority, this.#now())
    }
  }

  #toJoin(key: string, after: number): Flight | undefined {
    const flight = this.#flights.get(key)
    if (flight === undefined) return undefined
    const { begunAt } = flight
    if (begunAt < after || this.#now() - begunAt > joinMs) return undefined
    this.#joined += 1
    return flight
  }

  #begin(key: string, request: ClusterRequest): Flight {
    const over = new AbortController()
    const response = this.#send({ ...request, signal: over.signal })
    const flight = { begunAt: this.#now(), response, waiting: 0, cancel: () => over.abort() }
    this.#flights.set(key, flight)
    const landed = (): void => this.#forget(key, flight)
    response.then(landed, landed)
    return flight
  }

  /** Unless another one took its place. */
  #forget(key: string, flight: Flight): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key)
  }

  #wait(key: string, flight: Flight, signal: AbortSignal | undefined): Promise<ClusterResponse> {
    flight.waiting += 1
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        flight.waiting -= 1
        if (flight.waiting === 0) {
          this.#forget(key, flight)
          flight.cancel()
        }
        reject(callerGone())
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      const landed = (): void => signal?.removeEventListener('abort', onAbort)
      flight.response.finally(landed).then(resolve, reject)
    })
  }
}
