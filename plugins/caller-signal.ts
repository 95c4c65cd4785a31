import type { FastifyPluginAsync, FastifyReply } from 'fastify'
import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyReply {
    /** A signal that aborts when the caller goes away before its response is written. */
    callerSignal(): AbortSignal
    /** The same as what aborts it, for a caller that ends the call itself. */
    callerControl(): AbortController
  }
}

/**
 * Not `request.signal`: it also aborts once the body has been read whole, because Node then closes
 * the request stream.
 */
function callerControl(this: FastifyReply): AbortController {
  const controller = new AbortController()
  this.raw.once('close', () => {
    if (!this.raw.writableFinished) controller.abort()
  })
  return controller
}

function callerSignal(this: FastifyReply): AbortSignal {
  return this.callerControl().signal
}

/** Notifies handlers when their caller has disconnected, by `reply.callerSignal()`. */
const callerSignals: FastifyPluginAsync = async (app) => {
  app.decorateReply('callerControl', callerControl)
  app.decorateReply('callerSignal', callerSignal)
}

export const callerSignalPlugin = fp(callerSignals, { name: 'caller-signal', fastify: '5.x' })
