import { createHash } from 'node:crypto'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { Calls } from '../src/ledger/calls.ts'
import { Ledger } from '../src/ledger/ledger.ts'
import { Sequences } from '../src/ledger/sequences.ts'
import { countBy } from '../src/metrics/count-by.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Every write to the cluster, and its outcome. */
    ledger: Ledger
    /** Recognises a call of a writing tool that is repeated. */
    calls: Calls
    /** Keeps how far calls of several writes came. */
    sequences: Sequences
  }
}

export interface LedgerPluginOptions {
  /** Origins of the cluster's nodes. */
  nodes: readonly string[]
}

/** The same for the nodes in any order. */
const clusterId = (nodes: readonly string[]): string =>
  createHash('sha256').update(nodes.toSorted().join(' ')).digest('hex').slice(0, 16)

/** Shares the ledger of writes and the calls and sequences it knows. */
const ledgerOfWrites: FastifyPluginAsync<LedgerPluginOptions> = async (app, options) => {
  const { store, presence } = app
  const ledger = new Ledger({
    store,
    cluster: clusterId(options.nodes),
    logger: app.log,
    clean: (value) => app.outgoing.record(value),
    ...(presence && { presence })
  })
  // Before the store is closed, which was registered before.
  app.addHook('onClose', () => ledger.close())
  app.decorate('ledger', ledger)
  app.decorate('calls', new Calls(ledger))
  app.decorate('sequences', new Sequences(ledger))
  app.addGauge({
    name: 'ledger_writes',
    help: 'Writes that the ledger keeps, by state: check UNKNOWN ones; those of all bridges on a shared store',
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
}

export const ledgerPlugin = fp(ledgerOfWrites, {
  name: 'ledger',
  fastify: '5.x',
  dependencies: ['metrics', 'outgoing', 'store']
})
