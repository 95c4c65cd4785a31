import { BridgeError, toBridgeError } from '../lib/errors.ts'
import {
  type RequestInfo,
  isDeadSession,
  isFromFrontServer,
  errorText,
  parseResponse,
  joinLines
} from './transport/response.ts'
import { callerGone } from '../lib/caller-gone.ts'
import {
  ClusterApi,
  type ClusterRequest,
  type ClusterResponse,
  isRead,
  toTarget,
  toWriteResult
} from './cluster-api.ts'
import { Access, type ReadAccess, type TlsSettings } from './access.ts'
import { ClusterNode } from './transport/cluster-node.ts'
import type { RawResponse } from './transport/exchange.ts'
import { type Logger, silentLogger } from '../lib/logger.ts'
import { failedEverywhere, NodeFailure } from './transport/node-failure.ts'
import { NodePool } from './transport/node-pool.ts'
import { SessionFile, type SessionOwner } from './sessions/session-file.ts'
import { Sessions } from './sessions/sessions.ts'
import { type TaskTimings, Tasks } from './tasks/tasks.ts'
import {
  type Deadlines,
  defaultLimits,
  TimeBudget,
  type TimeLimits
} from './transport/time-limits.ts'

export type { TlsSettings } from './access.ts'
export type { Logger } from '../lib/logger.ts'

export interface HyperCoreOptions {
  /** Origins in order of preference: `https://10.20.0.11`, with a port if it is not 443. */
  nodes: readonly string[]
  username: string
  password: string
  /** The node checks the password against its OIDC provider. */
  useOidc: boolean
  tls: TlsSettings
  /** Where sessions are kept between starts; undefined: they are not, and `close` logs out. */
  sessionFile?: string
  /** A session older than this is renewed. */
  sessionMaxAgeMs: number
  /** Reads login and TLS settings again when the cluster does not let the bridge in. */
  readAccess?: ReadAccess
  timeouts?: Partial<TimeLimits>
  tasks?: Partial<TaskTimings>
  logger?: Logger
}

/** Whether one node answers. */
export interface NodeProbe {
  node: string
  ok: boolean
  error?: BridgeError
  latencyMs: number
}

/** The failure that says most, of nodes that all failed: certificates first, as they need somebody. */
export const worstOf = (probes: readonly NodeProbe[]): BridgeError | undefined => {
  const errors = probes.flatMap(({ error }) => error ?? [])
  return errors.find(({ code }) => code === 'CLUSTER_TLS') ?? errors[0]
}

const probeMs = 5_000
const closeGraceMs = 2_000

/** What fails on the way to a session fails before the request at hand was sent. */
async function notSentYet<T>(session: Promise<T>): Promise<T> {
  try {
    return await session
  } catch (error) {
    throw error instanceof NodeFailure ? error.beforeRequest() : error
  }
}

function refusedAgain({ method, path, node }: RequestInfo, answer: RawResponse): BridgeError {
  const { status } = answer
  const words = errorText(answer)
  return new BridgeError(
    'CLUSTER_LOGIN_REFUSED',
    `The cluster (node ${node}) refused ${method} ${path} with ${status} (${joinLines(words)}) although ` +
      'the bridge had just logged in; check the session limit of the user SCALE_USERNAME.',
    { details: { node, status, answer: words } }
  )
}

/**
 * The client of a HyperCore cluster: every call to it passes here. All failures are thrown as
 * `BridgeError`.
 */
export class HyperCore extends ClusterApi {
  readonly sessions: Sessions
  readonly tasks: Tasks
  readonly #order: NodePool
  readonly #logger: Logger
  readonly #limits: TimeLimits
  #closed = false

  constructor(options: HyperCoreOptions) {
    super()
    const { username, password, useOidc, tls, sessionMaxAgeMs } = options
    const limits = { ...defaultLimits, ...options.timeouts }
    this.#limits = limits
    this.#logger = options.logger ?? silentLogger
    const login = { username, password, useOidc, tls }
    const access = new Access(login, options.readAccess, this.#logger)
    const nodes = options.nodes.map((origin) => new ClusterNode(origin, access, limits))
    const owner: SessionOwner = {
      get username() {
        return access.settings.username
      },
      get useOidc() {
        return access.settings.useOidc
      },
      nodes: nodes.map((node) => node.origin)
    }
    this.#order = new NodePool(nodes, this.#logger)
    this.sessions = new Sessions(
      this.#order,
      access,
      { maxAgeMs: sessionMaxAgeMs, limits },
      new SessionFile(options.sessionFile, owner, this.#logger),
      this.#logger
    )
    this.tasks = new Tasks(
      (taskTag, signal) => this.record('/TaskTag', taskTag, { signal }),
      options.tasks
    )
  }

  /**
   * Any call. Only 2xx is an answer; everything else is thrown.
   *
   * Reads are repeated once on another node or connection when no usable answer came. Writes go to
   * another node only if it is certain that nothing was sent; otherwise `OUTCOME_UNKNOWN`. Both end
   * within the `TimeLimits`, logins included.
   */
  override async request(request: ClusterRequest): Promise<ClusterResponse> {
    if (this.#closed)
      throw new BridgeError(
        'SHUTTING_DOWN',
        'The bridge is shutting down: call again when it runs again.'
      )
    const target = toTarget(request.path, request.query)
    const text = request.body === undefined ? undefined : JSON.stringify(request.body)
    const reads = isRead(request.method, request.path)
    const failures: NodeFailure[] = []
    const patience = new TimeBudget(this.#limits, reads)
    let candidates = this.#order.candidates()
    let repeats = 0
    for (;;) {
      const [node, ...others] = candidates
      if (node === undefined) throw failedEverywhere(failures)
      try {
        // The last repetition gets all the time that is left: the cluster may only be slow.
        const deadlines = patience.forNode(others.length > 0 && repeats === 0)
        const response = await this.#call(node, request, target, text, deadlines)
        this.#order.markAlive(node)
        return response
      } catch (error) {
        if (!(error instanceof NodeFailure)) throw error
        this.#order.markDead(node, error)
        failures.push(error)
        const { mayHaveActed, repeat } = error.facts
        if (mayHaveActed && !reads) throw error.toOutcomeUnknown(request.method, request.path)
        if (repeat === 'nowhere') throw error.toError()
        if (request.signal?.aborted === true) throw callerGone()
        // Nothing sent: every node may be tried. Sent: one repetition in all.
        if (mayHaveActed || others.length === 0) repeats += 1
        if (repeats > 1 || patience.over) throw failedEverywhere(failures)
        candidates = others.length === 0 && repeat === 'anywhere' ? [node] : others
        this.#logger.debug(
          { node: node.name, method: request.method, path: request.path, code: error.facts.code },
          'Trying the request again'
        )
      }
    }
  }

  /**
   * Asks every node for a sign of life, all at once, in order of preference, and without logging in:
   * a node that wants a session first is alive. Not ok without a session while the cluster refuses our
   * login; that is tried again now and then.
   */
  async probe(signal?: AbortSignal): Promise<NodeProbe[]> {
    await this.sessions.retryRefused()
    return Promise.all(this.#order.all.map((node) => this.#probe(node, signal)))
  }

  /**
   * Why the cluster is of no use, once a login was tried; undefined if it is. Failed nodes are not
   * logged one by one.
   */
  async findProblem(): Promise<BridgeError | undefined> {
    const probes = await this.probe()
    if (!probes.some(({ ok }) => ok)) return worstOf(probes)
    try {
      await this.request({ method: 'GET', path: '/ping' })
      return undefined
    } catch (error) {
      return toBridgeError(error)
    }
  }

  /**
   * Ends all connections; calls under way get a moment to finish. Sessions stay in their file; they
   * are logged out if `logout` says so or, unless it says no, if they could not be kept in a file.
   */
  async close(options: { logout?: boolean } = {}): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.tasks.close()
    await this.sessions.close(options.logout)
    await Promise.all(this.#order.all.map((node) => node.close(closeGraceMs)))
    await this.#order.settled()
  }

  /** One attempt on one node; a session that the cluster has ended is renewed once. */
  async #call(
    node: ClusterNode,
    request: ClusterRequest,
    target: string,
    body: string | undefined,
    deadlines: Deadlines
  ): Promise<ClusterResponse> {
    const { method, path, signal, timeoutMs } = request
    const send = async (sessionID: string): Promise<RawResponse> => {
      const startedAt = performance.now()
      const answer = await node.send({
        method,
        target,
        body,
        sessionID,
        signal,
        timeoutMs,
        deadlines
      })
      const ms = Math.round(performance.now() - startedAt)
      const { status } = answer
      this.#logger.debug({ node: node.name, method, path, status, ms }, 'Cluster answered')
      return answer
    }
    const asked = { method, path, node: node.name }
    const session = await notSentYet(this.sessions.ensure(node, deadlines.sendBy, signal))
    let answer = await send(session.id)
    if (isDeadSession(answer)) {
      // The cluster refused the call before looking at it, so a write may be repeated too.
      const renewed = await notSentYet(
        this.sessions.replace(node, session, deadlines.sendBy, signal)
      )
      answer = await send(renewed.id)
      if (isDeadSession(answer)) throw refusedAgain(asked, answer)
    }
    const response = { status: answer.status, body: parseResponse(asked, answer), node: node.name }
    if (!isRead(method, path)) this.tasks.saw(toWriteResult(response.body).taskTag)
    return response
  }

  async #probe(node: ClusterNode, signal?: AbortSignal): Promise<NodeProbe> {
    const startedAt = performance.now()
    const done = (error?: BridgeError): NodeProbe => ({
      node: node.name,
      ok: error === undefined,
      ...(error === undefined ? {} : { error }),
      latencyMs: Math.round(performance.now() - startedAt)
    })
    try {
      const session = await this.sessions.peek(node)
      const answer = await node.send({
        method: 'GET',
        target: '/ping',
        sessionID: session?.id,
        timeoutMs: probeMs,
        signal
      })
      const isDead = !isFromFrontServer(answer) && isDeadSession(answer)
      if (!isDead) parseResponse({ method: 'GET', path: '/ping', node: node.name }, answer)
      this.#order.markAlive(node)
      return done(isDead || session === undefined ? this.sessions.refused() : undefined)
    } catch (error) {
      if (error instanceof NodeFailure) return done(error.toError())
      if (error instanceof BridgeError && error.code !== 'CALLER_GONE') return done(error)
      throw error
    }
  }
}
