import type { IncomingMessage, ServerResponse } from 'node:http'
import type { NodeCertificate } from './certificate.ts'
import { handleFaultControl, faultControlPath } from './fault-control.ts'
import { isExecuted, loginRefusal, replacement, replacingKinds } from './fault-replies.ts'
import type { FaultKind } from './fault-kinds.ts'
import type { Fault, FaultTarget } from './faults.ts'
import { frontPage } from './front-pages.ts'
import type { Reply } from './handler.ts'
import type { NodeContext } from './node-context.ts'
import { NodeServer, type Muteness } from './node-server.ts'
import { requestTarget } from './request-target.ts'
import { atRate, delay, type Manner, send } from './sending.ts'
import { TaskFailure } from './tasks.ts'
import { hinder } from './uploads.ts'

const maxRequestEntries = 10_000

/** How a node's API fails while the static front server keeps running (FACTS 1 and 17, O). */
export type Outage = 'hanging' | 'bad-gateway' | 'server-error'

const defaultMs = 1000
const defaultBytesPerSecond = 10_000

/** Kinds that strike a response on its way. */
const sendingKinds: readonly FaultKind[] = [
  'hang-after',
  'reset-after',
  'reset-inside',
  'truncated-json',
  'drip',
  'slow-body'
]

/**
 * One node: its listener, whether it is reachable, and how its API responds at present. Faults and
 * maintenance act here, so that the API itself knows nothing of them.
 */
export class SimulatedNode {
  readonly index: number
  readonly uuid: string
  readonly server: NodeServer
  readonly #context: NodeContext
  readonly #outages = new Map<string, Outage>()
  /** Why the node refuses connections; it is reachable while this is empty. */
  readonly #down = new Set<string>()
  readonly #mute = new Map<string, Muteness>()
  /** The certificate to come back to, while it shows another one. */
  #own: NodeCertificate | undefined
  readonly #createCertificate: () => NodeCertificate

  /** @param createCertificate makes one that it may show instead of its own */
  constructor(
    index: number,
    uuid: string,
    certificate: NodeCertificate,
    createCertificate: () => NodeCertificate,
    context: NodeContext
  ) {
    this.index = index
    this.uuid = uuid
    this.#context = context
    this.#createCertificate = createCertificate
    this.server = new NodeServer(certificate, (request, response) => {
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

  /** Makes the node take connections without serving them for a reason, or takes that reason away. */
  setMute(reason: string, muteness: Muteness | undefined): void {
    if (muteness === undefined) this.#mute.delete(reason)
    else this.#mute.set(reason, muteness)
    const [first] = this.#mute.values()
    this.server.mute(first)
  }

  /** Shows another certificate, or its own again; its front server restarts with it. */
  setOtherCertificate(on: boolean): void {
    if (on === (this.#own !== undefined)) return
    const next = this.#own ?? this.#createCertificate()
    this.#own = on ? this.server.certificate : undefined
    this.server.replaceCertificate(next)
    this.server.cut()
  }

  /** Lets the API respond wrongly or not at all for a reason, or removes that reason. */
  setOutage(reason: string, outage: Outage | undefined): void {
    if (outage === undefined) this.#outages.delete(reason)
    else this.#outages.set(reason, outage)
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { faults, requests, clock } = this.#context
    const method = request.method ?? 'GET'
    const { path } = requestTarget(request)
    if (path === faultControlPath) {
      const { reply, afterwards } = await handleFaultControl(this.#context, this.index, request)
      if (afterwards !== undefined) response.once('finish', () => setImmediate(afterwards))
      send(response, reply, clock.milliseconds())
      return
    }
    // oxlint-disable-next-line no-restricted-properties -- a point in time that is shown
    const entry = { node: this.index, method, path, status: 0, at: Date.now() }
    requests.push(entry)
    if (requests.length > maxRequestEntries) requests.shift()
    // A connection from before; new ones are not served.
    if (this.#mute.size > 0) return

    const target: FaultTarget = { node: this.index, method, path }
    const slow = faults.strike(['slow'], target)
    if (slow !== undefined) await delay(response, slow.ms ?? defaultMs)
    if (response.destroyed) return

    const reply = await this.#answer(request, target)
    if (reply === undefined) return
    const late = faults.strike(['slow-after'], target)
    if (late !== undefined) await delay(response, late.ms ?? defaultMs)
    if (response.destroyed) return
    const after = faults.strike(sendingKinds, target)
    if (after?.kind === 'hang-after') return
    if (after?.kind === 'reset-after') {
      this.server.reset(request.socket)
      return
    }
    entry.status = reply.status
    send(response, reply, clock.milliseconds(), this.#manner(after, request, response))
  }

  #manner(fault: Fault | undefined, request: IncomingMessage, response: ServerResponse): Manner {
    switch (fault?.kind) {
      case 'drip':
        return { bytes: 1, everyMs: fault.ms ?? defaultMs }
      case 'slow-body':
        return atRate(fault.bytes ?? defaultBytesPerSecond)
      case 'truncated-json':
        return { half: () => void response.destroy() }
      case 'reset-inside':
        return { half: () => this.server.reset(request.socket) }
      default:
        return 'whole'
    }
  }

  /** The answer to a call; undefined where the client shall get none. */
  async #answer(request: IncomingMessage, target: FaultTarget): Promise<Reply | undefined> {
    const { api, faults, sessions } = this.#context
    const isLogin = target.path.replace(/\/+$/, '') === '/rest/v1/login'
    if (!isLogin && faults.strike(['drop-sessions'], target) !== undefined) sessions.drop(this.uuid)
    if (isLogin && faults.strike(['refuse-login'], target) !== undefined) return loginRefusal()
    const fault = faults.strike(['hang', 'reset-before', ...replacingKinds], target)
    if (fault?.kind === 'hang') return undefined
    if (fault?.kind === 'reset-before') {
      this.server.reset(request.socket)
      return undefined
    }
    const instead = fault && replacement(fault)
    if (fault !== undefined && !isExecuted(fault)) return instead
    const [outage] = target.path.startsWith('/rest/') ? this.#outages.values() : []
    if (outage === 'hanging') return undefined
    if (outage !== undefined) return frontPage(outage === 'server-error' ? 500 : 502)
    this.#hinder(request, target)
    const { reply, taskTag } = await api.answer(this.uuid, request)
    if (taskTag !== '') this.#decide(taskTag, target)
    return instead ?? reply
  }

  /** Cuts an upload, or slows it down. */
  #hinder(request: IncomingMessage, target: FaultTarget): void {
    if (!/^application\/octet-stream/i.test(request.headers['content-type'] ?? '')) return
    const { faults } = this.#context
    const cut = faults.strike(['cut-upload'], target)
    const slow = faults.strike(['slow-upload'], target)
    hinder(request, {
      ...(cut !== undefined && {
        cut: {
          afterBytes: cut.bytes ?? 2 ** 20,
          connection: () => this.server.reset(request.socket)
        }
      }),
      ...(slow !== undefined && { pauseMs: slow.ms ?? defaultMs })
    })
  }

  /** What happens to the task of a call. */
  #decide(taskTag: string, target: FaultTarget): void {
    const { faults, failingTasks, tasks, clock } = this.#context
    const fault = faults.strike(['fail-task', 'stuck-task'], target)
    if (fault?.kind === 'stuck-task') failingTasks.set(taskTag, { stuckMs: fault.ms ?? Infinity })
    else if (fault !== undefined)
      failingTasks.set(
        taskTag,
        new TaskFailure(fault.message ?? 'Simulated task failure', fault.parameters)
      )
    const forgotten = faults.strike(['forget-task'], target)
    if (forgotten === undefined) return
    if ((forgotten.ms ?? 0) === 0) tasks.forget(taskTag)
    else clock.afterReal(forgotten.ms ?? 0, () => tasks.forget(taskTag))
  }
}
