import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { callerForLog } from '../src/openwebui/caller.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** A tool runs for it and writes the line of the log. */
    isLogged: boolean
  }
}

/** What was asked for, and who claims to ask. */
function describeRequest(request: FastifyRequest): object {
  const { method, url } = request
  // What a request without the token claims to come from is not written down.
  const caller = request.hasToken ? callerForLog(request.headers) : {}
  return { method, path: url.split('?')[0], ...caller }
}

/**
 * One line of the log for every request, whatever became of it, under the id that its response carries, too.
 * That of a tool is written where all surfaces call it, in src/tools/call-log.ts.
 */
const requestLog: FastifyPluginAsync = async (app) => {
  app.decorateRequest('isLogged', false)
  app.addHook('onRequest', async (request, reply) => {
    // Not onRequestAbort, which a caller that goes after its whole request was read does not reach.
    reply.raw.once('close', () => {
      if (reply.raw.writableFinished || request.isLogged) return
      const ms = Math.round(reply.elapsedTime)
      request.log.info({ ...describeRequest(request), ms }, 'caller gone')
    })
  })
  app.addHook('onSend', async (request, reply) => {
    void reply.header('x-request-id', request.id)
  })
  app.addHook('onResponse', async (request, reply) => {
    if (request.isLogged) return
    const ms = Math.round(reply.elapsedTime)
    const { statusCode: status } = reply
    request.log.info({ ...describeRequest(request), status, ms }, 'answered')
  })
}

export const requestLogPlugin = fp(requestLog, {
  name: 'request-log',
  fastify: '5.x',
  dependencies: ['auth']
})
