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
 * then passes the error handler like every other error, instead of sending a body of its own.
 */
const auth: FastifyPluginAsync<AuthPluginOptions> = async (app, { token }) => {
  await app.register(bearerAuth, {
    keys: new Set([token]),
    addHook: false,
    verifyErrorLogLevel: 'debug',
    // RFC 6750 names the scheme `Bearer`, RFC 9110 compares schemes in any case.
    specCompliance: 'rfc6749'
  })

  app.decorateRequest('hasToken', false)
  app.decorate('requireToken', function requireToken() {
    this.addHook('onRequest', (request, reply, done) => {
      this.verifyBearerAuth?.(request, reply, (error?: Error) => {
        request.hasToken = error === undefined
        if (error === undefined) return done()
        void reply.header('www-authenticate', 'Bearer realm="scale-bridge"')
        done(
          new BridgeError(
            'UNAUTHORIZED',
            'A valid token is needed: send the header "Authorization: Bearer <MCP_BEARER_TOKEN>"'
          )
        )
      })
    })
  })
}

export const authPlugin = fp(auth, { name: 'auth', fastify: '5.x' })
