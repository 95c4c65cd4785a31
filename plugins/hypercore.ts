import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { AuditKey } from '../src/audit/chain/key.ts'
import { loadOnce } from '../src/lib/flow/load-once.ts'
import { KeptNodes } from '../src/replicas/kept-nodes.ts'
import { SharedSessions } from '../src/replicas/shared-sessions.ts'
import { TaskFollower } from '../src/ledger/task-follower.ts'
import { clusterGauges } from '../src/metrics/cluster-gauges.ts'
import { HyperCore, type HyperCoreOptions } from '../src/hypercore/client.ts'
import { failureDuringUpdate } from '../src/views/update.ts'

declare module 'fastify' {
  interface FastifyInstance {
    hypercore: HyperCore
  }
}

export interface HyperCorePluginOptions {
  /** The key of the record, by which bridges that share a store share their sessions. */
  signingKey: (() => Promise<AuditKey>) | undefined
  cluster: HyperCoreOptions
  /**
   * Log out at the cluster when the bridge stops, as the demo does. Otherwise the session stays in
   * its file for the next start; a client that could not keep it there logs out.
   */
  logoutOnClose: boolean
  /** Until the first look at a task without a waiting caller, in ms. */
  followMs: number
  /** Between two looks for what other bridges have left, in ms. */
  leftMs: number
}

/**
 * Shares one cluster client as `app.hypercore` and keeps its sessions from start to stop.
 *
 * The client logs in on its first call, not here: a cluster that is down must not stop the bridge
 * from starting and saying so.
 */
const hypercore: FastifyPluginAsync<HyperCorePluginOptions> = async (app, options) => {
  const { writeLedger: ledger, log: logger, outgoing, shared } = app
  const { signingKey } = options
  const sealing =
    shared && signingKey && loadOnce(async () => (await signingKey()).secretFor('sessions'))
  const { discover } = options.cluster
  const isPrivate = shared === undefined
  const kept =
    isPrivate || sealing
      ? new KeptNodes({ store: app.store, cluster: app.ledger.cluster, key: sealing?.get })
      : undefined
  const client = new HyperCore({
    ...options.cluster,
    ...(discover && { discover: { ...(kept && { kept }), ...discover } }),
    guard: app.recordRefusals(app.policy),
    ledger,
    logger,
    meter: app.meter,
    updateNote: failureDuringUpdate,
    onSecret: outgoing.learn,
    ...(sealing && {
      sessionKeeper: (owner, logger) => new SharedSessions(app.store, sealing.get, owner, logger)
    })
  })
  app.decorate('hypercore', client)
  for (const gauge of clusterGauges(client)) app.addGauge(gauge)
  const follower = new TaskFollower(app.ledger, client.tasks, {
    logger: app.log,
    firstPauseMs: options.followMs
  })
  const recover = (): void =>
    void follower
      .recover()
      .catch((err: unknown) => app.log.warn({ err }, 'The ledger cannot be read'))
  let again: NodeJS.Timeout | undefined
  // Over stdio nothing listens.
  app.addHook('onReady', async () => {
    recover()
    client.nodeLists.restore()
    // What failed then, and what a bridge left that was never seen alive.
    if (app.presence !== undefined) again = setInterval(recover, options.leftMs).unref()
  })
  app.presence?.onEnded(recover)
  app.addWarmUp('The HTTP client', () => import('../src/lib/http/undici.ts'))
  app.addHook('onClose', async () => {
    clearInterval(again)
    await follower.close()
    await client.close(options.logoutOnClose ? { logout: true } : {})
  })
}

export const hypercorePlugin = fp(hypercore, {
  name: 'hypercore',
  fastify: '5.x',
  dependencies: ['warm-up', 'traces', 'metrics', 'outgoing', 'store', 'ledger', 'audit', 'policy']
})
