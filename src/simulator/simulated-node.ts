import type { IncomingMessage, ServerResponse } from 'node:http'
import type { NodeCertificate } from './certificate.ts'
import { handleFaultControl, faultControlPath } from './fault-control.ts'
import type { FaultTarget } from './faults.ts'
import { frontPage } from './front-pages.ts'
import { Reply } from './handler.ts'
import type { NodeContext } from './node-context.ts'
import { NodeServer } from './node-server.ts'
import { TaskFailure } from './tasks.ts'

const maxRequestEntries = 10_000

/** How a node's API fails while the static front server keeps running (FACTS 1 and 17, O). */
export type Outage = 'hanging' | 'bad-gateway' | 'server-error'

const defaultSlowMs = 1000

/** Sends an answer; a truncated one promises its whole length and ends halfway. */
function send(response: ServerResponse, reply: Reply, truncate = false): void {
  const body = Buffer.from(reply.body)
  response.writeHead(reply.status, {
    ...(reply.contentType === '' ? {} : { 'Content-Type': `${reply.contentType}; charset=utf-8` }),
    'Content-Length': body.length,
    ...reply.headers
  })
  if (!truncate) {
    response.end(body)
    return
  }
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy())
}

/**
 * One node: its listener, whether it is reachable, and how its API answers at present. Faults and
 * maintenance act here, so that the API itself knows nothing of them.
 */
export class SimulatedNode {
  readonly index: number
  readonly uuid: string
  readonly server: NodeServer
  readonly #context: NodeContext
  readonly #outages = new Map<string, Outage>()
  /** Why the node refuses connections; it is reachable while there is no reason. */
  readonly #down = new Set<string>()

  constructor(
    index: number,
    uuid: string,
    port: number,
    certificate: NodeCertificate,
    context: NodeContext
  ) {
    this.index = index
    this.uuid = uuid
    this.#context = context
    this.server = new NodeServer(context.host, port, certificate, (request, response) => {
      void this.#receive(request, response)
    })
  }

  /** Makes the node refuse connections for a reason, or takes that reason away. */
  setDown(reason: string, down: boolean): void {
    if (down) this.#down.add(reason)
    else this.#down.delete(reason)
    if (this.#down.size > 0) this.server.close()
    else this.server.open()
  }

  /** Lets the API answer wrongly or not at all for a reason, or takes that reason away. */
  setOutage(reason: string, outage: Outage | undefined): void {
    if (outage === undefined) this.#outages.delete(reason)
    else this.#outages.set(reason, outage)
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { faults, requests } = this.#context
    const method = request.method ?? 'GET'
    const path = (request.url ?? '/').split('?')[0] ?? '/'
    if (path === faultControlPath) {
      const { reply, afterwards } = await handleFaultControl(this.#context, this.index, request)
      if (afterwards !== undefined) response.once('finish', () => setImmediate(afterwards))
      send(response, reply)
      return
    }
    const entry = { node: this.index, method, path, status: 0, at: Date.now() }
    requests.push(entry)
    if (requests.length > maxRequestEntries) requests.shift()

    const target: FaultTarget = { node: this.index, method, path }
    const slow = faults.strike(['slow'], target)
    if (slow !== undefined) await this.#delay(response, slow.ms ?? defaultSlowMs)
    if (response.destroyed) return

    const reply = await this.#answer(request, target)
    if (reply === undefined || response.destroyed) return
    const after = faults.strike(['truncated-json', 'reset-after'], target)
    if (after?.kind === 'reset-after') {
      this.server.reset(request.socket)
      return
    }
    entry.status = reply.status
    send(response, reply, after !== undefined)
  }

  /** The answer to a call; undefined where the client shall get none. */
  async #answer(request: IncomingMessage, target: FaultTarget): Promise<Reply | undefined> {
    const { api, faults, sessions, failingTasks } = this.#context
    const isLogin = target.path.replace(/\/+$/, '') === '/rest/v1/login'
    if (!isLogin && faults.strike(['drop-sessions'], target) !== undefined) sessions.drop(this.uuid)
    const fault = faults.strike(['hang', 'reset-before', 'html-502', 'error-500'], target)
    if (fault?.kind === 'hang') return undefined
    if (fault?.kind === 'reset-before') {
      this.server.reset(request.socket)
      return undefined
    }
    if (fault?.kind === 'html-502') return frontPage(502)
    if (fault?.kind === 'error-500')
      return new Reply(
        500,
        JSON.stringify({ error: fault.message ?? 'An internal error occurred' })
      )
    const [outage] = target.path.startsWith('/rest/') ? this.#outages.values() : []
    if (outage === 'hanging') return undefined
    if (outage !== undefined) return frontPage(outage === 'server-error' ? 500 : 502)
    const { reply, taskTag } = await api.answer(this.uuid, request)
    const failing = taskTag === '' ? undefined : faults.strike(['fail-task'], target)
    if (failing !== undefined)
      failingTasks.set(
        taskTag,
        new TaskFailure(failing.message ?? 'Simulated task failure', failing.parameters)
      )
    return reply
  }

  /** Waits, but no longer than the connection lasts. */
  #delay(response: ServerResponse, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      response.once('close', () => {
        clearTimeout(timer)
        resolve()
      })
    })
  }
}
