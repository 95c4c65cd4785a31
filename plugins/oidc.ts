import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { OidcConfig } from '../src/config/config.ts'
import type { Authenticator, Person, Principal } from '../src/identity/principal.ts'
import { scopes } from '../src/identity/scope.ts'
import type { BridgeError } from '../src/lib/errors/errors.ts'
import type { Timings } from '../src/lib/time/timings.ts'
import { claimedPerson, userTokenHeader } from '../src/openwebui/caller.ts'

declare module 'fastify' {
  interface FastifyInstance {
    signIn: SignIn
  }
}

/** What of a request counts: the caller, once a token was accepted. */
type Caller = Pick<FastifyRequest, 'headers' | 'principal'>

/** What an identity provider, and OpenWebUI, say of who calls. */
export interface SignIn {
  /** Empty where no identity provider is set. */
  authenticators: readonly Authenticator[]
  /** Undefined where no identity provider is set. */
  issuer: string | undefined
  /**
   * The caller with the person behind it: as its own token names them, else as a signed header does,
   * else as headers claim.
   * @throws {BridgeError} UNAUTHORIZED for a signed header that is not valid
   */
  withPerson(principal: Principal, headers: FastifyRequest['headers']): Promise<Principal>
  /** Tells a client by WWW-Authenticate how it gets a token that would do. */
  challenge(caller: Caller, reply: FastifyReply, error: BridgeError): void
}

export interface OidcPluginOptions {
  oidc: OidcConfig | undefined
  userTokenSecret: string | undefined
  timings: Timings
}

const plainChallenge = 'Bearer realm="scale-bridge"'

/** What OpenWebUI's header is called, and what verifies it; nothing where it is not set. */
async function signedNames(
  secret: string | undefined
): Promise<(headers: FastifyRequest['headers']) => Promise<Person | undefined>> {
  if (secret === undefined) return async () => undefined
  const { OpenWebUiTokens } = await import('../src/identity/openwebui-token.ts')
  const tokens = new OpenWebUiTokens(secret)
  return async (headers) => {
    const token = headers[userTokenHeader]
    return token === undefined ? undefined : tokens.personOf(String(token))
  }
}

/**
 * Sign-in by an identity provider: the bridge is an OAuth 2.1 resource server, describes itself by
 * RFC 9728, and accepts the provider's access tokens. They end here; nothing of them goes to the cluster.
 */
const oidc: FastifyPluginAsync<OidcPluginOptions> = async (app, options) => {
  const { oidc: config, userTokenSecret, timings } = options
  const signedPerson = await signedNames(userTokenSecret)

  async function withPerson(
    principal: Principal,
    headers: FastifyRequest['headers']
  ): Promise<Principal> {
    const signed = await signedPerson(headers)
    const person = principal.person ?? signed ?? claimedPerson(headers)
    return person === undefined ? principal : { ...principal, person }
  }

  if (config === undefined) {
    app.decorate('signIn', {
      authenticators: [],
      issuer: undefined,
      withPerson,
      challenge(_caller, reply, { code }) {
        if (code === 'UNAUTHORIZED') void reply.header('www-authenticate', plainChallenge)
      }
    })
    return
  }

  const [{ OidcAuthenticator }, { challenge, metadataPaths, protectedResource }] =
    await Promise.all([
      import('../src/identity/oidc.ts'),
      import('../src/identity/oidc-resource.ts')
    ])
  const authenticator = new OidcAuthenticator(config, timings, app.log)
  app.addHook('onClose', () => authenticator.keys.close())

  app.decorate('signIn', {
    authenticators: [authenticator],
    issuer: config.issuer,
    withPerson,
    challenge({ headers, principal }, reply, { code, message, details }) {
      if (code === 'UNAUTHORIZED') {
        const sent = headers.authorization !== undefined
        const reason = sent ? { error: 'invalid_token' as const, description: message } : undefined
        void reply.header('www-authenticate', challenge(config, reason))
      }
      // A holder of another token cannot get more by signing in.
      if (code !== 'SCOPE_REQUIRED' || (principal?.kind ?? 'oidc') !== 'oidc') return
      const wanted = scopes.filter((scope) => String(details['scope']).split(' ').includes(scope))
      const reason = { error: 'insufficient_scope' as const, description: message }
      void reply.header('www-authenticate', challenge(config, reason, wanted.slice(0, 1)))
    }
  })

  const document = protectedResource(config)
  for (const path of metadataPaths(config))
    app.get(path, async (_request, reply) => {
      void reply.header('cache-control', 'public, max-age=300')
      return document
    })
}

export const oidcPlugin = fp(oidc, { name: 'oidc', fastify: '5.x' })
