import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

type Teardown = { teardown(handler: () => unknown): void }

/**
 * A proxy on loopback that adds the token, for a client that cannot send one. Everything else passes
 * as it is, the names a caller gives in Host and Origin too.
 * @returns its address, without a path
 */
export async function startTokenProxy(t: Teardown, url: string, token: string): Promise<string> {
  const { hostname, port } = new URL(url)

  function pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const upstream = request({
      hostname,
      port,
      method: incoming.method,
      path: incoming.url,
      headers: { ...incoming.headers, authorization: `Bearer ${token}` },
      agent: false
    })
    upstream.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    upstream.on('error', () => outgoing.destroy())
    outgoing.on('close', () => upstream.destroy())
    incoming.pipe(upstream)
  }

  const proxy = createServer(pass)
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    proxy.closeAllConnections()
    return new Promise((resolve) => proxy.close(resolve))
  })
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
}
