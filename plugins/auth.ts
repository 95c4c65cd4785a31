import bearerAuth from '@fastify/bearer-auth'
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Authenticator, Principal } from '../src/identity/principal.ts'
import { operator, StaticToken } from '../src/identity/static-token.ts'
import { BridgeError } from '../src/lib/errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Makes every route that is added to this scope afterwards require a token. */
    requireToken(): void
    /**
     * Makes every route that is added to this scope afterwards take a token where one is sent; a wrong
     * one is refused.
     */
    acceptToken(): void
    /** Whether somebody else than this principal may approve a plan. */
    hasApprover(principal: Principal): boolean
  }
  interface FastifyRequest {
    /** Who calls, once a token was accepted. */
    principal: Principal | null
    /** Who calls, on routes that require a token. */
    requirePrincipal(): Principal
  }
}

export interface AuthPluginOptions {
  token: string
}

function requirePrincipal(this: FastifyRequest): Principal {
  if (this.principal === null) throw new Error(`${this.url} is reached without a token`)
  return this.principal
}

/** Clients with no token set send the scheme alone. */
const sendsToken = ({ headers: { authorization = '' } }: FastifyRequest): boolean =>
  !/^(?:bearer)?\s*$/i.test(authorization)

/**
 * Bearer authentication: the header is read by @fastify/bearer-auth, the token by whoever knows it.
 *
 * It is registered with `addHook: false` and its check runs as a hook of the guarded scope: a refusal
 * then passes the error handler like every other error, instead of sending a body of its own. No body
 * is read before it.
 */
const auth: FastifyPluginAsync<AuthPluginOptions> = async (app, { token }) => {
  const authenticators: Authenticator[] = [
    new StaticToken(token, operator),
    ...app.signIn.authenticators
  ]

  const { issuer } = app.signIn
  const noToken = new BridgeError(
    'UNAUTHORIZED',
    `A valid token is needed: ${issuer === undefined ? '' : `sign in at ${issuer}, or `}send the header "Authorization: Bearer <MCP_BEARER_TOKEN>"`
  )

  async function authenticate(key: string, request: FastifyRequest): Promise<boolean> {
    for (const authenticator of authenticators) {
      const principal = await authenticator.authenticate(key)
      if (principal === undefined) continue
      request.principal = await app.signIn.withPerson(principal, request.headers)
      return true
    }
    return false
  }

  await app.register(bearerAuth, {
    keys: new Set<string>(),
    auth: authenticate,
    addHook: false,
    // The request's own line says it.
    verifyErrorLogLevel: 'silent',
    // RFC 6750 names the scheme `Bearer`, RFC 9110 compares schemes in any case.
    specCompliance: 'rfc6749'
  })

  app.decorate('hasApprover', (principal: Principal) => principal.kind !== 'operator')
  app.decorateRequest('principal', null)
  app.decorateRequest('requirePrincipal', requirePrincipal)
  const checkToken = (scope: FastifyInstance, isRequired: boolean): void => {
    scope.addHook('onRequest', async (request, reply) => {
      if (!isRequired && !sendsToken(request)) return undefined
      const refusal = await new Promise<Error | undefined>((resolve) => {
        scope.verifyBearerAuth?.(request, reply, resolve)
      })
      if (request.principal !== null) return app.countCall(request)
      const error = refusal instanceof BridgeError ? refusal : noToken
      // What cannot be judged is no guess of the caller's.
      if (error.statusCode < 500) await app.countRefusal(request)
      throw error
    })
  }
  app.decorate('requireToken', function requireToken() {
    checkToken(this, true)
  })
  app.decorate('acceptToken', function acceptToken() {
    checkToken(this, false)
  })
}

export const authPlugin = fp(auth, {
  name: 'auth',
  fastify: '5.x',
  dependencies: ['rate-limit', 'oidc']
})
