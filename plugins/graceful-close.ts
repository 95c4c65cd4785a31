import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'

const pollMs = 50

/**
 * Ends connections when the bridge closes: calls that run are answered, whatever else holds a
 * connection is cut off. A request of which only a part has come, or a connection that Node takes
 * for busy without a call, would hold the shutdown up for as long as its client likes.
 */
const closing: FastifyPluginAsync = async (app) => {
  /** Requests that came whole and are not answered. */
  const running = new Set<FastifyRequest>()
  let isClosing = false

  app.addHook('preHandler', async (request, reply) => {
    running.add(request)
    // Also when the caller has gone, which no hook tells of a request that was read whole.
    reply.raw.once('close', () => void running.delete(request))
  })
  app.addHook('onSend', async (_request, reply) => {
    if (isClosing) void reply.header('connection', 'close')
  })
  app.addHook('preClose', async () => {
    isClosing = true
    const timer = setInterval(() => {
      if (running.size > 0) return
      clearInterval(timer)
      app.server.closeAllConnections()
    }, pollMs)
    timer.unref()
  })
}

export const closingPlugin = fp(closing, { name: 'closing', fastify: '5.x' })
