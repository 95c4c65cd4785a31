import bearerAuth from '@fastify/bearer-auth'
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Authenticator, Principal, TokenSource } from '../src/identity/principal.ts'
import { firstToKnow } from '../src/identity/token-sources.ts'
import type { Scope } from '../src/identity/scope.ts'
import { operatorWith, StaticToken } from '../src/identity/static-token.ts'
import { BridgeError } from '../src/lib/errors/errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Makes every route that is added to this scope afterwards require a token. */
    requireToken(): void
    /** Who know tokens, asked in this order. */
    authenticators: Authenticator[]
    /**
     * Finds out who holds a token that came on another way than in a header.
     * @throws {BridgeError} UNAUTHORIZED for one that does not count any more
     */
    authenticate(token: string): Promise<Principal | undefined>
    /** The bridge administrator: the holder of MCP_BEARER_TOKEN, and who starts it over stdio. */
    operator: Principal
    /**
     * Whether another principal may approve a plan. None can where the bridge does not
     * listen, as over stdio.
     */
    hasApprover(principal: Principal): boolean | Promise<boolean>
    /**
     * Makes every route that is added to this scope afterwards take a token where one is sent; a wrong
     * one is refused.
     * @param requires the requests that must send one all the same
     */
    acceptToken(requires?: (request: FastifyRequest) => boolean): void
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
  tokenScope: readonly Scope[]
  tokens: TokenSource | undefined
}

function requirePrincipal(this: FastifyRequest): Principal {
  if (this.principal === null) throw new Error(`${this.url} is reached without a token`)
  return this.principal
}

/**
 * Clients with no token set send the scheme alone, and a proxy that asks for a login of its own passes
 * on that: of another scheme.
 */
const sendsToken = ({ headers: { authorization = '' } }: FastifyRequest): boolean =>
  !/^(?:bearer)?\s*$|^(?!bearer\s)\S+\s+\S/i.test(authorization)

/**
 * Bearer authentication: the header is read by @fastify/bearer-auth, the token by the authenticator that knows it.
 *
 * It is registered with `addHook: false` and its check runs as a hook of the guarded scope: a refusal
 * then passes the error handler like every other error, instead of sending a body of its own. No body
 * is read before it.
 */
const auth: FastifyPluginAsync<AuthPluginOptions> = async (app, options) => {
  const { token, tokenScope, tokens } = options
  const operator = operatorWith(tokenScope)
  const authenticators: Authenticator[] = [
    new StaticToken(token, operator),
    ...(tokens === undefined ? [] : [tokens]),
    ...app.signIn.authenticators
  ]

  const { issuer } = app.signIn
  const noToken = new BridgeError(
    'UNAUTHORIZED',
    `A valid token is required: ${issuer === undefined ? '' : `sign in at ${issuer}, or `}send the header "Authorization: Bearer <MCP_BEARER_TOKEN>"`
  )

  const authenticate = async (token: string): Promise<Principal | undefined> =>
    firstToKnow(authenticators, token)

  await app.register(bearerAuth, {
    keys: new Set<string>(),
    auth: async (token: string, request: FastifyRequest) => {
      const principal = await authenticate(token)
      if (principal === undefined) return false
      request.principal = await app.signIn.withPerson(principal, request.headers)
      return true
    },
    addHook: false,
    // The request's own line says it.
    verifyErrorLogLevel: 'silent',
    // RFC 6750 names the scheme `Bearer`, RFC 9110 compares schemes in any case.
    specCompliance: 'rfc6749'
  })

  app.decorate('authenticators', authenticators)
  app.decorate('authenticate', authenticate)
  // A file that is of no use is in the log from the start.
  app.addHook('onReady', async () => void (await tokens?.approvers()))
  app.decorate('operator', operator)
  app.decorate('hasApprover', async ({ kind, name }: Principal) => {
    if (!app.server.listening) return false
    if (issuer !== undefined) return true
    if (kind !== 'operator' && operator.scopes.has('approve')) return true
    const approvers = (await tokens?.approvers()) ?? []
    return approvers.some((approver) => kind !== 'token' || approver !== name)
  })
  app.decorateRequest('principal', null)
  app.decorateRequest('requirePrincipal', requirePrincipal)
  const checkToken = (
    scope: FastifyInstance,
    isRequired: (request: FastifyRequest) => boolean
  ): void => {
    scope.addHook('onRequest', async (request, reply) => {
      if (!isRequired(request) && !sendsToken(request)) return undefined
      const refusal = await new Promise<Error | undefined>((resolve) => {
        scope.verifyBearerAuth?.(request, reply, resolve)
      })
      if (request.principal !== null) return app.countCall(request, request.principal)
      const error = refusal instanceof BridgeError ? refusal : noToken
      // What cannot be judged is not a guess of the caller.
      if (error.statusCode < 500) await app.countRefusal(request)
      throw error
    })
  }
  app.decorate('requireToken', function requireToken() {
    checkToken(this, () => true)
  })
  app.decorate('acceptToken', function acceptToken(requires = () => false) {
    checkToken(this, requires)
  })
}

export const authPlugin = fp(auth, {
  name: 'auth',
  fastify: '5.x',
  dependencies: ['rate-limit', 'oidc']
})
