import bearerAuth from '@fastify/bearer-auth'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { BridgeError } from '../src/lib/errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Makes every route that is added to this scope afterwards want the client token. */
    requireToken(): void
  }
  interface FastifyRequest {
    /** The caller showed the client token. */
    hasToken: boolean
  }
}

export interface AuthPluginOptions {
  token: string
}

/**
 * Bearer authentication, compared in constant time by @fastify/bearer-auth.
 *
 * It is registered with `addHook: false` and its check runs as a hook of the guarded scope: a refusal
 * then passes the error handler like every other error, instead of sending a body of its own. No body
 * is read before it.
 */
const auth: FastifyPluginAsync<AuthPluginOptions> = async (app, { token }) => {
  await app.register(bearerAuth, {
    keys: new Set([token]),
    addHook: false,
    // The request's own line says it.
    verifyErrorLogLevel: 'silent',
    // RFC 6750 names the scheme `Bearer`, RFC 9110 compares schemes in any case.
    specCompliance: 'rfc6749'
  })

  app.decorateRequest('hasToken', false)
  app.decorate('requireToken', function requireToken() {
    this.addHook('onRequest', async (request, reply) => {
      request.hasToken = await new Promise((resolve) => {
        this.verifyBearerAuth?.(request, reply, (error?: Error) => resolve(error === undefined))
      })
      if (request.hasToken) return app.countCall(request)
      await app.countRefusal(request)
      void reply.header('www-authenticate', 'Bearer realm="scale-bridge"')
      throw new BridgeError(
        'UNAUTHORIZED',
        'A valid token is needed: send the header "Authorization: Bearer <MCP_BEARER_TOKEN>"'
      )
    })
  })
}

export const authPlugin = fp(auth, { name: 'auth', fastify: '5.x', dependencies: ['rate-limit'] })
