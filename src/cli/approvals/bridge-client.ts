import type { PlanList, PlanView } from '../../views/plan/plan.ts'
import { CommandError } from '../../lib/errors/command-error.ts'
import { HttpClient, HttpFailure } from '../../lib/http/http.ts'
import { isObject, parseJson } from '../../lib/json/json.ts'

const timeoutMs = 10_000
const maxResponseBytes = 8 * 1024 * 1024

/** What the bridge says is wrong, or that it is none. */
function problemOf(url: string, status: number, body: unknown): CommandError {
  const error = isObject(body) && isObject(body['error']) ? body['error'] : {}
  const { code, message } = error
  if (typeof message !== 'string')
    return new CommandError(
      `The server at ${url} is not a bridge that supports approvals (status ${status})`
    )
  return code === 'UNAUTHORIZED'
    ? new CommandError(
        `The bridge at ${url} does not know this token: pass one with the scope approve as --token or BRIDGE_TOKEN`
      )
    : new CommandError(message)
}

/** The running bridge, as one token may use it. Failures are thrown as `CommandError`. */
export class BridgeClient {
  readonly #url: string
  readonly #token: string
  readonly #http = new HttpClient(timeoutMs)

  constructor(url: string, token: string) {
    this.#url = url
    this.#token = token
  }

  list(): Promise<PlanList> {
    return this.#ask<PlanList>('/approvals')
  }

  show(id: string): Promise<PlanView> {
    return this.#ask<PlanView>(`/approvals/${encodeURIComponent(id)}`)
  }

  approve(id: string): Promise<PlanView> {
    return this.#ask<PlanView>(`/approvals/${encodeURIComponent(id)}/approve`, {})
  }

  deny(id: string, reason: string | undefined): Promise<PlanView> {
    return this.#ask<PlanView>(`/approvals/${encodeURIComponent(id)}/deny`, { reason })
  }

  async close(): Promise<void> {
    await this.#http.close()
  }

  async #ask<T>(path: string, given?: object): Promise<T> {
    const headers = {
      authorization: `Bearer ${this.#token}`,
      accept: 'application/json',
      ...(given !== undefined && { 'content-type': 'application/json' })
    }
    const request =
      given === undefined
        ? { headers }
        : { method: 'POST' as const, headers, body: JSON.stringify(given) }
    try {
      const limits = { wholeMs: timeoutMs, maxBytes: maxResponseBytes }
      const { status, text } = await this.#http.fetch(this.#url + path, request, limits)
      const body = parseJson(text)
      if (status !== 200 || !isObject(body)) throw problemOf(this.#url, status, body)
      return body as T
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error
      throw new CommandError(
        `No bridge responds at ${this.#url}: it ${error.reason}. Start it with \`scale-bridge serve\`, or pass its address with --url`
      )
    }
  }
}
