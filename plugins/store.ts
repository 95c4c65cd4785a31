import { join } from 'node:path'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { Timings } from '../src/lib/time/timings.ts'
import { FileStore } from '../src/store/file-store.ts'
import { HeartbeatFiles } from '../src/store/heartbeat-files.ts'
import { MemoryStore } from '../src/store/memory-store.ts'
import { isDatabaseAddress } from '../src/store/postgres/address.ts'
import { Database } from '../src/store/postgres/database.ts'
import { PostgresStore } from '../src/store/postgres/postgres-store.ts'
import { Presence } from '../src/store/presence.ts'
import { HeartbeatTable } from '../src/store/heartbeat-table.ts'
import type { Heartbeats } from '../src/store/heartbeats.ts'
import type { Store } from '../src/store/store.ts'

/** What bridges on one database have in common. */
export interface Shared {
  database: Database
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Where the bridge keeps what must survive it. */
    store: Store
    /** Which of the bridges on it live; undefined where it ends with this one. */
    presence: Presence | undefined
    /** Undefined where the store is in no database. */
    shared: Shared | undefined
  }
}

export interface StorePluginOptions {
  /** A folder, or the address of a database; undefined: what is kept ends with the bridge. */
  location: string | undefined
  timings: Pick<Timings, 'presenceBeatMs' | 'presenceMs'>
}

type Decorations = Pick<FastifyInstance, 'store' | 'presence' | 'shared'>

function decorate(app: FastifyInstance, { store, presence, shared }: Decorations): void {
  app.decorate('store', store)
  app.decorate('presence', presence)
  app.decorate('shared', shared)
}

/** Shares the store, and in a database with the other bridges, too. */
const storeOfBridge: FastifyPluginAsync<StorePluginOptions> = async (
  app,
  { location, timings }
) => {
  if (location === undefined) {
    const store = new MemoryStore()
    decorate(app, { store, presence: undefined, shared: undefined })
    app.addHook('onClose', () => store.close())
    return
  }
  const open = (store: Store, heartbeats: Heartbeats, shared: Shared | undefined): void => {
    const presence = new Presence(heartbeats, app.log, {
      beatMs: timings.presenceBeatMs,
      ttlMs: timings.presenceMs
    })
    decorate(app, { store, presence, shared })
    app.addHook('onReady', async () => {
      if (shared !== undefined)
        app.log.info({ store: shared.database.name }, 'What is kept is shared with other bridges')
      // Beside the rest of the start.
      void presence.start()
    })
    // After the client, which records the outcome of its last writes.
    app.addHook('onClose', async () => {
      await presence.close()
      await store.close()
      await shared?.database.close()
    })
  }
  if (!isDatabaseAddress(location)) {
    const heartbeats = new HeartbeatFiles(join(location, 'bridges'), app.log)
    open(new FileStore(location, app.log), heartbeats, undefined)
    return
  }
  const database = new Database(location, app.log)
  const store = new PostgresStore(database)
  open(store, new HeartbeatTable(store), { database })
  app.addGauge({
    name: 'store_reachable',
    help: '1 where the database that the bridges share can be reached, else 0: without it nothing is written',
    labels: [],
    read: () => [{ labels: {}, value: database.isReachable ? 1 : 0 }]
  })
}

export const storePlugin = fp(storeOfBridge, {
  name: 'store',
  fastify: '5.x',
  dependencies: ['metrics']
})
