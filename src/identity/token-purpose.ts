import type { JWTHeaderParameters, JWTPayload } from 'jose'

/** Types of a JWT that may be an access token (RFC 9068); most providers say `JWT`, or nothing. */
const accessTypes = new Set(['at+jwt', 'application/at+jwt', 'jwt', undefined])

/** Claims that only an ID token has (OpenID Connect Core, 2 and 3.3.2.11). */
const ofIdTokens = ['nonce', 'at_hash', 'c_hash', 's_hash']

/** Claims of which an access token has one, and no ID token any. */
const ofAccessTokens = ['scope', 'scp', 'client_id', 'appid', 'cid', 'azpacr', 'idtyp']

/**
 * What a verified token is for: `access`, or what it is instead, as a sentence. All tokens of a
 * provider are signed with the same keys, and an ID token may well be issued for the same audience.
 */
export function tokenPurpose({ typ }: JWTHeaderParameters, claims: JWTPayload): string {
  const type = typ?.toLowerCase()
  if (!accessTypes.has(type))
    return 'The token is of a type (typ) that is not accepted, at+jwt or JWT is'
  // Keycloak names the kind in a claim, others in another.
  const kind = claims['typ'] ?? claims['token_use']
  const isAccess = typeof kind === 'string' && /^(?:bearer|access|at\+jwt)$/i.test(kind)
  if (kind !== undefined && !isAccess)
    return 'The token is an ID token or a refresh token, not an access token'
  if (claims['events'] !== undefined) return 'The token is a logout token, not an access token'
  if (type?.endsWith('at+jwt') === true || isAccess) return 'access'
  const isIdToken =
    ofIdTokens.some((name) => claims[name] !== undefined) ||
    !ofAccessTokens.some((name) => claims[name] !== undefined)
  return isIdToken ? 'The token is an ID token, not an access token' : 'access'
}
