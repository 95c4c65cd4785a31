import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { BusyTime } from '../src/lib/process/busy-time.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** How long its call has waited for the cluster; null where no tool was called. */
    clusterWaits: Readonly<Pick<BusyTime, 'ms' | 'count'>> | null
  }
}

/**
 * Says in `Server-Timing` where the time went, for callers with a token: how long the cluster took,
 * for how many requests, and all of it, in ms.
 */
const serverTiming: FastifyPluginAsync = async (app) => {
  app.decorateRequest('clusterWaits', null)
  app.addHook('onSend', (request, reply, _payload, done) => {
    if (request.principal === null) return done()
    const { clusterWaits } = request
    const parts = [`total;dur=${reply.elapsedTime.toFixed(1)}`]
    if (clusterWaits !== null) {
      const { ms, count } = clusterWaits
      const requests = count === 1 ? '1 request' : `${count} requests`
      parts.unshift(`cluster;dur=${ms.toFixed(1)};desc="${requests}"`)
    }
    void reply.header('server-timing', parts.join(', '))
    done()
  })
}

export const serverTimingPlugin = fp(serverTiming, {
  name: 'server-timing',
  fastify: '5.x',
  dependencies: ['auth']
})
