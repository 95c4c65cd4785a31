import { oneLine } from '../lib/text/one-line.ts'
import type { Progress } from '../tools/task/progress.ts'
import type { PostResult, StatusEvent } from './event-post.ts'

/** Where the statuses of all calls are posted from. */
export interface StatusHost {
  readonly limits: { quietMs: number; pauseMs: number }
  /** Whether there is room for this one's event; it then keeps its place until it leaves. */
  admits(status: ChatStatus, done: boolean): boolean
  leaves(status: ChatStatus): void
  /** Asks for a post: `take` is called when it is this one's turn, and `posted` after it. */
  wantsToPost(status: ChatStatus): void
}

/** Names of VMs and words of the cluster are in it. */
const maxDescriptionLength = 300

/**
 * The status of one call in its chat. Only the newest event counts: it waits for its turn alone, and
 * takes the place of the one before. At most one is being posted, so they arrive in order.
 */
export class ChatStatus {
  readonly path: string
  readonly #desk: StatusHost
  #pending: StatusEvent | undefined
  #timer: NodeJS.Timeout | undefined
  /** When the next event may go; 0 before the first. */
  #nextAt = 0
  #posting = false
  /** The chat shows that something is in progress, or may show it. */
  #shown = false
  #refused = false
  /** The end did not get through, and is tried once more. */
  #again = false

  constructor(path: string, desk: StatusHost) {
    this.path = path
    this.#desk = desk
  }

  /** Shows how far the call is, as soon as it may be shown. */
  show({ message, done }: Progress): void {
    if (this.#refused) return
    // A call that was not slow has nothing to show.
    if (done && !this.#shown && !this.#posting) return this.stop()
    if (!this.#desk.admits(this, done)) return
    if (this.#nextAt === 0) this.#nextAt = performance.now() + this.#desk.limits.quietMs
    this.#pending = { description: oneLine(message, maxDescriptionLength), done }
    this.#schedule()
  }

  /** The newest event, when it is this one's turn. */
  take(): StatusEvent | undefined {
    const event = this.#pending
    this.#pending = undefined
    this.#posting = event !== undefined
    return event
  }

  /** The event is through, or is not. */
  posted(kind: PostResult['kind'], event: StatusEvent): void {
    const { done } = event
    this.#posting = false
    this.#nextAt = performance.now() + this.#desk.limits.pauseMs
    if (kind === 'shown') this.#shown = !done
    // Late, but perhaps there: without an end the chat would show for ever that something is in progress.
    if (kind === 'unsure') this.#shown = true
    if (kind === 'refused') this.#refused = true
    // What did not get through is not tried again: the next one says more. And a chat that shows
    // nothing needs no end.
    const isNeeded = this.#pending?.done === true ? this.#shown : kind === 'shown'
    if (!isNeeded) this.#pending = undefined
    const hasFailed = kind === 'failed' || kind === 'unsure'
    if (hasFailed && done && this.#shown && !this.#again) {
      this.#again = true
      this.#pending = event
      return this.#schedule()
    }
    if (this.#refused || (this.#pending === undefined && (done || !this.#shown))) this.stop()
    else this.#schedule()
  }

  /** Forgets what is left to be shown. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#pending = undefined
    this.#nextAt = 0
    this.#again = false
    this.#desk.leaves(this)
  }

  #schedule(): void {
    if (this.#pending === undefined || this.#posting) return
    clearTimeout(this.#timer)
    const ms = this.#pending.done && !this.#again ? 0 : this.#nextAt - performance.now()
    if (ms <= 0) {
      this.#timer = undefined
      this.#desk.wantsToPost(this)
      return
    }
    this.#timer = setTimeout(() => this.#schedule(), ms)
    this.#timer.unref()
  }
}
