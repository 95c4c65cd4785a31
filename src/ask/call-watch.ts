import { BridgeError } from '../lib/errors/errors.ts'
import { inSeconds } from '../lib/text/units.ts'
import type { ChatLimits } from './chat-limits.ts'

/** Who may end a call early. */
export interface CallEnds {
  /** Aborts when the caller goes away. */
  signal?: AbortSignal | undefined
  /** Aborts when the bridge shuts down. */
  draining?: AbortSignal | undefined
}

/** Calls back after `ms`; returns a function that cancels the call. */
export type After = (ms: number, callback: () => void) => () => void

const afterTimer: After = (ms, callback) => {
  const timer = setTimeout(callback, ms)
  return () => clearTimeout(timer)
}

/**
 * Ends one call of a model server when it takes too long, the caller has disconnected or the bridge
 * shuts down, and knows afterwards which of them it was.
 */
export class CallWatch {
  readonly #server: string
  readonly #limits: ChatLimits
  readonly #stop = new AbortController()
  readonly #ends: [AbortSignal, () => void][]
  readonly #after: After
  readonly #endWhole: () => void
  #endPause: (() => void) | undefined
  #failure: BridgeError | undefined

  constructor(
    server: string,
    limits: ChatLimits,
    { signal, draining }: CallEnds,
    after: After = afterTimer
  ) {
    this.#server = server
    this.#limits = limits
    this.#after = after
    this.#endWhole = after(limits.wholeMs, () =>
      this.#late(`was not done after ${inSeconds(limits.wholeMs)}`, 'ask a narrower question')
    )
    const ends: [AbortSignal | undefined, () => BridgeError][] = [
      [
        signal,
        () => new BridgeError('CALLER_GONE', 'The caller went away before the response was there.')
      ],
      [
        draining,
        () => new BridgeError('SHUTTING_DOWN', 'The bridge shuts down: ask again in a minute.')
      ]
    ]
    this.#ends = ends.flatMap(([end, failure]) =>
      end === undefined ? [] : [[end, () => this.#end(failure())]]
    )
    for (const [end, onEnd] of this.#ends) {
      if (end.aborted) onEnd()
      else end.addEventListener('abort', onEnd, { once: true })
    }
  }

  /** Aborts when the call is to end. */
  get signal(): AbortSignal {
    return this.#stop.signal
  }

  /** Why the call was ended; undefined as long as it was not. */
  get failure(): BridgeError | undefined {
    return this.#failure
  }

  /** The question goes out: the first byte of the answer is waited for from here. */
  asked(): void {
    this.#wait(
      this.#limits.firstByteMs,
      'did not begin to answer',
      'it may be loading the model or be overloaded, so try again, or set LLM_MODEL to a smaller one'
    )
  }

  /** Something of the answer came. */
  heard(): void {
    this.#wait(this.#limits.idleMs, 'paused in the middle of its answer', 'try again')
  }

  /** The promise, or the failure as soon as the call is ended. */
  orEnded<T>(promise: Promise<T>): Promise<T> {
    const { signal } = this.#stop
    return new Promise((resolve, reject) => {
      const leave = (): void => reject(this.#failure ?? new Error('The call is over'))
      void promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
      if (signal.aborted) leave()
      else signal.addEventListener('abort', leave, { once: true })
    })
  }

  /** The call is over: closes what is still open of it. */
  close(): void {
    this.#endWhole()
    this.#endPause?.()
    for (const [end, onEnd] of this.#ends) end.removeEventListener('abort', onEnd)
    this.#stop.abort()
  }

  #wait(ms: number, what: string, advice: string): void {
    this.#endPause?.()
    this.#endPause = this.#after(ms, () => this.#late(`${what} for ${inSeconds(ms)}`, advice))
  }

  #late(what: string, advice: string): void {
    this.#end(
      new BridgeError('LLM_TIMEOUT', `The model server ${this.#server} ${what}: ${advice}.`)
    )
  }

  #end(failure: BridgeError): void {
    if (this.#stop.signal.aborted) return
    this.#failure = failure
    this.#stop.abort()
  }
}
