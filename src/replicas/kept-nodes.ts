import {
  type FoundList,
  type FoundNodes,
  formatFound,
  parseFound
} from '../hypercore/discovery/found-nodes.ts'
import { unixMs } from '../lib/time/unix-time.ts'
import { withTimeout } from '../lib/time/with-timeout.ts'
import { overwrite } from '../store/overwrite.ts'
import { type Store, StoreError } from '../store/store.ts'
import { seal, unseal } from './sealed.ts'

const table = 'nodes'

/** Older than this, an address may be another machine's by now. */
const keptMs = 30 * 24 * 60 * 60 * 1000
/** What is asked of the cluster does not wait longer for the store. */
const storeMs = 3_000

export interface KeptNodesOptions {
  store: Store
  /** Tells the nodes of these settings from those of others in the same store. */
  cluster: string
  /**
   * 32 bytes, the same for all bridges: what was not sealed with it is not used, as anyone who can write the
   * store could lead the bridge, and its login, elsewhere. Undefined for a store that only its owner can write.
   */
  key?: (() => Promise<Buffer>) | undefined
  /** Unix milliseconds. */
  now?: () => number
}

/** The nodes that were found of a cluster, kept in the store: for the next start, and for other bridges. */
export class KeptNodes implements FoundNodes {
  readonly #options: KeptNodesOptions
  readonly #now: () => number

  constructor(options: KeptNodesOptions) {
    this.#options = options
    this.#now = options.now ?? unixMs
  }

  /** @throws {StoreError} */
  async read(): Promise<FoundList | undefined> {
    const { store, cluster, key } = this.#options
    const { text, at } = (await beforeDeadline(store.get(table, cluster)))?.value ?? {}
    if (typeof text !== 'string' || this.#now() - Number(at) > keptMs) return undefined
    const opened = key === undefined ? text : unseal(await key(), `${table} ${cluster}`, text)
    return opened === undefined ? undefined : parseFound(opened)
  }

  /** @throws {StoreError} */
  async keep(list: FoundList): Promise<void> {
    const { store, cluster, key } = this.#options
    const plain = formatFound(list)
    const text = key === undefined ? plain : seal(await key(), `${table} ${cluster}`, plain)
    await beforeDeadline(overwrite(store, table, cluster, { text, at: this.#now() }))
  }
}

const beforeDeadline = <T>(work: Promise<T>): Promise<T> =>
  withTimeout(work, storeMs, () => {
    throw new StoreError(`The store did not respond within ${storeMs / 1000} s`)
  })
