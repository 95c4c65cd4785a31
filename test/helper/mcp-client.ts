import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import type { TestBridge } from './bridge.ts'

/** Revision 2026-07-28, or 2025-11-25 and older. */
export type Era = 'modern' | 'legacy'

/** Both, for tests that hold in each. */
export const eras: readonly Era[] = ['modern', 'legacy']

/** Revision of the modern era. */
const modernRevision = '2026-07-28'

export interface McpClientOptions {
  /** The modern one, unless it is said. */
  era?: Era
  /** The token of the bridge, unless it is said. */
  token?: string
  /** `/mcp`, unless it is said. */
  path?: string
}

type Teardown = { teardown(handler: () => unknown): void }

/**
 * The official client, connected to the bridge over HTTP. It speaks the given era and no
 * other: a bridge that offers only the other one fails the test. Ends with the test.
 */
export async function connectMcp(
  t: Teardown,
  bridge: Pick<TestBridge, 'url' | 'token'>,
  { era = 'modern', token = bridge.token, path = '/mcp' }: McpClientOptions = {}
): Promise<Client> {
  const client = new Client(
    { name: 'scale-bridge-test', version: '1.0.0' },
    { versionNegotiation: { mode: era === 'modern' ? { pin: modernRevision } : 'legacy' } }
  )
  const transport = new StreamableHTTPClientTransport(new URL(bridge.url + path), {
    requestInit: { headers: { authorization: `Bearer ${token}` } }
  })
  t.teardown(() => client.close())
  await client.connect(transport)
  return client
}
