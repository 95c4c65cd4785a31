import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { Timings } from '../src/lib/timings.ts'
import { FileStore } from '../src/store/file-store.ts'
import { MemoryStore } from '../src/store/memory-store.ts'
import { isDatabaseAddress } from '../src/store/postgres/address.ts'
import { Database } from '../src/store/postgres/database.ts'
import { PostgresStore } from '../src/store/postgres/postgres-store.ts'
import { Presence } from '../src/store/presence.ts'
import type { Store } from '../src/store/store.ts'

/** What several bridges have in common. */
export interface Shared {
  database: Database
  /** Which of them live. */
  presence: Presence
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Where the bridge keeps what must survive it. */
    store: Store
    /** Undefined where the store is this bridge's own. */
    shared: Shared | undefined
  }
}

export interface StorePluginOptions {
  /** A folder, or the address of a database; undefined: what is kept ends with the bridge. */
  place: string | undefined
  timings: Pick<Timings, 'presenceBeatMs' | 'presenceMs'>
}

/** Shares the store; one in a database with the other bridges, too. */
const storeOfBridge: FastifyPluginAsync<StorePluginOptions> = async (app, { place, timings }) => {
  if (place === undefined || !isDatabaseAddress(place)) {
    const store: Store = place === undefined ? new MemoryStore() : new FileStore(place, app.log)
    app.decorate<Store>('store', store)
    app.decorate('shared', undefined)
    // After the client, which enters what becomes of its last writes.
    app.addHook('onClose', () => store.close())
    return
  }
  const database = new Database(place, app.log)
  const store = new PostgresStore(database)
  const presence = new Presence(store, app.log, {
    beatMs: timings.presenceBeatMs,
    ttlMs: timings.presenceMs
  })
  app.decorate<Store>('store', store)
  app.decorate('shared', { database, presence })
  app.addGauge({
    name: 'store_reachable',
    help: 'Whether the database that the bridges share can be reached: without it nothing is written',
    labels: [],
    read: () => [{ labels: {}, value: database.isReachable ? 1 : 0 }]
  })
  app.addHook('onReady', async () => {
    app.log.info({ store: database.name }, 'What is kept is shared with other bridges')
    void presence.start()
  })
  app.addHook('onClose', async () => {
    await presence.close()
    await store.close()
    await database.close()
  })
}

export const storePlugin = fp(storeOfBridge, {
  name: 'store',
  fastify: '5.x',
  dependencies: ['metrics']
})
