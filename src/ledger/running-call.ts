import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { abortable } from '../lib/http/caller-gone.ts'
import { BridgeError } from '../lib/errors/errors.ts'
import type { CallScope } from './call-scope.ts'
import type { CallRecord, WriteRecord } from './records.ts'

/** The first call of which another one is a repetition. */
export interface EarlierCall {
  call: CallRecord
  /** What it sent, the oldest first. */
  writes: WriteRecord[]
  agoMs: number
  /** Another bridge is at it, as far as is known. */
  isInProgress: boolean
}

/** How a call came to its response. */
export type CallResult<T> =
  | { kind: 'ran'; response: T }
  /** It is the response of the same call, which was running already. */
  | { kind: 'joined'; response: T }
  /** It continues without its caller, who has waited long enough. */
  | { kind: 'running'; progress: { percent: number; message: string } }
  /** The same call ended a moment ago, was left by a process that has ended, or is another's. */
  | { kind: 'repeated'; earlier: EarlierCall }

/** A call that runs in this process, and those who wait for it. */
export class RunningCall {
  readonly fingerprint: string
  readonly #work = new AbortController()
  #waiting = 0
  /** Set once it runs. */
  scope: CallScope | undefined
  result: Promise<CallResult<unknown>> = Promise.resolve({ kind: 'ran', response: undefined })

  constructor(fingerprint: string) {
    this.fingerprint = fingerprint
    // Each request to the cluster listens to it.
    setMaxListeners(0, this.#work.signal)
  }

  /** Aborts when everybody has left and nothing was sent. */
  get signal(): AbortSignal {
    return this.#work.signal
  }

  /** Waits for the result; a caller that leaves ends the call only if it was the last, and in time. */
  async wait(signal: AbortSignal, maxWaitMs?: number): Promise<CallResult<unknown>> {
    this.#waiting += 1
    const timeout = new AbortController()
    const leave = (): void => {
      this.#waiting -= 1
      if (this.#waiting === 0 && this.scope?.hasSent !== true) this.#work.abort()
    }
    signal.addEventListener('abort', leave, { once: true })
    try {
      const result = abortable(this.result, signal)
      if (maxWaitMs === undefined) return await result
      return await Promise.race([result, this.#stillRunning(maxWaitMs, timeout.signal)])
    } catch (error) {
      const { accepted } = this.scope ?? {}
      if (accepted === undefined || !(error instanceof BridgeError) || error.code !== 'CALLER_GONE')
        throw error
      // No caller is left to respond to, but the log has to know what happens.
      throw new BridgeError(error.code, error.message, { details: { ...accepted } })
    } finally {
      timeout.abort()
      signal.removeEventListener('abort', leave)
    }
  }

  /** Resolves after a while, once something was sent; what was not ends or fails by itself. */
  async #stillRunning(ms: number, signal: AbortSignal): Promise<CallResult<unknown>> {
    await sleep(ms, undefined, { signal, ref: false }).catch(() => undefined)
    while (this.scope?.hasSent !== true && !signal.aborted)
      await sleep(50, undefined, { signal, ref: false }).catch(() => undefined)
    return {
      kind: 'running',
      progress: this.scope?.progress ?? { percent: 0, message: 'It is under way' }
    }
  }
}
