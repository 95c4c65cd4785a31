import type { JsonObject } from '../lib/json/json.ts'
import { sum } from '../lib/sum.ts'
import { MemoryStore } from '../store/memory-store.ts'
import type { Store } from '../store/store.ts'
import { storeUnavailable } from '../store/unavailable.ts'

const table = 'write rates'

const windowMs = 60_000

/** Writes within so long are counted together, as of its end. */
const grainMs = 500

/** What a token has written within the last minute, the oldest first: when, and how many. */
interface Rate extends JsonObject {
  sent: [at: number, writes: number][]
}

export interface WriteRateOptions {
  max: number
  /** Where it is counted; default: by this process alone. */
  store?: Store
  /** In ms, by a clock that all share who share the store. */
  now?: () => number
}

/** Counts the writes of each token within the last minute. */
export class WriteRate {
  readonly #max: number
  readonly #store: Store
  readonly #now: () => number

  constructor({ max, store, now }: WriteRateOptions) {
    this.#max = max
    this.#store = store ?? new MemoryStore()
    this.#now = now ?? (() => performance.now())
  }

  /**
   * Why a token may not make this many writes now; undefined where it may.
   * @param writes each item of a list is one
   * @throws {BridgeError} LEDGER_UNAVAILABLE
   */
  async tooMany(token: string, writes: number): Promise<string | undefined> {
    if (this.#max === Infinity) return undefined
    const found = await this.#guarded(this.#store.get(table, token))
    return this.#refusal(this.#recent(found?.value as Rate | undefined), writes)
  }

  /** The same, and enters them where it may, with nothing in between. */
  async take(token: string, writes: number): Promise<string | undefined> {
    return this.#enter(token, writes, (sent) => this.#refusal(sent, writes))
  }

  /** Enters writes that a person has approved, however many they are. */
  async count(token: string, writes: number): Promise<void> {
    await this.#enter(token, writes, () => undefined)
  }

  async #enter(
    token: string,
    writes: number,
    refusal: (sent: Rate['sent']) => string | undefined
  ): Promise<string | undefined> {
    if (this.#max === Infinity) return undefined
    for (;;) {
      const present = await this.#guarded(this.#store.get(table, token))
      const sent = this.#recent(present?.value as Rate | undefined)
      const refused = refusal(sent)
      if (refused !== undefined) return refused
      const value = { sent: this.#with(sent, writes) }
      const entered =
        present === undefined
          ? (await this.#guarded(this.#store.putIfAbsent(table, token, value))).put
          : await this.#guarded(this.#store.swap(table, token, present.version, value))
      if (entered) return undefined
    }
  }

  #refusal(sent: Rate['sent'], writes: number): string | undefined {
    const used = sum(sent, ([, count]) => count)
    const left = Math.max(0, this.#max - used)
    if (writes <= left) return undefined
    return writes === 1
      ? `this token has made its ${this.#max} writes of this minute (WRITES_PER_MINUTE)`
      : `it is ${writes} writes, and this token has ${left} of its ${this.#max} left in this minute (WRITES_PER_MINUTE)`
  }

  #with(sent: Rate['sent'], writes: number): Rate['sent'] {
    const at = Math.ceil(this.#now() / grainMs) * grainMs
    const last = sent.at(-1)
    return last?.[0] === at
      ? [...sent.slice(0, -1), [at, last[1] + writes]]
      : [...sent, [at, writes]]
  }

  #recent(rate: Rate | undefined): Rate['sent'] {
    const since = this.#now() - windowMs
    return (rate?.sent ?? []).filter(([at]) => at > since)
  }

  async #guarded<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      throw storeUnavailable(this.#store, error)
    }
  }
}
