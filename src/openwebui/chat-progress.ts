import type { OpenWebUiConfig } from '../config/config.ts'
import type { Logger } from '../lib/process/logger.ts'
import type { Outgoing } from '../lib/secrets/outgoing.ts'
import type { ReportProgress } from '../tools/task/progress.ts'
import { readCaller, type CallerHeaders } from './caller.ts'
import { chatMessageOf, eventPath } from './chat-message.ts'
import { ChatStatus, type StatusHost } from './chat-status.ts'
import { EventClient, type PostResult } from './event-post.ts'

/** In ms and numbers of things; tests make them smaller. */
export interface ChatProgressLimits {
  /** A call that waits for less shows nothing. */
  quietMs: number
  /** At most one event of a call in this time, the last one aside. */
  pauseMs: number
  /** Longest wait for OpenWebUI. */
  postMs: number
  /** Posts that run at one time. */
  posts: number
  /** Calls that have something to show at one time; those beyond it show nothing. */
  calls: number
  /** How long nothing new is tried after `failures` in a row. */
  restMs: number
  failures: number
  /** The same failure is logged once in this time. */
  logMs: number
  /** How long closing waits for the last events. */
  closeMs: number
}

const defaultLimits: ChatProgressLimits = {
  quietMs: 1000,
  // OpenWebUI keeps every event with the message.
  pauseMs: 2000,
  postMs: 3000,
  posts: 4,
  calls: 200,
  restMs: 30_000,
  failures: 3,
  logMs: 3_600_000,
  closeMs: 250
}

/**
 * Shows the progress of calls in the chats they come from. Nothing here delays a call or makes it
 * fail: events are posted beside it, in order, and are left out when OpenWebUI does not keep up.
 */
export class ChatProgress implements StatusHost {
  readonly limits: ChatProgressLimits
  readonly #posts: EventClient
  readonly #logger: Logger
  readonly #live = new Set<ChatStatus>()
  /** Those that wait for a free post, in order. */
  readonly #queue = new Set<ChatStatus>()
  readonly #running = new Set<Promise<void>>()
  readonly #logged = new Map<string, number>()
  #failures = 0
  #restsUntil = 0
  #closed = false

  constructor(
    config: OpenWebUiConfig,
    logger: Logger,
    outgoing: Outgoing,
    limits: Partial<ChatProgressLimits> = {}
  ) {
    this.limits = { ...defaultLimits, ...limits }
    this.#posts = new EventClient(config, this.limits.postMs, outgoing)
    this.#logger = logger
  }

  /** Reports the progress of a call; undefined where its headers name no message of a chat. */
  reporter(headers: CallerHeaders): ReportProgress | undefined {
    const ids = chatMessageOf(readCaller(headers))
    if (ids === undefined) return undefined
    const status = new ChatStatus(eventPath(ids), this)
    return (progress) => status.show(progress)
  }

  admits(status: ChatStatus, done: boolean): boolean {
    if (this.#closed || (performance.now() < this.#restsUntil && !done)) return false
    if (this.#live.has(status)) return true
    if (this.#live.size >= this.limits.calls) return false
    this.#live.add(status)
    return true
  }

  leaves(status: ChatStatus): void {
    this.#live.delete(status)
    this.#queue.delete(status)
  }

  wantsToPost(status: ChatStatus): void {
    this.#queue.add(status)
    this.#next()
  }

  /** Waits a moment for the last events, then ends; nothing is posted afterwards. */
  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.limits.closeMs)
    })
    await Promise.race([this.#idle(), limit])
    clearTimeout(timer)
    this.#closed = true
    for (const status of this.#live) status.stop()
    await this.#posts.close()
  }

  async #idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }

  #next(): void {
    for (const status of this.#queue) {
      if (this.#closed || this.#running.size >= this.limits.posts) return
      this.#queue.delete(status)
      const run = this.#post(status).finally(() => {
        this.#running.delete(run)
        this.#next()
      })
      this.#running.add(run)
    }
  }

  async #post(status: ChatStatus): Promise<void> {
    const event = status.take()
    if (event === undefined) return
    const result = await this.#posts.post(status.path, event)
    if (this.#closed) return
    this.#note(result)
    status.posted(result.kind, event)
  }

  #note(result: PostResult): void {
    if (result.kind === 'shown') {
      this.#failures = 0
      return
    }
    if (result.kind !== 'refused' && ++this.#failures >= this.limits.failures) {
      this.#failures = 0
      this.#restsUntil = performance.now() + this.limits.restMs
    }
    const { reason } = result
    const advice =
      result.kind === 'refused'
        ? 'check OPENWEBUI_API_KEY: it must be that of an administrator, or of the owner of the chat'
        : 'check OPENWEBUI_URL'
    const now = performance.now()
    const since = this.#logged.get(reason)
    if (since !== undefined && now - since < this.limits.logMs) return
    this.#logged.set(reason, now)
    this.#logger.warn(
      { host: this.#posts.host },
      `Progress is not shown in the chat: OpenWebUI ${reason}; ${advice}`
    )
  }
}
