import type { OpenWebUiConfig } from '../config/config.ts'
import { HttpClient, HttpFailure } from '../lib/http/http.ts'
import type { Outgoing } from '../lib/secrets/outgoing.ts'

/** What is shown above the message while it is written. */
export interface StatusEvent {
  description: string
  /** True: nothing is in progress any more. */
  done: boolean
}

/** How a post ended. */
export type PostResult =
  | { kind: 'shown' }
  /** OpenWebUI works, and does not accept this one. */
  | { kind: 'refused'; reason: string }
  /** OpenWebUI did not respond in time: it may show it, now or later. */
  | { kind: 'unsure'; reason: string }
  /** OpenWebUI did not respond as it should. */
  | { kind: 'failed'; reason: string }

const maxResponseBytes = 64 * 1024

function resultOf(status: number): PostResult {
  if (status >= 200 && status < 300) return { kind: 'shown' }
  const reason = `returned ${status}`
  // A proxy that gave up says nothing about what happened to the event.
  if (status === 504) return { kind: 'unsure', reason }
  return [401, 403, 404].includes(status) ? { kind: 'refused', reason } : { kind: 'failed', reason }
}

/** Posts events to OpenWebUI. */
export class EventClient {
  readonly #config: OpenWebUiConfig
  readonly #limitMs: number
  readonly #http: HttpClient
  readonly #outgoing: Outgoing

  constructor(config: OpenWebUiConfig, limitMs: number, outgoing: Outgoing) {
    this.#config = config
    this.#outgoing = outgoing
    this.#limitMs = limitMs
    this.#http = new HttpClient(limitMs)
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

  /** Ends what is running. */
  async close(): Promise<void> {
    await this.#http.close()
  }

  async #send(method: 'GET' | 'POST', path: string, body?: string): Promise<PostResult> {
    const headers = {
      authorization: `Bearer ${this.#config.apiKey}`,
      accept: 'application/json',
      ...(body !== undefined && { 'content-type': 'application/json' })
    }
    const { origin, pathname } = new URL(this.#config.url)
    try {
      const { status } = await this.#http.fetch(
        origin + pathname.replace(/\/$/, '') + path,
        { method, headers, ...(body !== undefined && { body }) },
        { wholeMs: this.#limitMs, maxBytes: maxResponseBytes }
      )
      return resultOf(status)
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error
      // Only the status counts; what follows it is not read.
      if (error.kind === 'too-large' && error.status !== undefined) return resultOf(error.status)
      return { kind: error.kind === 'timeout' ? 'unsure' : 'failed', reason: error.reason }
    }
  }
}
