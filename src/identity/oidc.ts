import {
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWTHeaderParameters,
  type JWTPayload,
  jwtVerify
} from 'jose'
import { BridgeError } from '../lib/errors/errors.ts'
import type { Logger } from '../lib/process/logger.ts'
import { quoteText } from '../lib/text/quote.ts'
import { clientOf, type ClaimOptions, personIn, scopesOf, vmTagsOf } from './oidc-claims.ts'
import { type KeyTimings, OidcKeys } from './oidc-keys.ts'
import type { Authenticator, Principal } from './principal.ts'
import { scopeRequired } from './scope-required.ts'
import { tokenPurpose } from './token-purpose.ts'

export interface OidcOptions extends ClaimOptions {
  /** As its tokens have it in `iss`, character by character. */
  issuer: string
  audience: {
    /** The bridge's own public URL. */
    resource: string
    /** Any one of them must be in `aud`. */
    accepted: readonly string[]
  }
}

/** Signatures that only the provider can make. Nothing with a shared secret, and not `none`. */
export const signatureAlgorithms =
  'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ')

/** How far the clocks of bridge and provider may be apart. */
const clockToleranceSeconds = 30

const refused = (message: string, cause?: unknown): BridgeError =>
  new BridgeError('UNAUTHORIZED', message, cause === undefined ? {} : { cause })

/** A URL without a path is the same with and without its slash; clients write it both ways. */
const forms = (audience: string): string[] => {
  const isBare = URL.canParse(audience) && new URL(audience).pathname === '/'
  const bare = audience.replace(/\/$/, '')
  return isBare ? [bare, `${bare}/`] : [audience]
}

/** What a token says of itself, before anything of it is believed; undefined for what is not a JWT. */
function unverified(
  token: string
): { header: JWTHeaderParameters; claims: JWTPayload } | undefined {
  try {
    return {
      header: decodeProtectedHeader(token) as JWTHeaderParameters,
      claims: decodeJwt(token)
    }
  } catch {
    return undefined
  }
}

/** Accepts the access tokens that one identity provider issues for this bridge. */
export class OidcAuthenticator implements Authenticator {
  readonly keys: OidcKeys
  readonly #options: OidcOptions
  readonly #audiences: string[]

  constructor(options: OidcOptions, timings: KeyTimings, log?: Logger) {
    this.#options = options
    this.#audiences = options.audience.accepted.flatMap(forms)
    this.keys = new OidcKeys(options.issuer, timings, log)
  }

  /**
   * @returns undefined where the token is not a JWT
   * @throws {BridgeError} UNAUTHORIZED, OIDC_UNAVAILABLE; SCOPE_REQUIRED for one that grants nothing
   */
  async authenticate(token: string): Promise<Principal | undefined> {
    const claimed = unverified(token)
    if (claimed === undefined) return undefined
    this.#precheck(claimed.header, claimed.claims)
    const { header, claims } = await this.#verify(token)
    const purpose = tokenPurpose(header, claims)
    if (purpose !== 'access')
      throw refused(`${purpose}: send the access token that was issued with it`)
    if (claims['cnf'] !== undefined)
      throw refused(
        'The access token is bound to a key of its client (DPoP or mutual TLS), which is not supported here: ask for one that is not'
      )
    return this.#principal(claims)
  }

  /** Refuses without a look at any key what no key can make right. */
  #precheck({ alg }: JWTHeaderParameters, { iss }: JWTPayload): void {
    if (!signatureAlgorithms.includes(alg))
      throw refused(
        `The token is signed with ${quoteText(String(alg), 20)}, which is not accepted: let the identity provider sign access tokens with one of ${signatureAlgorithms.slice(0, 8).join(', ')}`
      )
    if (iss !== this.#options.issuer)
      throw refused(
        'The token is from another issuer than the one that this bridge trusts: sign in again at the one that it names'
      )
  }

  async #verify(token: string): Promise<{ header: JWTHeaderParameters; claims: JWTPayload }> {
    const { issuer } = this.#options
    try {
      const { protectedHeader, payload } = await jwtVerify(
        token,
        async (header, input) => this.keys.keyFor(header, input),
        {
          issuer,
          audience: this.#audiences,
          algorithms: signatureAlgorithms,
          clockTolerance: clockToleranceSeconds,
          requiredClaims: ['exp']
        }
      )
      return { header: protectedHeader, claims: payload }
    } catch (error) {
      throw error instanceof BridgeError ? error : this.#explain(error)
    }
  }

  #explain(error: unknown): BridgeError {
    if (error instanceof errors.JWTExpired)
      return refused('The access token has expired: sign in again, or refresh it', error)
    if (error instanceof errors.JWTClaimValidationFailed) {
      if (error.claim === 'aud')
        return refused(
          `The token is not issued for this bridge: ask for one with resource=${this.#options.audience.resource}, or let the identity provider add that to its audience (aud)`,
          error
        )
      if (error.claim === 'nbf')
        return refused('The access token is not valid yet: compare the clocks', error)
      return refused(
        `The claim ${quoteText(error.claim, 20)} of the access token is missing or wrong`,
        error
      )
    }
    if (error instanceof errors.JWKSNoMatchingKey)
      return refused(
        'The access token is signed with a key that the identity provider does not publish',
        error
      )
    return refused('The access token cannot be verified: its signature or its form is wrong', error)
  }

  #principal(claims: JWTPayload): Principal {
    const granted = scopesOf(claims, this.#options)
    if (granted.size === 0)
      throw scopeRequired({ kind: 'oidc', scopes: granted }, 'This bridge', ['read'])
    return {
      name: clientOf(claims),
      kind: 'oidc',
      scopes: granted,
      vmTags: vmTagsOf(claims, this.#options),
      person: personIn(claims)
    }
  }
}
