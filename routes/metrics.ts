import type { FastifyPluginAsync } from 'fastify'
import type { BridgeConfig } from '../src/config/config.ts'
import { reachedBy } from '../src/config/reach.ts'
import { scopeRequired } from '../src/identity/scope-required.ts'
import { isPassedOn } from '../src/lib/http/passed-on.ts'

export type MetricsRoutesOptions = Pick<
  BridgeConfig,
  'host' | 'publicUrl' | 'allowedHosts' | 'oidc'
>

/**
 * `GET /metrics`, for Prometheus. Without a token only where just this machine reaches it, by the settings
 * and by the request: a proxy in front of it makes loopback public.
 */
export const metricsRoutes: FastifyPluginAsync<MetricsRoutesOptions> = async (app, options) => {
  const isPrivate =
    reachedBy({ ...options, resource: options.oidc?.audience.resource }) === undefined
  if (isPrivate) app.acceptToken(({ headers }) => isPassedOn(headers))
  else app.requireToken()

  app.get('/metrics', async ({ principal }, reply) => {
    if (principal !== null && !principal.scopes.has('read'))
      throw scopeRequired(principal, 'Reading the metrics', ['read'])
    const { contentType, body } = await app.metrics.text()
    return reply.type(contentType).send(body)
  })
}
