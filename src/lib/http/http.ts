import type { IncomingHttpHeaders } from 'node:http'
import type { Agent } from 'undici'
import { callerGone } from './caller-gone.ts'
import { networkWords, tlsWords } from './network-words.ts'
import { inSeconds } from '../text/units.ts'

/** One request to a server that is not the cluster. */
export interface HttpRequest {
  method?: 'GET' | 'POST'
  headers: Record<string, string>
  body?: string
  /** Ends the request, and with it the connection. */
  signal?: AbortSignal | undefined
}

/** The head of a response; the body is read once, to its end or until it is left. */
export interface HttpResponse {
  status: number
  headers: IncomingHttpHeaders
  /** @throws {HttpFailure} `cut` */
  body: AsyncIterable<Uint8Array>
}

export interface HttpLimits {
  /** From the call to the end of the response. */
  wholeMs: number
  maxBytes: number
}

/** How a request failed. */
export type HttpFailureKind =
  /** No connection: refused, no such name, not trusted; or closed before a response. */
  | 'unreachable'
  /** No connection in time. Nothing was sent. */
  | 'connect-timeout'
  /** Connected, perhaps, and not done in time. */
  | 'timeout'
  | 'not-http'
  /** The response ended in the middle. */
  | 'cut'
  | 'too-large'

/** No whole response came. */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure'
  readonly kind: HttpFailureKind
  /** What the server did, to stand after its name: `refused the connection`. */
  readonly reason: string
  /** Of the response that was not whole. */
  readonly status: number | undefined

  constructor(
    kind: HttpFailureKind,
    reason: string,
    extras: { status?: number; cause?: unknown } = {}
  ) {
    super(reason, extras.cause === undefined ? undefined : { cause: extras.cause })
    this.kind = kind
    this.reason = reason
    this.status = extras.status
  }
}

const closedCodes = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])

/** Name, code and message of an error, and nothing else: undici's carry sockets and what was sent. */
function bareError(error: unknown): Error {
  const { code = '', name = '', message = '' } = error as Partial<NodeJS.ErrnoException>
  return new Error(`${name} ${code}: ${message}`)
}

function noResponse(error: unknown, connectMs: number): HttpFailure {
  const { code = '', name = '' } = error as Partial<NodeJS.ErrnoException>
  const cause = bareError(error)
  const failure = (kind: HttpFailureKind, reason: string): HttpFailure =>
    new HttpFailure(kind, reason, { cause })
  if (name === 'HTTPParserError') return failure('not-http', 'returned something that is not HTTP')
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT')
    return failure(
      'connect-timeout',
      `did not accept the connection within ${inSeconds(connectMs)}`
    )
  if (closedCodes.has(code))
    return failure('unreachable', 'closed the connection without a response')
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return failure('unreachable', 'has a certificate issued for another name')
  const words = tlsWords[code] ?? networkWords[code]
  return failure('unreachable', words ?? `could not be reached (${code === '' ? name : code})`)
}

/** The body, with the failures of its connection in our words. */
async function* chunksOf(
  body: AsyncIterable<Uint8Array>,
  status: number,
  signal: AbortSignal | undefined
): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } catch (error) {
    if (signal?.aborted === true) throw callerGone()
    const cause = bareError(error)
    throw new HttpFailure('cut', 'broke its response off', { status, cause })
  }
}

/**
 * Requests to servers beside the cluster: the directory, OpenWebUI, a model server. They are rare: each
 * has a connection of its own that is closed with it, and none can be stale. Loaded with the first.
 *
 * Throws `HttpFailure`, for the caller to say in its own code what failed and what to do, and
 * CALLER_GONE where the request's signal ended it.
 */
export class HttpClient {
  readonly #connectMs: number
  #agent: Promise<Agent> | undefined

  /** @param connectMs until a connection is there, TLS included */
  constructor(connectMs: number) {
    this.#connectMs = connectMs
  }

  /** The head of the response. How long head and body may take is the caller's to watch. */
  async open(url: string | URL, { signal, ...options }: HttpRequest): Promise<HttpResponse> {
    try {
      const agent = await (this.#agent ??= this.#connections())
      const { origin, pathname, search } = new URL(url)
      const path = pathname + search
      const response = await agent.request({ method: 'GET', ...options, origin, path, signal })
      const { statusCode: status, headers } = response
      return { status, headers, body: chunksOf(response.body, status, signal) }
    } catch (error) {
      throw signal?.aborted === true ? callerGone() : noResponse(error, this.#connectMs)
    }
  }

  /** The whole response, as text. */
  async fetch(
    url: string | URL,
    request: HttpRequest,
    { wholeMs, maxBytes }: HttpLimits
  ): Promise<{ status: number; headers: IncomingHttpHeaders; text: string }> {
    const late = AbortSignal.timeout(wholeMs)
    const signal = request.signal ? AbortSignal.any([request.signal, late]) : late
    try {
      const { status, headers, body } = await this.open(url, { ...request, signal })
      const chunks: Uint8Array[] = []
      let size = 0
      for await (const chunk of body) {
        size += chunk.length
        if (size > maxBytes)
          throw new HttpFailure('too-large', `returned more than ${maxBytes} bytes`, {
            status
          })
        chunks.push(chunk)
      }
      return { status, headers, text: Buffer.concat(chunks).toString('utf8') }
    } catch (error) {
      if (error instanceof HttpFailure || !late.aborted || request.signal?.aborted === true)
        throw error
      throw new HttpFailure('timeout', `did not respond within ${inSeconds(wholeMs)}`)
    }
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    await (await this.#agent)?.destroy()
  }

  async #connections(): Promise<Agent> {
    const { Agent } = await import('./undici.ts')
    return new Agent({
      pipelining: 0,
      connect: { timeout: this.#connectMs },
      // The caller has timers of its own: undici's are only good to a second.
      headersTimeout: 0,
      bodyTimeout: 0
    })
  }
}
