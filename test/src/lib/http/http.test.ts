import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server,
  type Socket
} from 'node:net'
import t, { type Test } from 'tap'
import { BridgeError } from '../../../../src/lib/errors/errors.ts'
import { HttpClient, HttpFailure, type HttpRequest } from '../../../../src/lib/http/http.ts'
import { until } from '../../../helper/simulator.ts'
import { freePort } from '../../../helper/ports.ts'
import { startOddServer } from '../../../helper/odd-server.ts'

const limits = { wholeMs: 60_000, maxBytes: 1000 }

async function listen(t: Test, server: Server) {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { host: `127.0.0.1:${port}`, url: `http://127.0.0.1:${port}/`, sockets }
}

const serve = (t: Test, listener: RequestListener) => listen(t, createServer(listener))

const speak = (t: Test, onSocket: (socket: Socket) => void) => listen(t, createTcpServer(onSocket))

function clientFor(t: Test, connectMs = 60_000): HttpClient {
  const client = new HttpClient(connectMs)
  t.teardown(() => client.close())
  return client
}

const plain: HttpRequest = { headers: { accept: 'text/plain' } }

/** What a whole request ends with. */
async function failureOf(
  t: Test,
  url: string,
  changes: Partial<typeof limits> = {},
  client = clientFor(t)
): Promise<HttpFailure> {
  const error = await client.fetch(url, plain, { ...limits, ...changes }).then(
    () => undefined,
    (thrown: unknown) => thrown
  )
  if (error instanceof HttpFailure) return error
  throw new Error('An HttpFailure was expected', { cause: error })
}

t.test('a request and its whole response', async (t) => {
  const { url, sockets } = await serve(t, (request, response) => {
    const { method, headers } = request
    let body = ''
    request.on('data', (chunk) => (body += String(chunk)))
    request.on('end', () => {
      response.writeHead(418, { 'x-tea': 'green' })
      response.end(`${method} ${String(headers['x-a'])} ${body} ü`)
    })
  })
  const request: HttpRequest = { method: 'POST', headers: { 'x-a': 'b' }, body: 'ä' }
  const { status, headers, text } = await clientFor(t).fetch(url, request, limits)
  t.equal(status, 418, 'any status is a response')
  t.equal(headers['x-tea'], 'green')
  t.equal(text, 'POST b ä ü')
  await until(() => sockets.size === 0)
  t.pass('the connection is closed with it')
})

t.test('no response', async (t) => {
  t.match(await failureOf(t, `http://127.0.0.1:${await freePort()}`), {
    kind: 'unreachable',
    reason: 'refused the connection',
    status: undefined
  })
  t.match(await failureOf(t, 'http://no-such-host.invalid/'), {
    kind: 'unreachable',
    reason: /name server/
  })
  const closing = await speak(t, (socket) => socket.once('data', () => socket.destroy()))
  t.match(await failureOf(t, closing.url), {
    kind: 'unreachable',
    reason: 'closed the connection without a response'
  })
  const other = await speak(t, (socket) =>
    socket.once('data', () => socket.end('SMTP 220 hello\r\n'))
  )
  t.match(await failureOf(t, other.url), { kind: 'not-http', reason: /not HTTP/ })
  const { url } = await startOddServer(t, (_request, response) => response.end())
  t.match(await failureOf(t, url), {
    kind: 'unreachable',
    reason: 'has a self-signed certificate'
  })
})

t.test('a connection that is never secured', async (t) => {
  const { host } = await speak(t, () => undefined)
  t.match(await failureOf(t, `https://${host}/`, {}, clientFor(t, 100)), {
    kind: 'connect-timeout',
    reason: 'did not accept the connection within 0.1 s'
  })
})

t.test('a response that does not come, or does not end, in time', async (t) => {
  const { url } = await serve(t, (request, response) => {
    if (request.url === '/half') response.write('half')
  })
  const late = { kind: 'timeout', reason: 'did not respond within 0.1 s' }
  t.match(await failureOf(t, url, { wholeMs: 100 }), late)
  t.match(await failureOf(t, `${url}half`, { wholeMs: 100 }), late)
})

t.test('a response that is not whole', async (t) => {
  const { url } = await serve(t, (request, response) => {
    response.writeHead(201, { 'content-length': 2000 })
    response.write('x'.repeat(500))
    if (request.url === '/cut') setTimeout(() => response.destroy(), 50)
    else response.write('x'.repeat(1000))
  })
  t.match(await failureOf(t, `${url}cut`), {
    kind: 'cut',
    reason: 'broke its response off',
    status: 201
  })
  t.match(await failureOf(t, url), {
    kind: 'too-large',
    reason: 'returned more than 1000 bytes',
    status: 201
  })
})

t.test('the cause says what happened and carries no connection', async (t) => {
  const { cause } = await failureOf(t, `http://127.0.0.1:${await freePort()}`)
  t.match(cause, { message: /ECONNREFUSED/ })
  t.same(Object.keys(cause as Error), [])
})

t.test('a caller that goes away ends the request and the connection', async (t) => {
  const { url, sockets } = await serve(t, (request, response) => {
    if (request.url === '/half') response.write('half')
  })
  const gone = async (signal: AbortSignal, path = ''): Promise<void> => {
    const call = clientFor(t).fetch(url + path, { ...plain, signal }, limits)
    const error = await call.catch((thrown: unknown) => thrown)
    t.match(error, { code: 'CALLER_GONE' })
    t.type(error, BridgeError)
  }
  await gone(AbortSignal.abort())
  await gone(AbortSignal.timeout(50))
  await gone(AbortSignal.timeout(100), 'half')
  await until(() => sockets.size === 0)
})

t.test('a body that is left closes the connection', async (t) => {
  const { url, sockets } = await serve(t, (_request, response) => {
    const timer = setInterval(() => response.write('more'), 10)
    response.once('close', () => clearInterval(timer))
  })
  const { status, body } = await clientFor(t).open(url, plain)
  t.equal(status, 200)
  for await (const chunk of body) {
    t.ok(chunk.length > 0)
    break
  }
  await until(() => sockets.size === 0)
})

t.test('closing ends what is under way', async (t) => {
  const { url, sockets } = await serve(t, () => undefined)
  const client = clientFor(t)
  const call = failureOf(t, url, {}, client)
  await until(() => sockets.size === 1)
  await client.close()
  t.equal((await call).kind, 'unreachable')
  await until(() => sockets.size === 0)
})
