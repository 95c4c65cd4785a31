import { isThisProcess, type ProcessIdentity, thisProcess } from '../lib/process-identity.ts'
import type { Logger } from '../lib/logger.ts'
import type { Store } from './store.ts'

const table = 'bridges'

export interface PresenceTimings {
  /** Between two signs of life. */
  beatMs: number
  /** A bridge that has given none for so long has ended. */
  ttlMs: number
}

/** What was last seen of a process, and when by the clock of this one. */
interface Sighting {
  mark: string
  at: number
}

/**
 * Which of the bridges on a store live. Each gives signs of life there; one that is not seen to give any
 * for a while has ended, whatever machine it was on. Numbers of processes say nothing here: bridges in
 * containers have the same.
 */
export class Presence {
  readonly #store: Store
  readonly #logger: Logger
  readonly #timings: PresenceTimings
  /** By the nonce of the process. */
  readonly #seen = new Map<string, Sighting>()
  readonly #ended = new Set<string>()
  readonly #listeners = new Set<() => void>()
  #timer: NodeJS.Timeout | undefined
  #beat = 0
  #closed = false

  constructor(store: Store, logger: Logger, timings: PresenceTimings) {
    this.#store = store
    this.#logger = logger
    this.#timings = timings
  }

  /** Gives the first sign of life, and goes on until it is closed. Never throws. */
  async start(): Promise<void> {
    await this.#round()
    if (this.#closed) return
    this.#timer = setTimeout(() => void this.start(), this.#timings.beatMs)
    this.#timer.unref()
  }

  /** Whether a process has ended; false where that is not known yet. */
  hasEnded(identity: Partial<ProcessIdentity>): boolean {
    const { nonce } = identity
    if (nonce === undefined || isThisProcess(identity)) return false
    if (!this.#seen.has(nonce)) this.#see(nonce, '')
    return this.#isOver(nonce)
  }

  /** Bridges that live, this one included. */
  get count(): number {
    return [...this.#seen.keys()].filter((nonce) => !this.#isOver(nonce)).length
  }

  /** Hears that a bridge has ended, so that what it left can be taken up. */
  onEnded(listener: () => void): void {
    this.#listeners.add(listener)
  }

  /** Says that this process ends. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    try {
      const own = await this.#store.get(table, thisProcess.nonce)
      if (own !== undefined)
        await this.#store.swap(table, thisProcess.nonce, own.version, undefined)
    } catch {
      // It is found to have ended, a little later.
    }
  }

  async #round(): Promise<void> {
    try {
      await this.#giveSign()
      const all = await this.#store.all(table)
      for (const [nonce, { value }] of all) this.#see(nonce, String(value['beat']))
      for (const nonce of this.#seen.keys()) {
        if (!all.has(nonce)) this.#see(nonce, '')
        if (!this.#isOver(nonce) || this.#ended.has(nonce)) continue
        this.#ended.add(nonce)
        const left = all.get(nonce)
        if (left !== undefined) await this.#store.swap(table, nonce, left.version, undefined)
        for (const listener of this.#listeners) listener()
      }
    } catch (err) {
      this.#logger.debug({ err }, 'No sign of life could be given')
    }
  }

  async #giveSign(): Promise<void> {
    const { host, pid, nonce } = thisProcess
    const value = { host, pid, beat: ++this.#beat }
    for (;;) {
      const own = await this.#store.get(table, nonce)
      const given =
        own === undefined
          ? (await this.#store.putIfAbsent(table, nonce, value)).put
          : await this.#store.swap(table, nonce, own.version, value)
      if (given) return
    }
  }

  #see(nonce: string, mark: string): void {
    if (this.#seen.get(nonce)?.mark !== mark) this.#seen.set(nonce, { mark, at: performance.now() })
    if (mark !== '') this.#ended.delete(nonce)
  }

  #isOver(nonce: string): boolean {
    if (nonce === thisProcess.nonce) return false
    const seen = this.#seen.get(nonce)
    return seen !== undefined && performance.now() - seen.at >= this.#timings.ttlMs
  }
}
