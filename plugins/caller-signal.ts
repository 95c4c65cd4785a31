import type { FastifyPluginAsync, FastifyReply } from 'fastify'
import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyReply {
    /** A signal that aborts when the caller goes away before its response is written. */
    callerSignal(): AbortSignal
  }
}

/**
 * Not `request.signal`: it also aborts once the body has been read whole, because Node then closes
 * the request stream.
 */
function callerSignal(this: FastifyReply): AbortSignal {
  const controller = new AbortController()
  this.raw.once('close', () => {
    if (!this.raw.writableFinished) controller.abort()
  })
  return controller.signal
}

/** Tells handlers when their caller is gone, as `reply.callerSignal()`. */
const callerSignals: FastifyPluginAsync = async (app) => {
  app.decorateReply('callerSignal', callerSignal)
}

export const callerSignalPlugin = fp(callerSignals, { name: 'caller-signal', fastify: '5.x' })
