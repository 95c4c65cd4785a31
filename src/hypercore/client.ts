import { shuttingDown } from './requests/shutting-down.ts'
import { toBridgeError } from '../lib/errors/errors.ts'
import { Access, type AccessSettings, type AccessSource } from './access.ts'
import { ClusterApi, type ClusterRequest, type ClusterResponse, isRead } from './cluster-api.ts'
import { ClusterHealth, type ClusterProblem, type NodeProbe } from './cluster-health.ts'
import { Dispatch } from './requests/dispatch.ts'
import { ClusterNode } from './transport/cluster-node.ts'
import { type Logger, silentLogger } from '../lib/process/logger.ts'
import type { Meter } from '../lib/process/meter.ts'
import type { CallAuthority, Grant } from '../identity/authority.ts'
import type { PlannedRequest } from './writes/sequence.ts'
import { StreamBody } from './requests/stream-body.ts'
import type { Cluster, Node } from './records/records.ts'
import type { Admission, RequestGuard } from './requests/request-guard.ts'
import { describeWritten } from './writes/write-result.ts'
import type { WriteLedger } from './writes/write-ledger.ts'
import { NodePool } from './transport/node-pool.ts'
import { Lanes, slotsPerNode } from './lanes/lanes.ts'
import { SharedReads } from './requests/shared-reads.ts'
import { SessionFile } from './sessions/session-file.ts'
import type { SessionKeeper, SessionOwner } from './sessions/session-keeper.ts'
import type { CallSessions } from './sessions/session-info.ts'
import { Sessions } from './sessions/sessions.ts'
import { type TaskTimings, Tasks } from './tasks/tasks.ts'
import { defaultLimits, type TimeLimits } from './transport/time-limits.ts'
import type { DiscoveryOptions } from './discovery/discovery.ts'
import { NodeLists } from './discovery/node-lists.ts'
import { type UpdateNote, withUpdate } from './updates/update-failure.ts'
import { type ClusterNames, type UpdateTimings, UpdateWatch } from './updates/update-watch.ts'
import { VmNames } from './records/vm-names.ts'
import { type ClusterTraffic, loginLane } from './requests/traffic.ts'

export type { AccessSettings, AccessSource, TlsSettings } from './access.ts'
export type { Logger } from '../lib/process/logger.ts'

export interface HyperCoreOptions extends AccessSettings {
  /** Origins in order of preference: `https://10.20.0.11`, with a port if it is not 443. */
  nodes: readonly string[]
  /** Where login and TLS settings are read again when the cluster does not let the bridge in. */
  accessSource?: AccessSource
  /** Where sessions are kept between starts; undefined: they are not, and `close` logs out. */
  sessionFile?: string
  /** Where they are kept instead, for several bridges. */
  sessionKeeper?: (owner: SessionOwner, logger: Logger) => SessionKeeper
  /** A session older than this is renewed. */
  sessionMaxAgeMs: number
  /** Whether further nodes are found by the cluster's own list, and the pauses in it. Default: they are not. */
  discover?: DiscoveryOptions
  timeouts?: Partial<TimeLimits>
  tasks?: Partial<TaskTimings>
  updates?: Partial<UpdateTimings>
  /** Adds the update that runs to the message of a failure. Default: its details alone have it. */
  updateNote?: UpdateNote
  logger?: Logger
  /** Notified of each session id and each corrected password as soon as it is known. */
  onSecret?: (secret: string) => void
  /** Asked before every request. Default: everything may leave. */
  guard?: RequestGuard
  /** Every write is entered here before it leaves. */
  ledger?: WriteLedger
  /** Notified of every request to a node. */
  meter?: Meter
}

const allNodes = /^\/Node\/?$/
const applyPath = /^\/Update\/([^/]+)\/apply\/?$/
const closeGraceMs = 2_000

/** What the guard reads by: it cannot write. */
class Unguarded extends ClusterApi {
  readonly #send: (request: ClusterRequest) => Promise<ClusterResponse>

  constructor(send: (request: ClusterRequest) => Promise<ClusterResponse>) {
    super()
    this.#send = send
  }

  override async request(request: ClusterRequest): Promise<ClusterResponse> {
    if (!isRead(request.method, request.path)) throw new Error('The guard only reads')
    return this.#send(request)
  }
}

/**
 * The client of a HyperCore cluster: every call to it passes here. All failures are thrown as
 * `BridgeError`.
 */
export class HyperCore extends ClusterApi {
  readonly sessions: Sessions
  readonly tasks: Tasks
  readonly limits: TimeLimits
  readonly updates: UpdateWatch
  readonly vmNames: VmNames
  readonly nodeLists: NodeLists
  readonly #order: NodePool
  readonly #lanes: Lanes
  readonly #dispatch: Dispatch
  readonly #health: ClusterHealth
  readonly #reads: SharedReads
  readonly #guard: RequestGuard | undefined
  readonly #ledger: WriteLedger | undefined
  readonly #updateNote: UpdateNote | undefined
  #closed = false

  constructor(options: HyperCoreOptions) {
    super()
    const { username, password, useOidc, tls, sessionMaxAgeMs, onSecret } = options
    const limits = { ...defaultLimits, ...options.timeouts }
    const logger = options.logger ?? silentLogger
    const access = new Access({ username, password, useOidc, tls }, options.accessSource, {
      logger,
      onSecret
    })
    const shape = {
      slots: slotsPerNode,
      nodes: (): number => this.#order.all.length
    }
    const create = (origin: string): ClusterNode =>
      new ClusterNode(origin, access, limits, shape, options.meter)
    const nodes = options.nodes.map(create)
    const owner = { username, useOidc, nodes: nodes.map((node) => node.origin), onSecret }
    this.limits = limits
    this.#guard = options.guard
    this.#ledger = options.ledger
    this.#updateNote = options.updateNote
    this.#order = new NodePool(nodes, limits, logger, (node) => this.sessions.serves(node))
    this.sessions = new Sessions(
      this.#order,
      access,
      { maxAgeMs: sessionMaxAgeMs, limits, onSecret },
      options.sessionKeeper?.(owner, logger) ?? new SessionFile(options.sessionFile, owner, logger),
      logger
    )
    this.#health = new ClusterHealth(this.#order, this.sessions, limits)
    this.#lanes = new Lanes(this.#order, limits)
    this.#order.onChange(() => this.#lanes.pump())
    this.#dispatch = new Dispatch(this.#order, this.#lanes, this.sessions, limits, logger)
    const readList = async (): Promise<unknown> =>
      (await this.#dispatch.send({ method: 'GET', path: '/Node' })).body
    this.nodeLists = new NodeLists(
      options.nodes,
      { pool: this.#order, sessions: this.sessions, create, readList },
      logger,
      options.discover
    )
    this.vmNames = new VmNames(limits.namesMs)
    this.#reads = new SharedReads((request) => this.#read(request))
    this.tasks = new Tasks(
      (taskTag, signal) => this.record('/TaskTag', taskTag, { signal }),
      options.tasks
    )
    // What its write has changed is seen by reads that follow its reported end.
    this.tasks.onFinished(() => this.#changed())
    this.updates = new UpdateWatch(
      () => this.#order.all,
      (signal) => this.#names(signal),
      options.updates
    )
  }

  /**
   * Any call. Only 2xx is a response; everything else is thrown. The guard is asked first.
   *
   * Reads go from node to node until one responds. Writes go to another node only if it is certain that
   * nothing was carried out; otherwise `OUTCOME_UNKNOWN`. Both end within the `TimeLimits`, logins
   * included. A 2xx to a write is not a success by itself: `written` says what it tells.
   */
  override async request(request: ClusterRequest): Promise<ClusterResponse> {
    const guard = this.#guard
    if (guard === undefined) return this.#carryOut(request)
    const cluster = this.#unguarded(request.authority)
    const admission = await guard.admit(request, cluster)
    try {
      const response = await this.#carryOut(request, admission)
      admission.ended?.(describeWritten(response))
      return await guard.visible(request, response, cluster)
    } catch (error) {
      admission.ended?.(toBridgeError(error).message)
      throw error
    }
  }

  /**
   * Asks the guard for all writes of a sequence before the first of them.
   * @throws {BridgeError} why they may not leave
   */
  async admitAll(
    requests: readonly PlannedRequest[],
    authority: CallAuthority,
    signal: AbortSignal
  ): Promise<Grant | undefined> {
    return this.#guard?.admitAll(requests, authority, this.#unguarded(authority), signal)
  }

  /**
   * The sessions as a caller may use them: renewing and ending them is asked of the guard and entered in
   * the ledger, as any write is. `sessions` is for the bridge itself.
   */
  sessionsOf(authority: CallAuthority): CallSessions {
    const change = <T>(path: string, run: () => Promise<T>): Promise<T> =>
      this.#changeSession({ method: 'POST', path, authority }, authority, run)
    return {
      describe: (signal) => this.sessions.describe(signal),
      renew: (signal) => change('/login', () => this.sessions.renew(signal)),
      kill: (signal) => change('/logout', () => this.sessions.kill(signal))
    }
  }

  async #changeSession<T>(
    request: ClusterRequest,
    authority: CallAuthority,
    run: () => Promise<T>
  ): Promise<T> {
    const admission = this.#guard?.admitSession(request, authority)
    const write = await this.#ledger?.begin({ ...request, admission })
    try {
      const result = await run()
      await write?.accepted({ taskTag: '', createdUUID: '' })
      return result
    } catch (error) {
      await write?.ended('REFUSED', toBridgeError(error).message)
      throw error
    }
  }

  /** Reads for the guard, which is not asked about them; on behalf of whose call it decides on. */
  #unguarded(authority: CallAuthority | undefined): ClusterApi {
    return new Unguarded((read) => this.#carryOut({ ...read, ...(authority && { authority }) }))
  }

  async #carryOut(request: ClusterRequest, admission?: Admission): Promise<ClusterResponse> {
    if (this.#ledger === undefined || isRead(request.method, request.path))
      return this.#attempt(request)
    const write = await this.#ledger.begin({ ...request, admission })
    try {
      const response = await this.#attempt(request)
      const { written } = response
      if (written?.doubt === undefined)
        await write.accepted(written ?? { taskTag: '', createdUUID: '' })
      else await write.ended('UNKNOWN', `The cluster ${written.doubt}`)
      return response
    } catch (error) {
      const { code, message } = toBridgeError(error)
      const { stream } = request
      const isCut = stream instanceof StreamBody && stream.isBegun && !stream.isSent
      const outcome = code === 'OUTCOME_UNKNOWN' ? 'UNKNOWN' : isCut ? 'ERROR' : 'REFUSED'
      await write.ended(outcome, message)
      throw error
    }
  }

  async #attempt(request: ClusterRequest): Promise<ClusterResponse> {
    if (this.#closed) throw shuttingDown()
    try {
      const response = await this.#send(request)
      this.nodeLists.look()
      if (response.written !== undefined) this.tasks.saw(response.written.taskTag)
      const [, version] = applyPath.exec(request.path) ?? []
      if (request.method === 'POST' && version !== undefined) this.updates.begin(version)
      return response
    } catch (error) {
      throw await withUpdate(error, this.updates, this.#updateNote)
    }
  }

  async #send(request: ClusterRequest): Promise<ClusterResponse> {
    if (isRead(request.method, request.path)) {
      const response = await this.#reads.read(request)
      if (allNodes.test(request.path)) this.nodeLists.saw(response.body)
      return response
    }
    this.#changed()
    try {
      return await this.#dispatch.send(request)
    } finally {
      this.#changed()
    }
  }

  /** What was read before is no longer joined, and no name is taken from it. */
  #changed(): void {
    this.#reads.end()
    this.vmNames.end()
  }

  async #read(request: ClusterRequest): Promise<ClusterResponse> {
    const begunAt = performance.now()
    const response = await this.#dispatch.send(request)
    this.vmNames.saw(request, response.body, begunAt)
    return response
  }

  /** What the files of an update leave unnamed; by calls that fail without a look at updates. */
  async #names(signal: AbortSignal): Promise<ClusterNames> {
    const list = async (path: string): Promise<unknown[]> => {
      const { body } = await this.#dispatch.send({ method: 'GET', path, signal })
      return Array.isArray(body) ? body : []
    }
    const paths = ['/Cluster', '/Node', '/Update']
    const [clusters = [], nodes = [], offers = []] = await Promise.all(paths.map(list))
    return {
      cluster: (clusters as Cluster[])[0],
      nodes: nodes as Node[],
      offered: (offers as { uuid: string }[]).map(({ uuid }) => uuid)
    }
  }

  /** How each node stands, and what is under way: known without asking the cluster. */
  traffic(): ClusterTraffic {
    const sharedReads = this.#reads.joined
    return {
      nodes: this.#order.states(),
      discovered: this.nodeLists.discovered,
      lanes: [...this.#lanes.state(), loginLane(this.#order.all)],
      sharedReads
    }
  }

  /** Whether each node responds, in order of preference. */
  probe(signal?: AbortSignal): Promise<NodeProbe[]> {
    return this.#health.probe(signal)
  }

  /** What is wrong with the cluster, or a part of it; undefined if all is well, or the client was closed meanwhile. */
  async findProblem(): Promise<ClusterProblem | undefined> {
    const problem = await this.#health.findProblem()
    return this.#closed ? undefined : problem
  }

  /**
   * Ends all connections; running calls get a moment to finish. Sessions stay in their file; they
   * are logged out if `logout` says so or, unless it says no, if they could not be kept in a file.
   */
  async close(options: { logout?: boolean } = {}): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.nodeLists.close()
    this.tasks.close()
    await this.sessions.close(options.logout)
    await Promise.all(this.#order.all.map((node) => node.close(closeGraceMs)))
    await this.#order.settled()
  }
}
