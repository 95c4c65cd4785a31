import { createHmac, randomUUID } from 'node:crypto'
import type { WebhookConfig } from '../config/config.ts'
import { BridgeError } from '../lib/errors/errors.ts'
import { HttpClient, HttpFailure } from '../lib/http/http.ts'
import type { Logger } from '../lib/process/logger.ts'
import type { Outgoing } from '../lib/secrets/outgoing.ts'
import { unixMs } from '../lib/time/unix-time.ts'
import type { Plan, Plans } from '../policy/plan.ts'

/** In ms and numbers of things; tests make them smaller. */
export interface WebhookLimits {
  /** Longest wait for one response. */
  postMs: number
  /** Pauses before the second attempt and those after it. */
  pausesMs: readonly number[]
  /** Notices under way at a time; beyond it none is sent, and that is logged. */
  notices: number
}

const defaultLimits: WebhookLimits = {
  postMs: 10_000,
  pausesMs: [2_000, 10_000, 30_000],
  notices: 50
}

const maxResponseBytes = 16 * 1024

/** How an attempt ended; undefined reason: it was taken. */
interface Attempt {
  reason: string | undefined
  /** Another attempt may do better. */
  retry: boolean
}

/** What a status says of a notice. */
function attemptOf(status: number): Attempt {
  if (status >= 200 && status < 300) return { reason: undefined, retry: false }
  if (status >= 300 && status < 400)
    return { reason: `redirects (${status}), which is not followed`, retry: false }
  return { reason: `returned ${status}`, retry: status === 408 || status === 429 || status >= 500 }
}

/**
 * The signature of a notice, as Standard Webhooks has it: HMAC-SHA256 of id, time and body.
 * @param secret `whsec_` and the key in base64
 * @param timestamp Unix seconds
 */
export function signatureOf(secret: string, id: string, timestamp: number, body: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const signed = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`)
  return `v1,${signed.digest('base64')}`
}

/** What is sent to people about a plan; `text` alone is what chats show. */
function noticeOf(plan: Plan, consoleUrl: string, now: number): object {
  const { id, summary, effect, because, tool, requester, person, targets } = plan
  const until = new Date(plan.expiresAt).toISOString()
  const behind = person === undefined ? '' : ` for ${person.name}`
  return {
    type: 'plan.waiting',
    timestamp: new Date(now).toISOString(),
    text: `Plan ${id} waits for approval until ${until.slice(11, 16)} UTC: ${summary}. Asked for by ${requester}${behind}. Decide at ${consoleUrl}`,
    data: {
      id,
      summary,
      effect,
      because,
      tool,
      targets: targets.map(({ entity, uuid, name, state }) => ({ entity, uuid, name, state })),
      requester,
      person: person ?? null,
      createdAt: new Date(plan.createdAt).toISOString(),
      expiresAt: until,
      console: consoleUrl
    }
  }
}

export interface WebhookOptions {
  config: WebhookConfig
  plans: Plans
  consoleUrl: () => string
  outgoing: Outgoing
  logger: Logger
  limits?: Partial<WebhookLimits>
}

/**
 * Tells people that a plan waits, by a signed POST. Beside the call that asked: nothing here delays it
 * or makes it fail. An attempt that fails is repeated while the plan waits; redirects are not followed.
 */
export class ApprovalWebhook {
  readonly #options: WebhookOptions
  readonly #limits: WebhookLimits
  readonly #http: HttpClient
  readonly #closed = new AbortController()
  readonly #running = new Set<Promise<void>>()
  readonly #stop: () => void

  constructor(options: WebhookOptions) {
    this.#options = options
    this.#limits = { ...defaultLimits, ...options.limits }
    this.#http = new HttpClient(this.#limits.postMs)
    this.#stop = options.plans.onChange((plan) => {
      if (plan.state === 'WAITING') this.#begin(plan)
    })
  }

  /** Host and port, for messages: the rest of the address may be a key. */
  get host(): string {
    return new URL(this.#options.config.url).host
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    this.#stop()
    this.#closed.abort()
    await this.#http.close()
    await Promise.all(this.#running)
  }

  #begin(plan: Plan): void {
    if (this.#closed.signal.aborted) return
    if (this.#running.size >= this.#limits.notices)
      return this.#log(plan, `${this.#limits.notices} notices are under way already`)
    const run = this.#deliver(plan)
      .catch((error: unknown) => this.#log(plan, error instanceof Error ? error.name : 'failed'))
      .finally(() => this.#running.delete(run))
    this.#running.add(run)
  }

  async #deliver(plan: Plan): Promise<void> {
    const { outgoing, plans, consoleUrl } = this.#options
    const body = JSON.stringify(outgoing.record(noticeOf(plan, consoleUrl(), unixMs())))
    // The same for every attempt, so that the receiver knows it again.
    const id = `msg_${randomUUID()}`
    const { signal } = this.#closed
    const { pausesMs } = this.#limits
    for (let attempt = 0; attempt <= pausesMs.length; attempt++) {
      if (attempt > 0) await pause(pausesMs[attempt - 1] ?? 0, signal)
      if (signal.aborted || (await plans.get(plan.id))?.state !== 'WAITING') return
      const { reason, retry } = await this.#post(id, body)
      if (signal.aborted || reason === undefined) return
      const isLast = !retry || attempt === pausesMs.length
      this.#log(plan, reason, isLast)
      if (isLast) return
    }
  }

  async #post(id: string, body: string): Promise<Attempt> {
    const { url, secret } = this.#options.config
    const timestamp = Math.floor(unixMs() / 1000)
    const headers = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signatureOf(secret, id, timestamp, body)
    }
    try {
      const { signal } = this.#closed
      const request = { method: 'POST' as const, headers, body, signal }
      const limits = { wholeMs: this.#limits.postMs, maxBytes: maxResponseBytes }
      return attemptOf((await this.#http.fetch(url, request, limits)).status)
    } catch (error) {
      if (error instanceof BridgeError) return { reason: 'was interrupted', retry: false }
      if (!(error instanceof HttpFailure)) throw error
      // Only the status counts; what follows it is not read.
      if (error.status !== undefined) return attemptOf(error.status)
      return { reason: error.reason, retry: true }
    }
  }

  #log({ id }: Plan, reason: string, isLast = true): void {
    const what = isLast
      ? 'The webhook was not notified of plan'
      : 'Tried again later: notice of plan'
    this.#options.logger.warn(
      { plan: id, host: this.host },
      `${what} ${id}: the server of APPROVAL_WEBHOOK ${reason}`
    )
  }
}

/** Ends early with the signal. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    timer.unref()
    signal.addEventListener('abort', end, { once: true })
  })
