import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A stand-in for the directory service that knows which person uses which VM. */
export async function startDirectory(
  t: { teardown(handler: () => unknown): void },
  answer: (user: string | null, response: ServerResponse, request: IncomingMessage) => void
): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://directory.example')
    asked.push(`${request.method} ${url.pathname}${url.search}`)
    answer(url.searchParams.get('user'), response, request)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webad`, asked }
}
