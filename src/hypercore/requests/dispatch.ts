import { afterSilence } from '../../lib/time/after-silence.ts'
import { callerGone } from '../../lib/http/caller-gone.ts'
import type { Logger } from '../../lib/process/logger.ts'
import { quoteWords } from '../../lib/text/quote.ts'
import { Race } from '../../lib/flow/race.ts'
import { type Attempt, lagging } from './attempt.ts'
import type { ClusterRequest, ClusterResponse } from '../cluster-api.ts'
import { type Lanes, type NodeSlot, slotsOf } from '../lanes/lanes.ts'
import type { KeptSession } from '../sessions/session-keeper.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { CallKind } from '../transport/call-kind.ts'
import type { ClusterNode, NodeRequest } from '../transport/cluster-node.ts'
import type { RawResponse } from '../transport/exchange.ts'
import { failedEverywhere, NodeFailure } from '../transport/node-failure.ts'
import type { NodePool } from '../transport/node-pool.ts'
import { ParsedBodies } from '../transport/parsed-bodies.ts'
import {
  errorText,
  joinLines,
  mayMeanNoSession,
  parseResponse,
  type RequestInfo,
  saysTheSame
} from '../transport/response.ts'
import { type Deadlines, fairMs, TimeBudget, type TimeLimits } from '../transport/time-limits.ts'
import { toWireRequest, type WireRequest } from './wire-request.ts'
import { readWriteReply } from '../writes/write-result.ts'

/** Who is concerned with a call to one node while it lasts. */
type CallWatch = Pick<NodeRequest, 'signal' | 'onTrickle'>

/** What fails on the way to a session fails before the request at hand was sent. */
async function notSentYet<T>(session: Promise<T>): Promise<T> {
  try {
    return await session
  } catch (error) {
    throw error instanceof NodeFailure ? error.beforeRequest() : error
  }
}

/** Both responses said "no session", so nothing was carried out. */
function refusedAgain({ method, path, node }: RequestInfo, response: RawResponse): NodeFailure {
  const words = errorText(response)
  return new NodeFailure({
    code: 'CLUSTER_LOGIN_REFUSED',
    node,
    reason: `refused ${method} ${path} with ${response.status} (${quoteWords(joinLines(words))}) although the bridge had just logged in`,
    advice: 'check the session limit of the user SCALE_USERNAME',
    mayHaveActed: false,
    repeat: 'elsewhere',
    blameless: true,
    status: response.status,
    answer: words
  })
}

/** The API responded, and its response may be about the request as well as about the node. */
const isOfTheApi = ({ facts }: NodeFailure): boolean =>
  facts.code === 'CLUSTER_ERROR' || facts.code === 'CLUSTER_REFUSED'

/** Brings a request to a node that takes it. */
export class Dispatch {
  readonly #pool: NodePool
  readonly #sessions: Sessions
  readonly #lanes: Lanes
  readonly #limits: TimeLimits
  readonly #logger: Logger
  readonly #bodies = new ParsedBodies()

  constructor(
    pool: NodePool,
    lanes: Lanes,
    sessions: Sessions,
    limits: TimeLimits,
    logger: Logger
  ) {
    this.#pool = pool
    this.#lanes = lanes
    this.#sessions = sessions
    this.#limits = limits
    this.#logger = logger
  }

  /** Sends a read or a write. Throws `BridgeError`, OUTCOME_UNKNOWN among them. */
  async send(request: ClusterRequest): Promise<ClusterResponse> {
    const out = toWireRequest(request)
    if (this.#pool.mayBeSilent) {
      const silence = await this.#pool.silence(this.#lanes.kindOf(request))
      if (silence !== undefined) throw silence.failure.toFastError(silence.restMs)
    }
    return out.reads ? this.#read(out) : this.#write(out)
  }

  /**
   * Asks one node after the other until one gives a usable response, each once, and the last a second
   * time where a new connection may help. A node that makes the read wait is waited for while the next
   * one is asked, too: the first response counts, so that a cluster that is slow throughout responds.
   */
  async #read(out: WireRequest): Promise<ClusterResponse> {
    const { signal } = out.request
    const budget = new TimeBudget(this.#limits)
    let slot: NodeSlot | undefined = await this.#lanes.enter(out.request, budget.forRead().sendBy)
    const kind = this.#lanes.kindOf(out.request)
    const waiting = [slot.node, ...this.#others(slot.node, kind)]
    const failures: NodeFailure[] = []
    /** What counts against a node only if another one did better. */
    const doubts: [ClusterNode, NodeFailure][] = []
    const race = new Race<Attempt, ClusterResponse>(signal)
    let repeated = false
    try {
      for (;;) {
        const node = waiting.shift()
        // The last moment may have brought the slot: then the node is what says that it was too late.
        if (node !== undefined && (slot !== undefined || !budget.over)) {
          const budgetMs = budget.shareMs(waiting.length + 1)
          const attempt: Attempt = { node, budgetMs, isQueued: false, trickles: false }
          const held = slot
          slot = undefined
          race.start(attempt, waiting.length > 0 ? budgetMs : undefined, async (lane) => {
            const { signal: over } = lane
            attempt.isQueued = held === undefined
            const ours =
              held ??
              (await this.#lanes.enterAt(
                node,
                { ...out.request, signal: over },
                budget.forRead().sendBy
              ))
            attempt.isQueued = false
            const onTrickle = (): void => {
              attempt.trickles = true
              lane.onLagging()
            }
            return this.#callAt(ours, out, budget.forRead(), { signal: over, onTrickle })
          })
        } else if (race.isEmpty) throw failedEverywhere(failures)
        const event = await race.next()
        const { runner } = event
        if (event.kind === 'won') {
          for (const [other, failure] of doubts) this.#pool.markDead(other, failure, kind)
          return event.value
        }
        if (event.kind === 'lags') {
          if (waiting.length > 0) this.#holdAgainst(runner, out)
          continue
        }
        const { error } = event
        if (!(error instanceof NodeFailure)) throw error
        if (isOfTheApi(error)) doubts.push([runner.node, error])
        else this.#pool.markDead(runner.node, error, kind)
        if (error.facts.repeat === 'nowhere') throw error.toError()
        if (signal?.aborted === true) throw callerGone()
        failures.push(error)
        if (error.facts.repeat === 'anywhere' && waiting.length === 0 && !repeated) {
          repeated = true
          waiting.push(runner.node)
        }
      }
    } finally {
      slot?.leave()
      race.end()
    }
  }

  /**
   * Sends a write to the first node that takes it. It goes to another one only if it is certain that
   * nothing was sent, or that the cluster did not look at it.
   */
  async #write(out: WireRequest): Promise<ClusterResponse> {
    const { signal, method, path } = out.request
    const budget = new TimeBudget(this.#limits)
    let slot: NodeSlot | undefined = await this.#lanes.enter(out.request, budget.forWrite(1).sendBy)
    const kind = this.#lanes.kindOf(out.request)
    const waiting = [slot.node, ...this.#others(slot.node, kind)]
    const failures: NodeFailure[] = []
    let repeated = false
    for (;;) {
      const node = waiting.shift()
      if (node === undefined || (failures.length > 0 && budget.over))
        throw failedEverywhere(failures)
      try {
        const deadlines = budget.forWrite(waiting.length + 1)
        slot ??= await this.#lanes.enterAt(node, out.request, deadlines.sendBy)
        const held = slot
        slot = undefined
        const response = await this.#callAt(held, out, deadlines, { ...(signal && { signal }) })
        return response
      } catch (error) {
        if (!(error instanceof NodeFailure)) throw error
        this.#pool.markDead(node, error, kind)
        const { stream } = out
        // What was not sent whole cannot have been carried out.
        const isCut = stream !== undefined && !stream.isSent
        if (error.facts.mayHaveActed && !isCut) throw error.toOutcomeUnknown(method, path)
        if (error.facts.repeat === 'nowhere' || stream?.isBegun === true) throw error.toError()
        if (signal?.aborted === true) throw callerGone()
        failures.push(error)
        if (error.facts.repeat === 'anywhere' && waiting.length === 0 && !repeated) {
          repeated = true
          waiting.push(node)
        }
      }
    }
  }

  #others(node: ClusterNode, kind: CallKind): ClusterNode[] {
    return this.#pool.candidates(kind).filter((other) => other !== node)
  }

  async #callAt(
    slot: NodeSlot,
    out: WireRequest,
    deadlines: Deadlines,
    watch: CallWatch
  ): Promise<ClusterResponse> {
    const { node } = slot
    const kind = this.#lanes.kindOf(out.request)
    const startedAt = performance.now()
    const stopWatching = kind === 'write' ? this.#watchWrite(node) : undefined
    try {
      const response = await this.#call(node, out, deadlines, watch)
      this.#pool.succeeded(node, kind, performance.now() - startedAt, slotsOf(kind))
      return response
    } finally {
      stopWatching?.()
      slot.leave()
    }
  }

  /**
   * A write is sent to one node alone. Half of the time that it may take is
   * long: those that come after it go elsewhere then, and do not wait for its slot.
   * @returns what ends the watch
   */
  #watchWrite(node: ClusterNode): () => void {
    const budgetMs = this.#limits.headersMs / 2
    const attempt: Attempt = { node, budgetMs, isQueued: false, trickles: false }
    return afterSilence(budgetMs, () => this.#pool.markLate(node, lagging(attempt), 'write'))
  }

  /**
   * A node that makes a read wait counts as failed, unless it is only busy with other calls of ours, or the
   * read had spent its time before and moves on too soon to say anything about the node.
   */
  #holdAgainst(attempt: Attempt, { request }: WireRequest): void {
    const { node, budgetMs, isQueued, trickles } = attempt
    if (isQueued || (!trickles && budgetMs < fairMs(this.#limits, this.#pool.all.length))) return
    const { method, path } = request
    const timed = { method, path, latencyMs: budgetMs }
    this.#pool.markLagging(node, lagging(attempt), timed, this.#lanes.kindOf(request))
  }

  /** Finds out with a read whether a node takes requests of this session, and renews it where not. */
  async #tryNode(node: ClusterNode, deadlines: Deadlines, watch: CallWatch): Promise<void> {
    const read = toWireRequest({ method: 'GET', path: '/Cluster' })
    await notSentYet(this.#call(node, read, { ...deadlines, beginBy: deadlines.sendBy }, watch))
  }

  /** One attempt on one node; a session that the cluster has ended is renewed once. */
  async #call(
    node: ClusterNode,
    out: WireRequest,
    deadlines: Deadlines,
    watch: CallWatch
  ): Promise<ClusterResponse> {
    const { method, path, timeoutMs, body } = out.request
    const { stream } = out
    const { signal } = watch
    // A stream cannot be sent a second time with another session, so this one is tried before.
    if (stream !== undefined) await this.#tryNode(node, deadlines, watch)
    const asked: RequestInfo = {
      method,
      path,
      node: node.name,
      reads: out.reads,
      ...(method === 'GET' && { target: out.target })
    }
    const send = async ({ id }: KeptSession): Promise<RawResponse> => {
      const request = {
        method,
        target: out.target,
        body: out.body,
        ...(stream && { stream }),
        sessionID: id,
        timeoutMs,
        hasSlot: true as const
      }
      const startedAt = performance.now()
      const response = await node.send({ ...request, ...watch, deadlines })
      const ms = Math.round(performance.now() - startedAt)
      const { status } = response
      this.#logger.debug({ node: node.name, method, path, status, ms }, 'Cluster responded')
      return response
    }
    const session = await notSentYet(this.#sessions.ensure(node, deadlines.sendBy, signal))
    let response = await send(session)
    if (stream !== undefined) {
      if (response.status === 401) throw refusedAgain(asked, response)
    } else if (response.status === 401) {
      // The cluster refused the call before looking at it, so a write may be repeated too.
      const renewed = await notSentYet(
        this.#sessions.replace(node, session, deadlines.sendBy, signal)
      )
      response = await send(renewed)
      if (response.status === 401) throw refusedAgain(asked, response)
    } else if (mayMeanNoSession(response)) {
      const dead = await this.#sessions.confirmDead(node, session)
      // What is not proved to be about the session may have been carried out.
      if (dead !== undefined && (out.reads || saysTheSame(response, dead.refusal)))
        response = await send(dead.renewed)
    }
    const { status } = response
    const content = parseResponse(asked, response, this.#bodies)
    const date = Date.parse(response.headers.date ?? '')
    const clock = Number.isNaN(date) ? {} : { clock: date }
    const { latencyMs } = response
    this.#pool.observe(node, this.#lanes.kindOf(out.request), { method, path, latencyMs })
    if (out.reads) return { status, body: content, node: node.name, ...clock }
    const written = readWriteReply({ method, path, sent: body, status, body: content })
    return { status, body: content, node: node.name, written, ...clock }
  }
}
