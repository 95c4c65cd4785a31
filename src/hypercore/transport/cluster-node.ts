import type { Pool } from 'undici'
import { toBridgeError } from '../../lib/errors/errors.ts'
import type { HttpMethod } from '../../lib/http/http-method.ts'
import type { Meter, NodeRequestKind } from '../../lib/process/meter.ts'
import type { Access, TlsSettings } from '../access.ts'
import { createConnector } from './connector.ts'
import { exchange, type RawResponse } from './exchange.ts'
import type { StreamBody } from '../requests/stream-body.ts'
import { NodeFailure } from './node-failure.ts'
import { Semaphore } from '../../lib/flow/semaphore.ts'
import {
  deadlinesWithin,
  type Deadlines,
  fairMs,
  msUntil,
  toSeconds,
  type TimeLimits
} from './time-limits.ts'

/** One request to one node. */
export interface NodeRequest {
  method: HttpMethod
  /** Below `/rest/v1`, query included. */
  target: string
  /** The target is one of the host itself, such as a file beside the API. */
  outsideApi?: true
  /** JSON text. */
  body?: string
  /** Sent as bytes in its place. */
  stream?: StreamBody
  sessionID?: string
  signal?: AbortSignal
  /** Max wait for the response once it is sent; the node's own limit if it is left out. */
  timeoutMs?: number
  /** All of it within `timeoutMs`, unless they are given. */
  deadlines?: Deadlines
  /** Called once when the response comes in too slowly to wait for it alone; it is still read. */
  onTrickle?: () => void
  /** It has a slot in a lane; without one it is a ping, a login or the like. */
  hasSlot?: true
}

/** Pings, logins and logouts at a time; they wait for nothing else. */
const maxOwn = 8
/** 16 at once fit a small container; a thousand VMs are about 2 MiB. */
const maxResponseBytes = 16 * 2 ** 20
/** Shorter than Node's 5 s, so that a connection is seldom reused just as the node closes it. */
const idleConnectionMs = 4_000
const maxIdleConnectionMs = 60_000

const kinds: Readonly<Record<string, NodeRequestKind>> = {
  '/login': 'login',
  '/logout': 'login',
  '/ping': 'probe'
}

const kindOf = ({ method, target }: NodeRequest): NodeRequestKind =>
  kinds[target] ?? (method === 'GET' ? 'read' : 'write')

/** A stream may take for ever as long as data flows. */
function wholeMs({ stream }: NodeRequest, timeoutMs: number, { endBy }: Deadlines): number {
  if (stream !== undefined) return Infinity
  return endBy === Infinity ? timeoutMs : msUntil(endBy)
}

/** What is known of a node beforehand. */
export interface NodeShape {
  /** Requests with a slot at a time: this many connections are for them. */
  slots: number
  /** How many nodes there are at the moment. */
  nodes: () => number
}

/** One node of the cluster and the connections to it. Knows nothing of sessions. */
export class ClusterNode {
  readonly origin: string
  /** Host, and port unless it is 443: the node's name in messages. */
  readonly name: string
  readonly #access: Access
  #pool: Promise<Pool> | undefined
  /** How the connections of the pool were judged. */
  #tls: TlsSettings
  /** Pools that only finish what is under way. */
  readonly #retired = new Set<Promise<Pool>>()
  readonly #own = new Semaphore(maxOwn)
  readonly #shape: NodeShape
  readonly #limits: TimeLimits
  readonly #meter: Meter | undefined
  /** When the node responded last. */
  #heardAt = -Infinity

  constructor(origin: string, access: Access, limits: TimeLimits, shape: NodeShape, meter?: Meter) {
    const url = new URL(origin)
    this.origin = url.origin
    this.name = url.host
    this.#limits = limits
    this.#meter = meter
    this.#shape = shape
    this.#access = access
    this.#tls = access.tls
  }

  /** Pings, logins and the like at this moment, which have no slot in a lane. */
  get own(): { underWay: number; waiting: number } {
    return { underWay: this.#own.taken, waiting: this.#own.waiting }
  }

  /**
   * Sends one request; throws `NodeFailure` or CALLER_GONE. Where the response names the session (task
   * records do, an error may), its id is removed, so that no one further up can leak it.
   */
  async send(request: NodeRequest): Promise<RawResponse> {
    const response = await this.#measured(request)
    const { sessionID } = request
    if (sessionID === undefined) return response
    return { ...response, text: response.text.replaceAll(sessionID, '') }
  }

  async #measured(request: NodeRequest): Promise<RawResponse> {
    const startedAt = performance.now()
    let result = ''
    try {
      const response = await this.#send(request)
      result = String(response.status)
      return response
    } catch (error) {
      result = error instanceof NodeFailure ? error.facts.code : toBridgeError(error).code
      throw error
    } finally {
      const seconds = (performance.now() - startedAt) / 1000
      const { method, target } = request
      const kind = kindOf(request)
      this.#meter?.requested({ node: this.name, kind, method, target, result, seconds })
    }
  }

  /** Lets running requests finish for `graceMs`, then cuts them off. */
  async close(graceMs: number): Promise<void> {
    const pools = [...this.#retired, ...(this.#pool === undefined ? [] : [this.#pool])]
    await Promise.all(
      pools.map(async (opening) => {
        const pool = await opening
        const timer = setTimeout(() => void pool.destroy(), graceMs)
        await pool.close().catch(() => {})
        clearTimeout(timer)
      })
    )
  }

  /** The connections, opened with the first request: undici is not cheap to load. */
  #connections(): Promise<Pool> {
    const { tls } = this.#access
    if (tls !== this.#tls) {
      // They were judged by other settings.
      if (this.#pool !== undefined) this.#retire(this.#pool)
      this.#pool = undefined
      this.#tls = tls
    }
    this.#pool ??= this.#open()
    return this.#pool
  }

  #retire(pool: Promise<Pool>): void {
    this.#retired.add(pool)
    void pool
      .then((opened) => opened.close())
      .catch(() => {})
      .finally(() => this.#retired.delete(pool))
  }

  async #open(): Promise<Pool> {
    const { Pool } = await import('../../lib/http/undici.ts')
    return new Pool(this.origin, {
      connect: createConnector(this.name, this.#access, this.#limits.connectMs),
      connections: this.#shape.slots + maxOwn,
      keepAliveTimeout: idleConnectionMs,
      keepAliveMaxTimeout: maxIdleConnectionMs,
      // The exchange has timers of its own: undici's are only good to a second.
      headersTimeout: 0,
      bodyTimeout: 0
    })
  }

  async #send(request: NodeRequest): Promise<RawResponse> {
    const { timeoutMs = this.#limits.headersMs, deadlines = deadlinesWithin(timeoutMs) } = request
    const startedAt = performance.now()
    const queueMs = msUntil(deadlines.sendBy)
    const late = (): NodeFailure =>
      new NodeFailure({
        code: 'CLUSTER_TIMEOUT',
        node: this.name,
        reason: `had no free connection for ${toSeconds(queueMs)} s`,
        advice: 'it is busy with other calls, try again later',
        mayHaveActed: false,
        repeat: 'elsewhere',
        blameless: true
      })
    const isOwn = request.hasSlot !== true
    if (isOwn) await this.#own.acquire(queueMs, late, request.signal)
    let headersMs = 0
    const turnAt = performance.now()
    try {
      const connections = await this.#connections()
      headersMs = Math.min(timeoutMs, msUntil(deadlines.beginBy))
      if (headersMs < 1) throw late()
      const response = await exchange(
        connections,
        this.name,
        {
          method: request.method,
          path: request.outsideApi === true ? request.target : `/rest/v1${request.target}`,
          headers: {
            accept: 'application/json',
            ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
            ...(request.stream !== undefined && {
              'content-type': 'application/octet-stream',
              'content-length': String(request.stream.bytes)
            }),
            ...(request.sessionID === undefined ? {} : { cookie: `sessionID=${request.sessionID}` })
          },
          body: request.body
        },
        {
          headersMs,
          stallMs: this.#limits.headersMs,
          bodyMs: this.#limits.bodyMs,
          paceMs: this.#limits.paceMs,
          wholeMs: wholeMs(request, timeoutMs, deadlines),
          maxBytes: maxResponseBytes,
          waitedMs: performance.now() - startedAt
        },
        request
      )
      this.#heardAt = performance.now()
      return response
    } catch (error) {
      if (!(error instanceof NodeFailure) || error.facts.code !== 'CLUSTER_TIMEOUT') throw error
      if (error.facts.mayHaveActed) {
        // Its time had run out before, and what was left of it tells nothing.
        const isCut =
          error.facts.status === undefined &&
          headersMs < Math.min(timeoutMs, fairMs(this.#limits, this.#shape.nodes()))
        throw isCut ? new NodeFailure({ ...error.facts, blameless: true }) : error
      }
      // A call whose turn came too late to make a connection says nothing about the node, and a node that
      // responded to others meanwhile takes connections: it, or this process, is only busy.
      const isSilent = this.#heardAt < turnAt && headersMs >= this.#limits.connectMs
      throw isSilent ? error : new NodeFailure({ ...error.facts, blameless: true })
    } finally {
      if (isOwn) this.#own.release()
    }
  }
}
