import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import type { TestBridge } from './bridge.ts'

/** The official client, connected to the bridge over HTTP; closed with the test. */
export async function connectMcp(
  t: { teardown(handler: () => unknown): void },
  bridge: Pick<TestBridge, 'url' | 'token'>,
  path = '/mcp'
): Promise<Client> {
  const client = new Client({ name: 'scale-bridge-tests', version: '1' })
  const transport = new StreamableHTTPClientTransport(new URL(path, bridge.url), {
    requestInit: { headers: { authorization: `Bearer ${bridge.token}` } }
  })
  await client.connect(transport)
  t.teardown(() => client.close())
  return client
}
