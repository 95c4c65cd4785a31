import type { FastifyPluginAsync } from 'fastify'
import type { NodeProbe } from '../src/hypercore/client.ts'
import { packageVersion } from '../src/lib/package-info.ts'
import { updateFacts } from '../src/hypercore/updates/update-words.ts'
import type { UpdateState } from '../src/hypercore/updates/update-state.ts'
import type { Timings } from '../src/lib/timings.ts'

export interface HealthRoutesOptions {
  timings: Timings
}

/** An update without addresses and sentences; the node by its number in the cluster. */
function publicUpdate(state: UpdateState): object {
  const { phase, percent, from, to } = updateFacts(state)
  return { phase, percent, node: state.atPeer, from, to }
}

/**
 * Signs of life, without a token. `/health`: the process is up. `/ready`: the cluster responds; 503
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
    void reply.code(ready ? 200 : 503)
    // No addresses and no sentences: this response is public. `scale-bridge check` shows both.
    const code = ready ? undefined : probes.find(({ error }) => error !== undefined)?.error?.code
    return {
      status: ready ? 'ready' : 'cluster not reachable',
      nodes: probes.length,
      nodesAnswering: probes.filter((probe) => probe.ok).length,
      ...(code !== undefined && { code }),
      ...(update.running && { update: publicUpdate(update) })
    }
  })
}
