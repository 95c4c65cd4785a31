import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import { afterSilence } from '../../lib/time/after-silence.ts'
import { callerGone } from '../../lib/http/caller-gone.ts'
import type { StreamBody } from '../requests/stream-body.ts'
import { NodeFailure, type NodeFailureFacts } from './node-failure.ts'
import { msUntil, toSeconds } from './time-limits.ts'

/** A response as it came, whole. */
export interface RawResponse {
  status: number
  headers: IncomingHttpHeaders
  text: string
  /** From the request on its connection to the beginning of the response. */
  latencyMs: number
}

export interface ExchangeLimits {
  /** Max wait from here to the headers, a free connection and its handshake included. */
  headersMs: number
  /** Max time in which the node takes nothing of a stream. */
  stallMs: number
  /** Max pause in the body; the whole body may take five times as long. */
  bodyMs: number
  /** How often the body is checked to come in fast enough. */
  paceMs: number
  /** Longest wait from here to the end of the response. */
  wholeMs: number
  maxBytes: number
  /** Has waited for its turn so long; counts in what is said of a node that is late. */
  waitedMs: number
}

const bodyPauses = 5

/** Who is concerned with an exchange while it lasts. */
export interface ExchangeWatch {
  signal?: AbortSignal | undefined
  /** Called once when the body comes in too slowly to wait for it alone; it is still read. */
  onTrickle?: (() => void) | undefined
  /** What is sent as the body of the request, as it comes in. */
  stream?: StreamBody | undefined
}

/** A body that comes in slower is trickling: a loaded link to a branch office is faster. */
const minBytesPerSecond = 1024

/**
 * One request on one connection, watched closely enough to say afterwards whether a byte of it can
 * have left. undici's `request()` cannot say that, and cannot leave its queue when aborted.
 */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #node: string
  readonly #limits: ExchangeLimits
  readonly #signal: AbortSignal | undefined
  readonly #settle: (end: { response: RawResponse } | { error: Error }) => void
  #onTrickle: (() => void) | undefined
  #controller: Dispatcher.DispatchController | undefined
  #cancelTimer: () => void
  #settled = false
  #status = 0
  #headers: IncomingHttpHeaders = {}
  #chunks: Buffer[] = []
  #bytes = 0
  readonly #wholeEnds: number
  #bodyEnds = 0
  #startedAt = 0
  #latencyMs = 0
  /** A stream is on its way. */
  #isSending = false
  /** The last piece of the body. */
  #heardAt = 0

  constructor(
    node: string,
    limits: ExchangeLimits,
    watch: ExchangeWatch,
    settle: (end: { response: RawResponse } | { error: Error }) => void
  ) {
    this.#node = node
    this.#limits = limits
    this.#signal = watch.signal
    this.#onTrickle = watch.onTrickle
    this.#settle = settle
    this.#wholeEnds = performance.now() + limits.wholeMs
    this.#cancelTimer = afterSilence(limits.headersMs, () => this.#onLate())
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  /** Called when a connection is there, just before the request is written to it. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Throwing here sends nothing. A second start would be undici repeating the request on a new
    // connection, which is ours to decide.
    if (this.#settled || this.#controller !== undefined) throw new Error('Not to be sent')
    this.#controller = controller
    this.#startedAt = performance.now()
  }

  /**
   * The pieces of a stream, each given its time to be taken by the node. How long its source may take
   * is the source's to watch.
   */
  async *send(stream: StreamBody): AsyncGenerator<Uint8Array> {
    this.#isSending = true
    this.#cancelTimer()
    try {
      for await (const chunk of stream.chunks()) {
        this.#wait(this.#limits.stallMs)
        yield chunk
        if (this.#status === 0) this.#cancelTimer()
      }
      this.#isSending = false
      this.#wait(this.#limits.headersMs)
    } catch (error) {
      this.#end({ error: stream.broken ?? (error as Error) })
      throw error
    }
  }

  /** Restarts the wait for the node, unless it has begun to respond. */
  #wait(ms: number): void {
    if (this.#settled || this.#status !== 0) return
    this.#cancelTimer()
    this.#startedAt = performance.now()
    this.#cancelTimer = afterSilence(ms, () => this.#onLate())
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders
  ): void {
    if (status < 200) return
    const now = performance.now()
    this.#status = status
    this.#headers = headers
    this.#latencyMs = now - this.#startedAt
    this.#heardAt = now
    this.#bodyEnds = Math.min(this.#wholeEnds, now + bodyPauses * this.#limits.bodyMs)
    this.#watchBody(now, 0)
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    this.#heardAt = performance.now()
    if (this.#bytes > this.#limits.maxBytes) {
      const mebibytes = Math.round(this.#limits.maxBytes / 2 ** 20)
      this.#fail({
        code: 'CLUSTER_BAD_ANSWER',
        reason: `returned more than ${mebibytes} MiB`,
        advice: 'ask for less at once',
        repeat: 'nowhere'
      })
    }
  }

  onResponseEnd(): void {
    const text = Buffer.concat(this.#chunks).toString('utf8')
    const response = { status: this.#status, headers: this.#headers, text }
    this.#end({ response: { ...response, latencyMs: this.#latencyMs } })
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (error instanceof NodeFailure) this.#end({ error })
    else if (this.#status !== 0)
      this.#fail({
        code: 'CLUSTER_BAD_ANSWER',
        reason: 'broke its response off',
        advice: 'try again',
        repeat: 'anywhere',
        cause: error
      })
    else if (error.name === 'HTTPParserError')
      this.#fail({
        code: 'CLUSTER_BAD_ANSWER',
        reason: 'returned something that is not HTTP',
        advice: 'check that SCALE_HOST names a HyperCore node',
        repeat: 'elsewhere',
        cause: error
      })
    else
      this.#fail({
        code: 'CLUSTER_UNREACHABLE',
        reason: 'closed the connection without a response',
        advice: 'check that the node is up and try again',
        repeat: 'anywhere',
        cause: error
      })
  }

  /**
   * Looks again and again how the body comes in: not at all, or too slowly to wait for it alone.
   * @param since when it was looked at last
   * @param bytes what had come by then
   */
  #watchBody(since: number, bytes: number): void {
    this.#cancelTimer()
    const { bodyMs, paceMs } = this.#limits
    const silenceEnds = this.#heardAt + bodyMs
    const ms = Math.min(paceMs, msUntil(silenceEnds), msUntil(this.#bodyEnds))
    this.#cancelTimer = afterSilence(ms, () => {
      const now = performance.now()
      if (now >= this.#bodyEnds || now >= this.#heardAt + bodyMs) return this.#onLate()
      const seconds = (now - since) / 1000
      if (seconds * 1000 < paceMs) return this.#watchBody(since, bytes)
      if (this.#bytes - bytes < minBytesPerSecond * seconds) {
        this.#onTrickle?.()
        this.#onTrickle = undefined
      }
      this.#watchBody(now, this.#bytes)
    })
  }

  #onLate(): void {
    const waited = toSeconds(this.#limits.waitedMs + this.#limits.headersMs)
    const reason =
      this.#status !== 0
        ? 'stopped in the middle of its response'
        : this.#isSending
          ? `took nothing of the upload for ${toSeconds(this.#limits.stallMs)} s`
          : this.#controller === undefined
            ? `had no free connection for ${waited} s`
            : `did not respond within ${waited} s`
    this.#fail({
      code: 'CLUSTER_TIMEOUT',
      reason,
      advice: 'check that the node is up, it may be restarting or overloaded',
      repeat: 'elsewhere'
    })
  }

  readonly #onAbort = (): void => this.#end({ error: callerGone() })

  #fail(facts: Omit<NodeFailureFacts, 'node' | 'mayHaveActed'>): void {
    const status = this.#status === 0 ? {} : { status: this.#status }
    const mayHaveActed = this.#controller !== undefined
    this.#end({ error: new NodeFailure({ ...facts, ...status, node: this.#node, mayHaveActed }) })
  }

  #end(end: { response: RawResponse } | { error: Error }): void {
    if (this.#settled) return
    this.#settled = true
    this.#cancelTimer()
    this.#signal?.removeEventListener('abort', this.#onAbort)
    this.#chunks = []
    this.#settle(end)
    if ('error' in end) this.#controller?.abort(end.error)
  }
}

/**
 * Sends one request and reads the whole response, whatever its status. Throws `NodeFailure`, or
 * CALLER_GONE; the connection is closed at once in both cases.
 */
export function exchange(
  dispatcher: Dispatcher,
  node: string,
  request: Dispatcher.DispatchOptions,
  limits: ExchangeLimits,
  watch: ExchangeWatch = {}
): Promise<RawResponse> {
  if (watch.signal?.aborted === true) return Promise.reject(callerGone())
  return new Promise((resolve, reject) => {
    const handler = new Exchange(node, limits, watch, (end) =>
      'error' in end ? reject(end.error) : resolve(end.response)
    )
    const { stream } = watch
    const body = stream === undefined ? request.body : handler.send(stream)
    dispatcher.dispatch({ ...request, body: body as Dispatcher.DispatchOptions['body'] }, handler)
  })
}
