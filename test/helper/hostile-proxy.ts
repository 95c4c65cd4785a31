import { Agent, createServer, request as httpsRequest, type Server } from 'node:https'
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createCertificate, type NodeCertificate } from '../../src/simulator/certificate.ts'

type Teardown = { teardown(handler: () => unknown): void }

/** An answer, of the node behind or made up. */
export interface ProxyAnswer {
  status: number
  headers: OutgoingHttpHeaders
  body: Buffer
}

/** One request in the hands of the proxy. */
export interface Exchange {
  request: IncomingMessage
  response: ServerResponse
  /** Lets the node carry the request out, and takes its answer. */
  forward: () => Promise<ProxyAnswer>
  reply: (answer: ProxyAnswer) => void
  /** Breaks the connection off. */
  reset: () => void
}

/** What the proxy does with a request instead of passing it on. */
export type Misdeed = (exchange: Exchange) => Promise<void> | void

/** Which requests are met; the first rule that fits strikes. */
export interface HostileRule {
  method?: string
  /** Below `/rest/v1`, without the query. */
  path?: RegExp
  /** In its body. */
  body?: RegExp
  /** How often it strikes; without it always. */
  times?: number
  does: Misdeed
}

export interface ProxyRequest {
  method: string
  path: string
  /** It met a rule. */
  struck: boolean
}

export interface HostileProxy {
  /** `https://127.0.0.1:PORT` */
  url: string
  host: string
  /** What came, the oldest first; logins included. */
  requests: ProxyRequest[]
  rules: HostileRule[]
  count(method: string, path: RegExp): number
  /** Refuses connections, and cuts those that are open. */
  down(): Promise<void>
  up(): Promise<void>
}

const json = (status: number, value: unknown): ProxyAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(JSON.stringify(value))
})

const page = (status: number): ProxyAnswer => ({
  status,
  headers: { 'content-type': 'text/html' },
  body: Buffer.from(`<html><head><title>${status} from a proxy</title></head></html>`)
})

const raw = (status: number, text: string): ProxyAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(text)
})

/** Answers without the node having seen the request. */
const instead =
  (answer: ProxyAnswer): Misdeed =>
  ({ reply }) =>
    reply(answer)

/** Answers otherwise than the node that carried it out. */
const afterwards =
  (answer: ProxyAnswer): Misdeed =>
  async ({ forward, reply }) => {
    await forward()
    reply(answer)
  }

/** The misdeeds by name; `…After` means that the node carried the request out. */
export const misdeeds = {
  json: (status: number, error = 'Made up'): Misdeed => instead(json(status, { error })),
  jsonAfter: (status: number, error = 'Made up'): Misdeed => afterwards(json(status, { error })),
  page: (status: number): Misdeed => instead(page(status)),
  pageAfter: (status: number): Misdeed => afterwards(page(status)),
  raw: (status: number, text: string): Misdeed => instead(raw(status, text)),
  rawAfter: (status: number, text: string): Misdeed => afterwards(raw(status, text)),
  /** The node's own answer, changed. */
  rewritten:
    (change: (body: unknown) => unknown): Misdeed =>
    async ({ forward, reply }) => {
      const answer = await forward()
      const body: unknown = JSON.parse(answer.body.toString())
      reply({ ...answer, body: Buffer.from(JSON.stringify(change(body))) })
    },
  hang: (): Misdeed => () => {},
  hangAfter:
    (): Misdeed =>
    async ({ forward }) =>
      void (await forward()),
  delay:
    (ms: number): Misdeed =>
    async ({ forward, reply }) => {
      await sleep(ms)
      reply(await forward())
    },
  delayAfter:
    (ms: number): Misdeed =>
    async ({ forward, reply }) => {
      const answer = await forward()
      await sleep(ms)
      reply(answer)
    },
  reset: (): Misdeed => (exchange) => exchange.reset(),
  resetAfter: (): Misdeed => async (exchange) => {
    await exchange.forward()
    exchange.reset()
  },
  /** Promises the whole answer and ends halfway. */
  truncate: (): Misdeed => async (exchange) => {
    const { status, headers, body } = await exchange.forward()
    exchange.response.writeHead(status, { ...headers, 'content-length': body.length })
    exchange.response.write(body.subarray(0, Math.floor(body.length / 2)), () => exchange.reset())
  },
  /** The node's answer, a byte at a time. */
  drip:
    (ms: number): Misdeed =>
    async ({ forward, response }) => {
      const { status, headers, body } = await forward()
      response.writeHead(status, { ...headers, 'content-length': body.length })
      for (const byte of body) {
        if (response.destroyed) return
        response.write(Buffer.from([byte]))
        await sleep(ms)
      }
      response.end()
    }
} as const

const agent = new Agent({ keepAlive: true, rejectUnauthorized: false, maxSockets: 32 })

/** Headers that belong to a connection, not to what is said over it. */
const hopHeaders = ['connection', 'keep-alive', 'transfer-encoding']

function pass(target: string, request: IncomingMessage, body: Buffer): Promise<ProxyAnswer> {
  const { host: _, ...headers } = request.headers
  return new Promise((resolve, reject) => {
    const onward = httpsRequest(
      new URL(request.url ?? '/', target),
      { method: request.method, agent, headers },
      (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('error', reject)
        answer.on('end', () => {
          const kept = Object.entries(answer.headers).filter(([name]) => !hopHeaders.includes(name))
          resolve({
            status: answer.statusCode ?? 0,
            headers: Object.fromEntries(kept),
            body: Buffer.concat(chunks)
          })
        })
      }
    )
    onward.on('error', reject)
    onward.end(body)
  })
}

let certificate: Promise<NodeCertificate> | undefined

/**
 * An HTTPS proxy before one node of a simulated cluster, which does to some requests what proxies,
 * load balancers and nodes in trouble do, and passes the others on. Ends with the test.
 */
export async function startHostileProxy(
  t: Teardown,
  target: string,
  rules: HostileRule[] = []
): Promise<HostileProxy> {
  certificate ??= createCertificate('hostile.example', ['127.0.0.1'])
  const { certificate: cert, privateKey: key } = await certificate
  const sockets = new Set<Socket>()

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const method = request.method ?? ''
    const path = (request.url ?? '').replace(/^\/rest\/v1/, '').replace(/\?.*/, '')
    const rule = proxy.rules.find(
      (each) =>
        each.times !== 0 &&
        (each.method ?? method) === method &&
        (each.path?.test(path) ?? true) &&
        (each.body?.test(body.toString()) ?? true)
    )
    if (rule?.times !== undefined) rule.times -= 1
    proxy.requests.push({ method, path, struck: rule !== undefined })
    const exchange: Exchange = {
      request,
      response,
      forward: () => pass(target, request, body),
      reply: (answer) =>
        void response
          .writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length })
          .end(answer.body),
      reset: () => void request.socket.destroy()
    }
    if (rule === undefined) exchange.reply(await exchange.forward())
    else await rule.does(exchange)
  }

  let server: Server
  let port = 0
  const up = async (): Promise<void> => {
    server = createServer({ cert, key }, (request, response) => {
      // The client has disconnected, or the node behind has.
      serve(request, response).catch(() => request.socket.destroy())
    })
    server.on('connection', (socket: Socket) => {
      sockets.add(socket)
      socket.on('error', () => {}).once('close', () => sockets.delete(socket))
    })
    server.on('tlsClientError', () => {})
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve)
    })
    ;({ port } = server.address() as AddressInfo)
  }
  const down = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })

  await up()
  t.teardown(down)
  const proxy: HostileProxy = {
    url: `https://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    requests: [],
    rules,
    count: (method, path) =>
      proxy.requests.filter((each) => each.method === method && path.test(each.path)).length,
    down,
    up
  }
  return proxy
}

/** A hostile proxy before each node. A rule given to all strikes its `times` in all of them together. */
export interface HostileCluster {
  nodes: HostileProxy[]
  urls: string[]
  /** Adds a rule to all nodes; the answer takes it away. */
  all(rule: HostileRule): () => void
  /** Forgets all rules and requests. */
  reset(): void
  /** Over all nodes. */
  count(method: string, path: RegExp): number
}

export async function startHostileCluster(
  t: Teardown,
  targets: readonly string[]
): Promise<HostileCluster> {
  const nodes = await Promise.all(targets.map((target) => startHostileProxy(t, target)))
  return {
    nodes,
    urls: nodes.map(({ url }) => url),
    all(rule) {
      const shared = { ...rule }
      for (const node of nodes) node.rules.push(shared)
      return () => {
        for (const node of nodes) node.rules = node.rules.filter((each) => each !== shared)
      }
    },
    reset() {
      for (const node of nodes) {
        node.rules = []
        node.requests.length = 0
      }
    },
    count: (method, path) => nodes.reduce((sum, node) => sum + node.count(method, path), 0)
  }
}
