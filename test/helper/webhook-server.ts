import { createHmac } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A notice that came, whether or not it was taken. */
export interface Notice {
  path: string
  id: string
  /** By the key of the server, over what came. */
  isSigned: boolean
  text: string
  // oxlint-disable-next-line typescript/no-explicit-any -- each test knows the shape
  body: any
}

/** A receiver of Standard Webhooks on loopback. */
export interface WebhookServer {
  url: string
  secret: string
  notices: Notice[]
  /** How to answer the next ones, in this order; after that, each is accepted. */
  answers: ((response: ServerResponse) => void)[]
}

/** Starts a receiver, which is closed with the test. */
export async function startWebhookServer(
  t: { teardown(handler: () => unknown): void },
  secret = `whsec_${Buffer.alloc(32, 'k').toString('base64')}`
): Promise<WebhookServer> {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  const http = createServer()
  const server: WebhookServer = {
    url: '',
    secret,
    notices: [],
    answers: []
  }
  http.on('request', (request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      const header = (name: string): string => String(request.headers[name])
      const id = header('webhook-id')
      const signed = `${id}.${header('webhook-timestamp')}.${text}`
      const expected = `v1,${createHmac('sha256', key).update(signed).digest('base64')}`
      const isFresh = Math.abs(Date.now() / 1000 - Number(header('webhook-timestamp'))) < 300
      server.notices.push({
        path: request.url ?? '',
        id,
        isSigned: isFresh && header('webhook-signature') === expected,
        text,
        body: JSON.parse(text)
      })
      const answer = server.answers.shift()
      if (answer === undefined) response.writeHead(204).end()
      else answer(response)
    })
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    http.closeAllConnections()
    http.close()
  })
  server.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/hooks/T0P-5ecret-p4th`
  return server
}
