import { thisProcess } from '../lib/process/process-identity.ts'
import type { Found, Heartbeat, Heartbeats } from './heartbeats.ts'
import type { Store } from './store.ts'

const table = 'bridges'

/** Heartbeats in a table of a store that bridges on several machines share. */
export class HeartbeatTable implements Heartbeats {
  readonly lackOldBridges = false
  readonly #store: Store
  #beat = 0

  constructor(store: Store) {
    this.#store = store
  }

  async give(): Promise<void> {
    const { nonce, ...rest } = thisProcess
    const value = { ...rest, beat: ++this.#beat }
    for (;;) {
      const own = await this.#store.get(table, nonce)
      const given =
        own === undefined
          ? (await this.#store.putIfAbsent(table, nonce, value)).put
          : await this.#store.swap(table, nonce, own.version, value)
      if (given) return
    }
  }

  async look(): Promise<Map<string, Found>> {
    const heartbeats = new Map<string, Found>()
    for (const [nonce, { value }] of await this.#store.all(table))
      heartbeats.set(nonce, { mark: String(value['beat']), identity: { ...value, nonce } })
    return heartbeats
  }

  async remove(nonce: string, { mark }: Heartbeat): Promise<void> {
    const present = await this.#store.get(table, nonce)
    if (present !== undefined && String(present.value['beat']) === mark)
      await this.#store.swap(table, nonce, present.version, undefined)
  }

  async withdraw(): Promise<void> {
    const own = await this.#store.get(table, thisProcess.nonce)
    if (own !== undefined) await this.#store.swap(table, thisProcess.nonce, own.version, undefined)
  }
}
