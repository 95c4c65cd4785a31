import type { FastifyReply } from 'fastify'

/**
 * Aborts when the caller goes away before its answer is written.
 *
 * Not `request.signal`: it also aborts once the body has been read whole, because Node then closes
 * the request stream.
 */
export function callerSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort()
  })
  return controller.signal
}
