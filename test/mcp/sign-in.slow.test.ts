import {
  Client,
  ClientCredentialsProvider,
  type OAuthClientProvider,
  type OAuthDiscoveryState,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
  StreamableHTTPClientTransport,
  UnauthorizedError
} from '@modelcontextprotocol/client'
import t from 'tap'
import { machine } from '../helper/oidc-provider.ts'
import { startSignedInBridge } from '../helper/signed-in-bridge.ts'

const redirectUrl = 'http://127.0.0.1:9/callback'

/** Keeps what a client has to keep between its two visits, as an app does. */
class Person implements OAuthClientProvider {
  readonly redirectUrl = redirectUrl
  readonly clientMetadata = {
    client_name: 'An MCP client',
    redirect_uris: [redirectUrl],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    application_type: 'native'
  }
  /** Where the browser was sent. */
  authorizationUrl: URL | undefined
  #client: StoredOAuthClientInformation | undefined
  #tokens: StoredOAuthTokens | undefined
  #verifier = ''
  #discovery: OAuthDiscoveryState | undefined

  clientInformation(): StoredOAuthClientInformation | undefined {
    return this.#client
  }
  saveClientInformation(client: StoredOAuthClientInformation): void {
    this.#client = client
  }
  tokens(): StoredOAuthTokens | undefined {
    return this.#tokens
  }
  saveTokens(tokens: StoredOAuthTokens): void {
    this.#tokens = tokens
  }
  redirectToAuthorization(url: URL): void {
    this.authorizationUrl = url
  }
  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier
  }
  codeVerifier(): string {
    return this.#verifier
  }
  saveDiscoveryState(state: OAuthDiscoveryState): void {
    this.#discovery = state
  }
  discoveryState(): OAuthDiscoveryState | undefined {
    return this.#discovery
  }
}

for (const era of ['modern', 'legacy'] as const) {
  const options = {
    versionNegotiation: { mode: era === 'modern' ? { pin: '2026-07-28' } : 'legacy' }
  } as const

  t.test(`a person signs in from the address of the bridge alone, ${era}`, async (t) => {
    const { bridge, provider, resource } = await startSignedInBridge(t)
    const person = new Person()
    const connect = async (): Promise<Client> => {
      const client = new Client({ name: 'someone', version: '1' }, options)
      t.teardown(() => client.close())
      const transport = new StreamableHTTPClientTransport(new URL(resource), {
        authProvider: person
      })
      await client.connect(transport)
      return client
    }
    await t.rejects(connect(), UnauthorizedError)
    const asked = person.authorizationUrl ?? new URL('http://nowhere.example')
    t.equal(asked.origin, provider.issuer, 'found by the metadata of the bridge')
    t.equal(asked.searchParams.get('resource'), resource, 'the resource of RFC 8707')
    t.equal(asked.searchParams.get('scope'), 'read operate', 'what the challenge asks for')
    t.equal(asked.searchParams.get('code_challenge_method'), 'S256')
    t.equal(provider.count('/reg'), 1, 'the client registers at the provider, not here')

    const end = await provider.follow(asked)
    const transport = new StreamableHTTPClientTransport(new URL(resource), { authProvider: person })
    await transport.finishAuth(end.searchParams)
    const client = await connect()
    const { tools } = await client.listTools()
    const names = tools.map(({ name }) => name)
    t.ok(names.includes('node_read') && names.includes('cloneVM'))
    t.notOk(names.includes('deleteVM'), 'tools that the token may not use are not listed')
    const result = await client.callTool({ name: 'node_read', arguments: {} })
    t.notOk(result.isError)
    const line = bridge.log.filter((each) => each.includes('tool called')).at(-1) ?? ''
    t.match(JSON.parse(line), { tool: 'node_read', outcome: 'ok', user: 'ada' })
  })

  t.test(`a program signs in, and asks for more when it needs more, ${era}`, async (t) => {
    const { bridge, provider, resource } = await startSignedInBridge(t)
    const authProvider = new ClientCredentialsProvider({
      clientId: machine.id,
      clientSecret: machine.secret,
      expectedIssuer: provider.issuer
    })
    const client = new Client({ name: 'report', version: '1' }, options)
    t.teardown(() => client.close())
    await client.connect(new StreamableHTTPClientTransport(new URL(resource), { authProvider }))
    t.equal(authProvider.tokens()?.scope, 'read operate')
    const result = await client.callTool({ name: 'node_read', arguments: {} })
    t.notOk(result.isError)

    const vm = [...bridge.simulator.world.state.virDomains.values()].find(
      ({ state }) => state === 'SHUTOFF'
    )
    const deleted = await client.callTool({ name: 'deleteVM', arguments: { vmUUID: vm?.uuid } })
    t.notOk(deleted.isError, JSON.stringify(deleted.content))
    t.match(authProvider.tokens()?.scope, /\blose\b/, 'insufficient_scope named it')
    t.notOk(bridge.simulator.world.state.virDomains.has(vm?.uuid ?? ''))
  })
}
