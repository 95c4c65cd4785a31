import { type FoundNodes } from '../hypercore/discovery/found-nodes.ts'
import { unixMs } from '../lib/unix-time.ts'
import type { Store } from '../store/store.ts'

const table = 'nodes'

/** Older than this, an address may be another machine's by now. */
const keptMs = 30 * 24 * 60 * 60 * 1000

/** The nodes that were found of a cluster, kept in the store: for the next start, and for other bridges. */
export class KeptNodes implements FoundNodes {
  readonly #store: Store
  readonly #cluster: string
  readonly #now: () => number

  /**
   * @param cluster tells the nodes of these settings from those of others in the same store
   * @param now Unix milliseconds
   */
  constructor(store: Store, cluster: string, now: () => number = unixMs) {
    this.#store = store
    this.#cluster = cluster
    this.#now = now
  }

  async read(): Promise<string[]> {
    const { origins, at } = (await this.#store.get(table, this.#cluster))?.value ?? {}
    if (!Array.isArray(origins) || this.#now() - Number(at) > keptMs) return []
    return origins.filter((each): each is string => typeof each === 'string')
  }

  async keep(origins: readonly string[]): Promise<void> {
    const value = { origins: [...origins], at: this.#now() }
    for (;;) {
      const put = await this.#store.putIfAbsent(table, this.#cluster, value)
      const { version = 0 } = put.put ? {} : put.existing
      if (put.put || (await this.#store.swap(table, this.#cluster, version, value))) return
    }
  }
}
