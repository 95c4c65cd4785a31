import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { createCertificate, type NodeCertificate } from '../../src/simulator/certificate.ts'

export interface OddServer {
  url: string
  fingerprint: string
  certificate: NodeCertificate
  /** `METHOD /path` of each request, logins included, with its cookie and body. */
  requests: { line: string; cookie: string; body: string }[]
  /** Open TCP connections. */
  sockets: Set<Socket>
  close(): Promise<void>
}

export type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void

export function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

let logins = 0

/**
 * An HTTPS server for responses that a simulated cluster does not return. Login and logout succeed,
 * unless `answersLogin` passes them to `answer`, too. It was never updated.
 */
export async function startOddServer(
  t: { teardown(handler: () => unknown): void },
  answer: Answer,
  options: { answersLogin?: boolean; certificate?: NodeCertificate; port?: number } = {}
): Promise<OddServer> {
  const certificate =
    options.certificate ?? (await createCertificate('odd.example', ['127.0.0.1', 'localhost']))
  const requests: OddServer['requests'] = []
  const sockets = new Set<Socket>()
  const server = createServer(
    { cert: certificate.certificate, key: certificate.privateKey },
    (request, response) => {
      let body = ''
      request.setEncoding('utf8')
      request.on('data', (chunk: string) => (body += chunk))
      request.on('end', () => {
        if (request.url === '/update/update_status.json') {
          response.writeHead(404).end()
          return
        }
        const line = `${request.method} ${request.url}`
        // After a failure the client looks whether an update runs.
        requests.push({ line, cookie: request.headers.cookie ?? '', body })
        if (line === 'POST /rest/v1/login' && options.answersLogin !== true)
          json(response, 200, { sessionID: `secret-session-${++logins}` })
        else if (line === 'POST /rest/v1/logout' && options.answersLogin !== true)
          response.writeHead(200).end()
        else answer(request, response, body)
      })
    }
  )
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
  t.teardown(close)
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fingerprint: certificate.fingerprint,
    certificate,
    requests,
    sockets,
    close
  }
}
