import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { maxPathLength, maxStrangerLinesPerMinute } from '../src/lib/http/http-limits.ts'
import { LineBudget } from '../src/lib/process/line-budget.ts'
import { callerForLog } from '../src/openwebui/caller.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** A tool runs for it and writes the line of the log. */
    isLogged: boolean
  }
}

/**
 * What was asked for, and who claims to ask; of a request without the token its address, which it
 * cannot invent.
 */
function describeRequest(request: FastifyRequest): object {
  const { method, url, principal, ip } = request
  const caller =
    principal !== null
      ? { token: principal.name, ...callerForLog(request.headers, principal.person) }
      : { address: ip }
  const [path = ''] = url.split('?', 1)
  return { method, path: path.slice(0, maxPathLength), ...caller }
}

/**
 * One line of the log for every request, whatever its outcome, under the id that its response carries, too.
 * That of a tool is written where all surfaces call it, in src/tools/call/call-log.ts.
 */
const requestLog: FastifyPluginAsync = async (app) => {
  app.decorateRequest('isLogged', false)
  const budget = new LineBudget(maxStrangerLinesPerMinute)

  /** Writes the line, unless it is one too many of a stranger's. */
  function write(request: FastifyRequest, fields: object, message: string): void {
    const fate = request.principal !== null ? 'write' : budget.take(request.ip)
    if (fate === 'drop') return
    request.log.info({ ...describeRequest(request), ...fields }, message)
    if (fate === 'write-last')
      request.log.warn(
        { address: request.ip },
        `More than ${maxStrangerLinesPerMinute} requests without a token within a minute: the next ones of this address are not logged`
      )
  }

  app.addHook('onRequest', (request, reply, done) => {
    // Not onRequestAbort, which a caller that goes after its whole request was read does not reach.
    reply.raw.once('close', () => {
      if (reply.raw.writableFinished || request.isLogged) return
      const ms = Math.round(reply.elapsedTime)
      write(request, { ms }, 'caller gone')
    })
    done()
  })
  app.addHook('onSend', (request, reply, _payload, done) => {
    void reply.header('x-request-id', request.id)
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    if (!request.isLogged) {
      const ms = Math.round(reply.elapsedTime)
      const { statusCode: status } = reply
      write(request, { status, ms }, status === 401 ? 'token refused' : 'answered')
    }
    done()
  })
}

export const requestLogPlugin = fp(requestLog, {
  name: 'request-log',
  fastify: '5.x',
  dependencies: ['auth']
})
