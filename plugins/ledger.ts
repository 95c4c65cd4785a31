import { createHash } from 'node:crypto'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { Calls } from '../src/ledger/calls.ts'
import { Ledger } from '../src/ledger/ledger.ts'
import { Sequences } from '../src/ledger/sequences.ts'
import { countBy } from '../src/metrics/count-by.ts'
import { FileStore } from '../src/store/file-store.ts'
import { MemoryStore } from '../src/store/memory-store.ts'
import type { Store } from '../src/store/store.ts'

declare module 'fastify' {
  interface FastifyInstance {
    store: Store
    /** Every write to the cluster, and what became of it. */
    ledger: Ledger
    /** Recognises a call of a writing tool that is repeated. */
    calls: Calls
    /** Keeps how far calls of several writes came. */
    sequences: Sequences
  }
}

export interface LedgerPluginOptions {
  /** The folder of the store; undefined: what is kept ends with the bridge. */
  storeFolder: string | undefined
  /** Origins of the cluster's nodes. */
  nodes: readonly string[]
}

/** The same for the nodes in any order. */
const clusterId = (nodes: readonly string[]): string =>
  createHash('sha256').update(nodes.toSorted().join(' ')).digest('hex').slice(0, 16)

/** Shares the ledger of writes and the calls and sequences it knows. */
const ledgerOfWrites: FastifyPluginAsync<LedgerPluginOptions> = async (app, options) => {
  const { storeFolder, nodes } = options
  const store: Store =
    storeFolder === undefined ? new MemoryStore() : new FileStore(storeFolder, app.log)
  const ledger = new Ledger({
    store,
    cluster: clusterId(nodes),
    logger: app.log,
    clean: (value) => app.outgoing.record(value)
  })
  app.decorate('store', store)
  app.decorate('ledger', ledger)
  app.decorate('calls', new Calls(ledger))
  app.decorate('sequences', new Sequences(ledger))
  app.addGauge({
    name: 'ledger_writes',
    help: 'Writes that the ledger keeps, by state: UNKNOWN ones want a look',
    labels: ['state'],
    read: async () => {
      const writes = await ledger.writes()
      return countBy(
        'state',
        writes.map(({ state }) => state),
        ['SENDING', 'RUNNING', 'UNKNOWN']
      )
    }
  })
  // After the client, which enters what becomes of its last writes.
  app.addHook('onClose', () => store.close())
}

export const ledgerPlugin = fp(ledgerOfWrites, {
  name: 'ledger',
  fastify: '5.x',
  dependencies: ['metrics', 'outgoing']
})
