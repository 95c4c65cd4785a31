import type { FastifyPluginAsync } from 'fastify'
import type { NodeProbe } from '../src/hypercore/client.ts'
import { packageVersion } from '../src/lib/package-info.ts'
import type { Timings } from '../src/lib/timings.ts'

export interface HealthRoutesOptions {
  timings: Timings
}

/**
 * Signs of life, without a token. `/health`: the process is up. `/ready`: the cluster answers; 503
 * and the code of the error while it does not.
 */
export const healthRoutes: FastifyPluginAsync<HealthRoutesOptions> = async (app, { timings }) => {
  let last: { at: number; probes: Promise<NodeProbe[]> } | undefined

  app.get('/health', () => ({ status: 'ok', version: packageVersion }))

  app.get('/ready', async (_request, reply) => {
    if (last === undefined || Date.now() - last.at > timings.readyFreshMs)
      last = { at: Date.now(), probes: app.hypercore.probe() }
    const probes = await last.probes
    const ready = probes.some((probe) => probe.ok)
    void reply.code(ready ? 200 : 503)
    // No addresses and no sentences: this response is public. `scale-bridge check` shows both.
    const code = ready ? undefined : probes.find(({ error }) => error !== undefined)?.error?.code
    return {
      status: ready ? 'ready' : 'cluster not reachable',
      nodes: probes.length,
      nodesAnswering: probes.filter((probe) => probe.ok).length,
      ...(code !== undefined && { code })
    }
  })
}
