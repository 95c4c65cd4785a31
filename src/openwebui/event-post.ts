import type { Pool } from 'undici'
import type { OpenWebUiConfig } from '../config/config.ts'
import type { Outgoing } from '../lib/outgoing.ts'
import { networkWords, tlsWords } from '../lib/network-words.ts'

/** What is shown above the message while it is written. */
export interface StatusEvent {
  description: string
  /** True: nothing goes on any more. */
  done: boolean
}

/** How a post ended. */
export type PostResult =
  | { kind: 'shown' }
  /** OpenWebUI works, and does not want this one. */
  | { kind: 'refused'; reason: string }
  /** OpenWebUI did not answer in time: it may show it, now or later. */
  | { kind: 'unsure'; reason: string }
  /** OpenWebUI did not answer as it should. */
  | { kind: 'failed'; reason: string }

const maxResponseBytes = 64 * 1024

/** No answer in time to a request that may have arrived. */
const timeouts = ['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']

/** Why no answer came; the reason is to stand after the host. */
function withoutAnswer(error: unknown, limit: AbortSignal, limitMs: number): PostResult {
  const { code = '', name = '' } = error as Partial<NodeJS.ErrnoException>
  if (limit.aborted || timeouts.includes(code))
    return { kind: 'unsure', reason: `did not answer within ${limitMs / 1000} s` }
  const reason = tlsWords[code] ?? networkWords[code] ?? `could not be reached (${code || name})`
  return { kind: 'failed', reason }
}

function resultOf(status: number): PostResult {
  if (status >= 200 && status < 300) return { kind: 'shown' }
  const reason = `answered ${status}`
  // A proxy that gave up says nothing about what became of the event.
  if (status === 504) return { kind: 'unsure', reason }
  return [401, 403, 404].includes(status) ? { kind: 'refused', reason } : { kind: 'failed', reason }
}

/** OpenWebUI's door for events, with connections of its own. Loaded with the first post. */
export class EventClient {
  readonly #config: OpenWebUiConfig
  readonly #limitMs: number
  readonly #outgoing: Outgoing
  #pool: Promise<Pool> | undefined

  constructor(config: OpenWebUiConfig, limitMs: number, outgoing: Outgoing) {
    this.#config = config
    this.#outgoing = outgoing
    this.#limitMs = limitMs
  }

  /** Host and port, for messages. */
  get host(): string {
    return new URL(this.#config.url).host
  }

  /** Posts one event. Never throws, and takes no longer than the limit. */
  async post(path: string, event: StatusEvent): Promise<PostResult> {
    const body = JSON.stringify(this.#outgoing.value({ type: 'status', data: event }))
    return this.#send('POST', path, body)
  }

  /** Asks with the key for something that every key may read. */
  async probe(): Promise<PostResult> {
    return this.#send('GET', '/api/v1/auths/')
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    await (await this.#pool)?.destroy()
  }

  async #send(method: 'GET' | 'POST', path: string, body?: string): Promise<PostResult> {
    const limit = AbortSignal.timeout(this.#limitMs)
    try {
      const url = new URL(this.#config.url)
      const pool = await (this.#pool ??= this.#connect(url.origin))
      const response = await pool.request({
        method,
        path: url.pathname.replace(/\/$/, '') + path,
        headers: {
          authorization: `Bearer ${this.#config.apiKey}`,
          accept: 'application/json',
          ...(body !== undefined && { 'content-type': 'application/json' })
        },
        signal: limit,
        ...(body !== undefined && { body })
      })
      await response.body.dump({ limit: maxResponseBytes, signal: limit })
      return resultOf(response.statusCode)
    } catch (error) {
      return withoutAnswer(error, limit, this.#limitMs)
    }
  }

  async #connect(origin: string): Promise<Pool> {
    const { Pool } = await import('../lib/http-client.ts')
    const limitMs = this.#limitMs
    // Events are rare: a connection for each is closed with it, and none has gone stale.
    return new Pool(origin, {
      pipelining: 0,
      connect: { timeout: limitMs },
      headersTimeout: limitMs,
      bodyTimeout: limitMs
    })
  }
}
