import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { type NodeProbe, worstProbe } from '../src/hypercore/cluster-health.ts'
import type { NodeStatus } from '../src/hypercore/transport/node-status.ts'
import type { ErrorCode } from '../src/lib/errors/errors.ts'
import { packageVersion } from '../src/lib/files/package-info.ts'
import { updateFacts, type UpdateState } from '../src/hypercore/updates/update-state.ts'
import type { Timings } from '../src/lib/time/timings.ts'

export interface HealthRoutesOptions {
  timings: Timings
}

/** What `/ready` says of a cluster that is of no use: it is public, so without addresses. */
const reasons: Partial<Record<ErrorCode, { status: string; message: string }>> = {
  CLUSTER_LOGIN_REFUSED: {
    status: 'cluster refuses the login',
    message: 'The cluster refuses the login: check SCALE_USERNAME and SCALE_PASSWORD'
  },
  CLUSTER_TLS: {
    status: 'certificate not trusted',
    message: 'No certificate of the cluster is trusted: `scale-bridge pin` shows and pins them'
  }
}
const unreachable = {
  status: 'cluster not reachable',
  message: 'No node of the cluster responds: `scale-bridge check` says why'
}

/** An update without addresses and sentences; the node by its number in the cluster. */
function publicUpdate(state: UpdateState): object {
  const { phase, percent, from, to } = updateFacts(state)
  return { phase, percent, node: state.atPeer, from, to }
}

/** The nodes that are not asked for everything, by their number in SCALE_HOST. */
const publicStates = (nodes: readonly NodeStatus[]): object[] =>
  nodes.flatMap(({ number: node, kinds }) =>
    (['open', 'half-open', 'slow'] as const).flatMap((state) => {
      const calls = kinds
        .filter(({ position, slow }) => (state === 'slow' ? slow : position === state))
        .map(({ kind }) => kind)
      return calls.length === 0 ? [] : [{ node, state, calls }]
    })
  )

/** Without it the cluster can be read, so the bridge is ready all the same. */
const publicStore = (
  { database }: NonNullable<FastifyInstance['shared']>,
  presence: FastifyInstance['presence']
): object =>
  database.isReachable
    ? { status: 'ok', bridges: presence?.count ?? 1 }
    : { status: 'not reachable', message: 'Writes are refused until the database is back' }

/**
 * Health checks, without a token. `/health`: the process is up. `/ready`: the cluster responds; 503
 * and the code of the error while it does not; with an update that is running.
 */
export const healthRoutes: FastifyPluginAsync<HealthRoutesOptions> = async (app, { timings }) => {
  let last: { at: number; probes: Promise<NodeProbe[]> } | undefined

  app.get('/health', () => ({ status: 'ok', version: packageVersion }))

  app.get('/ready', async (_request, reply) => {
    if (last === undefined || performance.now() - last.at > timings.readyFreshMs)
      last = { at: performance.now(), probes: app.hypercore.probe() }
    const [probes, update] = await Promise.all([last.probes, app.hypercore.updates.look()])
    const ready = probes.some((probe) => probe.ok)
    const { code } = worstProbe(probes) ?? {}
    const { status, message } = (code && reasons[code]) ?? unreachable
    const traffic = app.hypercore.traffic()
    const notAsked = publicStates(traffic.nodes)
    const found = traffic.nodes.filter((node) => node.found).length
    const left = traffic.nodes.filter((node) => node.left).length
    const { count: unlisted } = app.hypercore.nodeLists.unlisted
    void reply.code(ready ? 200 : 503)
    return {
      status: ready ? 'ready' : status,
      nodes: probes.length,
      nodesAnswering: probes.filter((probe) => probe.ok).length,
      ...(!ready && { code, message }),
      ...(found > 0 && { nodesFound: found }),
      ...(left > 0 && { nodesLeft: left }),
      ...(traffic.discovered?.doubt !== undefined && { nodeList: 'not followed' }),
      ...(unlisted > 0 && { nodesNotListed: unlisted }),
      ...(notAsked.length > 0 && { breakers: notAsked }),
      ...(update.running && { update: publicUpdate(update) }),
      ...(app.shared && { store: publicStore(app.shared, app.presence) })
    }
  })
}
