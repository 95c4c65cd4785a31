import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import {
  type CryptoKey,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type JWK,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT
} from 'jose'
import { type Configuration, Provider } from 'oidc-provider'
import { freePort } from './ports.ts'

type Teardown = { teardown(handler: () => unknown): void }

/** A client that acts for itself. */
export const machine = { id: 'morning-report', secret: 'a-secret-of-the-morning-report' }
/** A client that a person signs in with; it keeps no secret. */
export const desk = { id: 'desk', redirectUri: 'http://127.0.0.1:9/callback' }
/** The person who signs in; no password is asked for. */
export const ada = { sub: 'u-1815', preferred_username: 'ada', email: 'ada@example.test' }

interface Key {
  kid: string
  privateKey: CryptoKey
  publicKey: CryptoKey
  jwk: JWK
}

export interface TestProvider {
  issuer: string
  /** Requests by path, in order. */
  requests: string[]
  /** Requests of this path that came so far. */
  count: (path: string) => number
  /** Claims that the provider adds to access tokens. */
  extraClaims: Record<string, unknown>
  /** What the provider does instead of responding. `hang`: nothing ever comes. */
  fault: 'hang' | 'reset' | 'html' | number | undefined
  /** Closes the port, and opens it again. */
  stop: () => Promise<void>
  start: () => Promise<void>
  /** Signs with another key from now on, and publishes it alone. */
  rotate: () => Promise<void>
  /** Signs claims with the provider's own key, as it would, unless the header says otherwise. */
  sign: (claims: JWTPayload, header?: Partial<JWTHeaderParameters>) => Promise<string>
  /** Public key in PEM. */
  publicPem: () => Promise<string>
  /** An access token for the program itself. */
  machineToken: (resource: string, scope?: string) => Promise<string>
  /** Signs in by authorization code and PKCE, as a browser would. */
  signIn: (resource: string | undefined, scope?: string) => Promise<Record<string, string>>
  /** Follows an authorization request to the redirect that ends it. */
  follow: (authorizationUrl: URL) => Promise<URL>
}

export const ourScopes = 'read operate interrupt lose egress control approve'

async function newKey(): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
  const kid = randomBytes(6).toString('hex')
  const jwk = { ...(await exportJWK(privateKey)), kid, alg: 'RS256', use: 'sig' }
  return { kid, privateKey, publicKey, jwk }
}

/** A real OpenID provider for one issuer, with this key. */
function newProvider(issuer: string, key: Key, extraClaims: () => object): Provider {
  const configuration: Configuration = {
    jwks: { keys: [key.jwk] },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    clients: [
      {
        client_id: machine.id,
        client_secret: machine.secret,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: []
      },
      {
        client_id: desk.id,
        token_endpoint_auth_method: 'none',
        application_type: 'native',
        redirect_uris: [desk.redirectUri],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code']
      }
    ],
    // Those that a client may register with; they are granted for the resource.
    scopes: ['openid', 'offline_access', ...ourScopes.split(' ')],
    claims: { openid: ['sub'], profile: ['preferred_username'], email: ['email'] },
    ttl: {
      AccessToken: 300,
      AuthorizationCode: 60,
      ClientCredentials: 300,
      Grant: 300,
      IdToken: 300,
      Interaction: 300,
      RefreshToken: 300,
      Session: 300
    },
    pkce: { required: () => true, methods: ['S256'] },
    findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ ...ada, sub }) }),
    extraTokenClaims: (_context, token) => ({
      ...(token.kind === 'AccessToken' && {
        preferred_username: ada.preferred_username,
        email: ada.email
      }),
      ...extraClaims()
    }),
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      registration: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context, resource) => ({
          scope: ourScopes,
          audience: resource,
          accessTokenFormat: 'jwt',
          accessTokenTTL: 300,
          jwt: { sign: { alg: 'RS256' } }
        })
      }
    }
  }
  return new Provider(issuer, configuration)
}

/** Says yes to what the provider asks, in place of a person before a page. */
async function consent(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse
): Promise<void> {
  const { prompt, params, session } = await provider.interactionDetails(request, response)
  if (prompt.name === 'login') {
    await provider.interactionFinished(request, response, { login: { accountId: ada.sub } })
    return
  }
  const grant = new provider.Grant({
    accountId: String(session?.accountId),
    clientId: String(params['client_id'])
  })
  const { missingOIDCScope = [], missingResourceScopes = {} } = prompt.details as {
    missingOIDCScope?: string[]
    missingResourceScopes?: Record<string, string[]>
  }
  if (missingOIDCScope.length > 0) grant.addOIDCScope(missingOIDCScope.join(' '))
  for (const [resource, scopes] of Object.entries(missingResourceScopes))
    grant.addResourceScope(resource, scopes.join(' '))
  await provider.interactionFinished(request, response, {
    consent: { grantId: await grant.save() }
  })
}

/** Requests a token, and returns what came. */
async function token(
  issuer: string,
  parameters: Record<string, string>,
  headers: Record<string, string> = {}
): Promise<Record<string, string>> {
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers,
    body: new URLSearchParams(parameters)
  })
  const body = (await response.json()) as Record<string, string>
  if (response.status !== 200) throw new Error(`No token: ${JSON.stringify(body)}`)
  return body
}

/**
 * Starts a real OpenID provider on loopback, which ends with the test. It knows two clients and one
 * person, and gives a JWT to a client that names a resource (RFC 8707).
 */
export async function startOidcProvider(t: Teardown): Promise<TestProvider> {
  const port = await freePort()
  const issuer = `http://127.0.0.1:${port}`
  let key = await newKey()
  let provider = newProvider(issuer, key, () => self.extraClaims)
  let handle = provider.callback()

  const server = createServer((request, response) => {
    const [path = ''] = (request.url ?? '').split('?')
    self.requests.push(path)
    const { fault } = self
    if (fault === 'hang') return
    if (fault === 'reset') request.socket.destroy()
    else if (fault === 'html') response.setHeader('content-type', 'text/html').end('<p>Hello</p>')
    else if (fault !== undefined) response.writeHead(fault).end()
    else if (path.startsWith('/interaction/')) void consent(provider, request, response)
    else void handle(request, response)
  })
  const stop = async (): Promise<void> => {
    if (!server.listening) return
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  const start = (): Promise<void> =>
    new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))

  async function follow(authorizationUrl: URL): Promise<URL> {
    const cookies = new Map<string, string>()
    let url = authorizationUrl
    for (let hops = 0; hops < 10; hops++) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const response = await fetch(url, { redirect: 'manual', headers: { cookie } })
      for (const line of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        cookies.set(name, value)
      }
      const location = response.headers.get('location')
      if (location === null) throw new Error(`${response.status}: ${await response.text()}`)
      url = new URL(location, url)
      if (url.origin !== issuer) return url
    }
    throw new Error('The authorization request does not end')
  }

  const self: TestProvider = {
    issuer,
    requests: [],
    count: (path) => self.requests.filter((each) => each === path).length,
    extraClaims: {},
    fault: undefined,
    stop,
    start,
    async rotate() {
      key = await newKey()
      provider = newProvider(issuer, key, () => self.extraClaims)
      handle = provider.callback()
    },
    sign: (claims, header = {}) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: key.kid, ...header })
        .sign(key.privateKey),
    publicPem: () => exportSPKI(key.publicKey),
    async machineToken(resource, scope = 'read operate') {
      const body = await token(
        issuer,
        { grant_type: 'client_credentials', resource, scope },
        { authorization: `Basic ${btoa(`${machine.id}:${machine.secret}`)}` }
      )
      return body['access_token'] ?? ''
    },
    async signIn(resource, scope = 'openid read operate') {
      const verifier = randomBytes(32).toString('base64url')
      const url = new URL(`${issuer}/auth`)
      url.search = new URLSearchParams({
        response_type: 'code',
        client_id: desk.id,
        redirect_uri: desk.redirectUri,
        scope,
        nonce: 'n-1',
        code_challenge_method: 'S256',
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        ...(resource !== undefined && { resource })
      }).toString()
      const end = await follow(url)
      const code = end.searchParams.get('code')
      if (code === null) throw new Error(`No code: ${end.href}`)
      return token(issuer, {
        grant_type: 'authorization_code',
        client_id: desk.id,
        code,
        redirect_uri: desk.redirectUri,
        code_verifier: verifier,
        ...(resource !== undefined && { resource })
      })
    },
    follow
  }
  await start()
  t.teardown(stop)
  return self
}
