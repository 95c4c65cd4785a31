import type { FastifyPluginAsync } from 'fastify'
import { scopeRequired } from '../src/identity/scope-required.ts'
import { isLoopback } from '../src/lib/http/loopback.ts'

export interface MetricsRoutesOptions {
  /** The address that the bridge listens on. */
  host: string
  /** Where it is reached through a proxy; undefined without one. */
  publicUrl: string | undefined
}

/**
 * `GET /metrics`, for Prometheus. Without a token only where just this machine reaches it: a
 * proxy in front of it makes loopback public.
 */
export const metricsRoutes: FastifyPluginAsync<MetricsRoutesOptions> = async (
  app,
  { host, publicUrl }
) => {
  const isPrivate = isLoopback(host) && publicUrl === undefined
  if (isPrivate) app.acceptToken()
  else app.requireToken()

  app.get('/metrics', async ({ principal }, reply) => {
    if (principal !== null && !principal.scopes.has('read'))
      throw scopeRequired(principal, 'Reading the metrics', ['read'])
    const { contentType, body } = await app.metrics.text()
    return reply.type(contentType).send(body)
  })
}
