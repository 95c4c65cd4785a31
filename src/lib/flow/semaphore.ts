import { callerGone } from '../http/caller-gone.ts'

interface Waiter {
  enter(): void
  fail(error: Error): void
}

/**
 * How many requests may be under way at once. The queue is kept here and not in undici's pool, so
 * that a call that waits can leave at once: because its caller went away, or because the node did.
 */
export class Semaphore {
  readonly #count: number
  #free: number
  readonly #waiting = new Set<Waiter>()

  constructor(count: number) {
    this.#count = count
    this.#free = count
  }

  /** Slots that are taken. */
  get taken(): number {
    return this.#count - this.#free
  }

  /** Calls that wait for one. */
  get waiting(): number {
    return this.#waiting.size
  }

  /**
   * Waits for a slot; each one taken must be given back. Throws CALLER_GONE, or what `late` makes after
   * `waitMs`.
   */
  acquire(waitMs: number, late: () => Error, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(callerGone())
    if (this.#free > 0) {
      this.#free -= 1
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        this.#waiting.delete(waiter)
      }
      const waiter: Waiter = {
        enter() {
          leave()
          resolve()
        },
        fail(error) {
          leave()
          reject(error)
        }
      }
      const onAbort = (): void => waiter.fail(callerGone())
      const timer = setTimeout(() => waiter.fail(late()), waitMs)
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#waiting.add(waiter)
    })
  }

  release(): void {
    const [next] = this.#waiting
    if (next === undefined) this.#free += 1
    else next.enter()
  }
}
