import { type HttpClient, HttpFailure } from '../lib/http/http.ts'
import { isObject, type JsonObject, parseJson } from '../lib/json/json.ts'
import { isSafeUrl } from '../lib/http/loopback.ts'
import { quoteText } from '../lib/text/quote.ts'

const limits = { wholeMs: 5000, maxBytes: 256 * 1024 }

/** What an identity provider did wrong, to stand after its name: `returned 404 for /jwks`. */
export class IssuerFailure extends Error {
  override readonly name = 'IssuerFailure'
}

/** What the bridge uses of an identity provider's own description. */
export interface IssuerMetadata {
  issuer: string
  jwksUri: string
  /** Where clients register themselves; undefined where it takes none. */
  registrationEndpoint: string | undefined
}

/**
 * Where an issuer describes itself: as OpenID Connect Discovery has it, then as RFC 8414 has it for
 * authorization servers without OpenID Connect.
 */
export function metadataUrls(issuer: string): URL[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  return [
    new URL(`${origin}${path}/.well-known/openid-configuration`),
    new URL(`${origin}/.well-known/oauth-authorization-server${path}`)
  ]
}

const filled = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

/** Reads a JSON object; undefined for a 404. Redirects are not followed. */
async function readObject(http: HttpClient, url: URL): Promise<JsonObject | undefined> {
  try {
    const { status, text } = await http.fetch(
      url,
      { headers: { accept: 'application/json' } },
      limits
    )
    if (status === 404) return undefined
    if (status !== 200) throw new IssuerFailure(`returned ${status} for ${url.pathname}`)
    const body = parseJson(text)
    if (!isObject(body)) throw new IssuerFailure(`returned no JSON object for ${url.pathname}`)
    return body
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error
    throw new IssuerFailure(error.reason, { cause: error.cause })
  }
}

/** Reads how an issuer describes itself. @throws {IssuerFailure} */
export async function readMetadata(http: HttpClient, issuer: string): Promise<IssuerMetadata> {
  for (const url of metadataUrls(issuer)) {
    const found = await readObject(http, url)
    if (found === undefined) continue
    // Otherwise one provider could speak for another (RFC 8414, 3.3).
    if (found['issuer'] !== issuer)
      throw new IssuerFailure(
        `calls itself ${quoteText(String(found['issuer']))}: set OIDC_ISSUER to exactly that, if it is the right one`
      )
    const jwksUri = filled(found['jwks_uri'])
    if (jwksUri === undefined || !isSafeUrl(jwksUri))
      throw new IssuerFailure('names no jwks_uri with https://')
    return { issuer, jwksUri, registrationEndpoint: filled(found['registration_endpoint']) }
  }
  throw new IssuerFailure(
    'has no /.well-known/openid-configuration: OIDC_ISSUER must be the address that it calls its issuer'
  )
}

/** Reads its keys, those that can verify a signature alone. @throws {IssuerFailure} */
export async function readKeys(http: HttpClient, jwksUri: string): Promise<JsonObject[]> {
  const url = new URL(jwksUri)
  const set = await readObject(http, url)
  const keys = set?.['keys']
  if (!Array.isArray(keys)) throw new IssuerFailure(`returned no keys for ${url.pathname}`)
  return keys.filter(isObject).filter(({ kty }) => kty === 'RSA' || kty === 'EC' || kty === 'OKP')
}
