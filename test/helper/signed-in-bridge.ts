import type { OidcConfig } from '../../src/config/config.ts'
import {
  startTestBridge,
  type TestBridge,
  type TestBridgeOptions,
  type ToolAnswer
} from './bridge.ts'
import { startOidcProvider, type TestProvider } from './oidc-provider.ts'
import { freePort } from './ports.ts'

type Teardown = { teardown(handler: () => unknown): void }

/** A bridge that accepts the tokens of a real OpenID provider. */
export interface SignedInBridge {
  bridge: TestBridge
  provider: TestProvider
  /** The bridge's public URL. */
  resource: string
  /** Calls a tool with this token. */
  callWith: (token: string, tool?: string, body?: unknown) => Promise<ToolAnswer>
  /** Claims of a good access token, for the provider to sign. */
  claims: (more?: Record<string, unknown>) => Record<string, unknown>
}

export interface SignedInOptions extends Omit<TestBridgeOptions, 'config'> {
  oidc?: Partial<OidcConfig>
  config?: TestBridgeOptions['config']
  /** One that was started before. */
  provider?: TestProvider
}

/** Starts provider, cluster and bridge; all end with the test. */
export async function startSignedInBridge(
  t: Teardown,
  { oidc, config, provider: given, ...options }: SignedInOptions = {}
): Promise<SignedInBridge> {
  const provider = given ?? (await startOidcProvider(t))
  const port = await freePort()
  const resource = `http://127.0.0.1:${port}/mcp`
  const bridge = await startTestBridge(t, {
    ...options,
    config: {
      port,
      oidc: {
        issuer: provider.issuer,
        audience: { resource, accepted: [resource] },
        scopeClaim: undefined,
        scopeMap: undefined,
        vmTagsClaim: undefined,
        ...oidc
      },
      ...config
    }
  })
  const now = Math.floor(new Date().getTime() / 1000)
  return {
    bridge,
    provider,
    resource,
    callWith: (token, tool = 'node_read', body = {}) =>
      bridge.call(tool, body, { authorization: `Bearer ${token}` }),
    claims: (more = {}) => ({
      iss: provider.issuer,
      aud: resource,
      sub: 'u-1815',
      client_id: 'desk',
      scope: 'read',
      iat: now,
      exp: now + 300,
      ...more
    })
  }
}
