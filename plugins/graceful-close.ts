import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'

/**
 * Ends connections when the bridge closes: calls that run are finished, whatever else holds a
 * connection is cut off. A request of which only a part has come, or a connection that Node takes
 * for busy without a call, would hold the shutdown up for as long as its client likes.
 */
const gracefulClose: FastifyPluginAsync = async (app) => {
  /** Requests that came whole and have no response yet. */
  const running = new Set<FastifyRequest>()
  let isClosing = false

  function cutOffWhenDone(): void {
    if (!isClosing || running.size > 0) return
    app.server.closeAllConnections()
    // The server listens until every plugin is ready to close.
    app.server.on('connection', (socket) => socket.destroy())
  }

  app.addHook('preHandler', (request, reply, done) => {
    running.add(request)
    // Not onResponse, which does not run for a caller that went away after its request was read.
    reply.raw.once('close', () => {
      running.delete(request)
      cutOffWhenDone()
    })
    done()
  })
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (isClosing) void reply.header('connection', 'close')
    done()
  })
  app.addHook('preClose', async () => {
    isClosing = true
    app.log.info({ calls: running.size }, 'shutting down')
    cutOffWhenDone()
  })
}

export const gracefulClosePlugin = fp(gracefulClose, { name: 'graceful-close', fastify: '5.x' })
