import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { Timings } from '../src/lib/time/timings.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The body is read as it comes in, for as long as it comes: no parser, no deadline of the whole. */
    streamsBody?: boolean
  }
  interface FastifyReply {
    /** Tells a client that has asked before sending its body (`Expect: 100-continue`) to send it. */
    takeBody(): void
  }
}

const expectsLeave = (expect: string | undefined): boolean =>
  expect?.trim().toLowerCase() === '100-continue'

/**
 * Ends requests whose body does not arrive in time, and lets clients that ask first send theirs: after
 * the token was judged, and of an upload once it is certain that it is taken.
 */
const requestDeadline: FastifyPluginAsync<{ timings: Timings }> = async (app, { timings }) => {
  app.decorateReply('takeBody', function takeBody() {
    if (expectsLeave(this.request.headers.expect) && !this.raw.headersSent) this.raw.writeContinue()
  })
  // Without a listener Node gives leave before anybody has looked at the request.
  app.server.on('checkContinue', (request, response) =>
    app.server.emit('request', request, response)
  )
  app.addHook('onRequest', ({ raw, routeOptions }, _reply, done) => {
    if (raw.complete || routeOptions.config.streamsBody === true) return done()
    const timer = setTimeout(() => {
      if (raw.complete) return
      // As Node tells of it where it watches the time itself.
      const error = Object.assign(new Error('Request timeout'), {
        code: 'ERR_HTTP_REQUEST_TIMEOUT'
      })
      app.server.emit('clientError', error, raw.socket)
    }, timings.requestMs)
    timer.unref()
    for (const end of ['end', 'close']) raw.once(end, () => clearTimeout(timer))
    done()
  })
  app.addHook('preParsing', ({ routeOptions }, reply, payload, done) => {
    if (routeOptions.config.streamsBody !== true) reply.takeBody()
    done(null, payload)
  })
}

export const requestDeadlinePlugin = fp(requestDeadline, {
  name: 'request-deadline',
  fastify: '5.x'
})
