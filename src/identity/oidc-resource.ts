import { type Scope, scopes } from './scope.ts'
import type { OidcOptions } from './oidc.ts'

export const wellKnownPath = '/.well-known/oauth-protected-resource'

/** What a client requests first. More is requested once it is required (insufficient_scope). */
const firstScopes: readonly Scope[] = ['read', 'operate']

/** The bridge as a protected resource of an authorization server (RFC 9728). */
export interface ProtectedResource {
  resource: string
  authorization_servers: string[]
  /** Left out where scopes come from groups or roles, which cannot be requested. */
  scopes_supported?: string[]
  bearer_methods_supported: string[]
  resource_name: string
}

/**
 * The words that a client can request, by what they grant: our names, or those of OIDC_SCOPE_MAP.
 * Empty where a claim of its own grants scopes: a provider refuses a request for one it does not know.
 */
function requestable({ scopeClaim, scopeMap }: OidcOptions): Map<string, readonly Scope[]> {
  if (scopeClaim !== undefined && !['scope', 'scp'].includes(scopeClaim)) return new Map()
  return new Map(scopeMap ?? scopes.map((scope) => [scope, [scope]]))
}

export function protectedResource(options: OidcOptions): ProtectedResource {
  const words = [...requestable(options).keys()]
  return {
    resource: options.audience.resource,
    authorization_servers: [options.issuer],
    ...(words.length > 0 && { scopes_supported: words }),
    bearer_methods_supported: ['header'],
    resource_name: 'scale-bridge'
  }
}

/** Paths under which the document is found, of this bridge or of a bridge behind a path. */
export function metadataPaths({ audience }: OidcOptions): string[] {
  const path = new URL(audience.resource).pathname.replace(/\/$/, '')
  return [...new Set(['', '/mcp', path])].map((each) => wellKnownPath + each)
}

/** Where clients find the document (RFC 9728, 3.1). */
export function metadataUrl({ audience }: OidcOptions): string {
  const { origin, pathname } = new URL(audience.resource)
  return origin + wellKnownPath + pathname.replace(/\/$/, '')
}

/** Words to request for these scopes; those that grant least, where several do. */
function wordsFor(options: OidcOptions, sufficient: readonly Scope[]): string[] {
  const words = [...requestable(options)].toSorted(([, a], [, b]) => a.length - b.length)
  const found = sufficient.flatMap((scope) => {
    const [word] = words.find(([, grants]) => grants.includes(scope)) ?? []
    return word === undefined ? [] : [word]
  })
  return [...new Set(found)]
}

const quoted = (text: string): string =>
  `"${text
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .replaceAll(/["\\]/g, "'")
    .slice(0, 300)}"`

/** Why a client is challenged. */
export interface ChallengeReason {
  error: 'invalid_token' | 'insufficient_scope'
  description: string
}

/**
 * The value of WWW-Authenticate (RFC 6750, RFC 9728).
 * @param reason undefined where no token was sent
 * @param sufficient scopes that would do, where they are known; any one of them
 */
export function challenge(
  options: OidcOptions,
  reason?: ChallengeReason,
  sufficient: readonly Scope[] = firstScopes
): string {
  const words = wordsFor(options, sufficient)
  const parts = {
    realm: 'scale-bridge',
    resource_metadata: metadataUrl(options),
    ...(words.length > 0 && { scope: words.join(' ') }),
    ...(reason && { error: reason.error, error_description: reason.description })
  }
  const texts = Object.entries(parts).map(([name, value]) => `${name}=${quoted(value)}`)
  return `Bearer ${texts.join(', ')}`
}
