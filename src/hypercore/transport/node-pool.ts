import { Breaker } from './breaker.ts'
import { type CallKind, callKinds } from './call-kind.ts'
import type { ClusterNode } from './cluster-node.ts'
import type { Logger } from '../../lib/process/logger.ts'
import type { NodeFailure, NodeFailureFacts } from './node-failure.ts'
import { withTimeout } from '../../lib/time/with-timeout.ts'
import { NodePace, type TimedRequest } from './node-pace.ts'
import type { KindStatus, NodeStatus } from './node-status.ts'
import { msUntil, type TimeLimits } from './time-limits.ts'

/** Whether a failure says something about the node as such, and not about this kind of requests alone. */
function concernsAll({ code, mayHaveActed, status }: NodeFailureFacts, kind: CallKind): boolean {
  if (!mayHaveActed) return true
  // 500 is about the request; 408, 429 and 502 to 504 are about the node, or what stands before it.
  if (code === 'CLUSTER_ERROR' || code === 'CLUSTER_REFUSED') return status !== 500
  return code !== 'CLUSTER_TIMEOUT' || kind !== 'transfer'
}

/** How long a caller waits for a ping where no node has responded. */
const pingTimeoutMs = 1_000

/** Whether a node responds; throws or returns false while it does not. */
export type LivenessProbe = (node: ClusterNode) => Promise<boolean>

/** A look at a node that is under way. */
interface Check {
  done: Promise<void>
  /** When it began. */
  at: number
}

/** No node responds. */
export interface Silence {
  failure: NodeFailure
  /** Until the next look, in ms. */
  restMs: number
}

/**
 * Which node to try first. The configured order holds, but a node that failed goes to the back, and
 * one that is slow behind those that are not. Both come forward only when a check in the background
 * succeeded: no call waits for a dead node to find out.
 */
export class NodePool {
  #all: readonly ClusterNode[]
  /** Those of the settings. */
  readonly #configured: ReadonlySet<ClusterNode>
  /** Those that the cluster's list of nodes lacks: they are asked after all others that respond. */
  readonly #left = new Set<ClusterNode>()
  readonly #logger: Logger
  readonly #restMs: number
  readonly #probe: LivenessProbe
  readonly #pace: NodePace
  readonly #breakers = new WeakMap<ClusterNode, Record<CallKind, Breaker>>()
  /** Why a node was put back last. */
  readonly #reasons = new Map<ClusterNode, NodeFailureFacts>()
  readonly #checks = new Map<ClusterNode, Check>()
  /** Those that did not respond in time, and have not responded since. */
  readonly #silent = new Map<ClusterNode, { failure: NodeFailure; looked: boolean }>()
  #onChange: () => void = () => {}

  constructor(
    nodes: readonly ClusterNode[],
    limits: Pick<TimeLimits, 'restMs' | 'slowMs'>,
    logger: Logger,
    probe: LivenessProbe
  ) {
    if (nodes.length === 0) throw new RangeError('A cluster has at least one node')
    this.#all = nodes
    this.#configured = new Set(nodes)
    this.#logger = logger
    this.#restMs = limits.restMs
    this.#probe = probe
    this.#pace = new NodePace(() => this.all, limits, logger)
  }

  /** In the order of the settings, then those that were found. */
  get all(): readonly ClusterNode[] {
    return this.#all
  }

  /** A further node. */
  add(node: ClusterNode): void {
    this.#all = [...this.#all, node]
    this.#onChange()
  }

  /** It is asked nothing any more; requests under way end as they do. */
  remove(node: ClusterNode): void {
    this.#all = this.#all.filter((each) => each !== node)
    for (const each of [this.#left, this.#silent, this.#reasons]) each.delete(node)
    this.#pace.forget(node)
    this.#onChange()
  }

  /** The cluster's list of nodes lacks it, or has it again. */
  setLeft(origin: string, left: boolean): void {
    const node = this.#all.find((each) => each.origin === origin)
    if (node !== undefined && left) this.#left.add(node)
    else if (node !== undefined) this.#left.delete(node)
    this.#onChange()
  }

  /** @param listener called when a node may take more than before, or another one is to be asked */
  onChange(listener: () => void): void {
    this.#onChange = listener
  }

  /** All nodes, best first. */
  candidates(kind: CallKind): ClusterNode[] {
    this.#checkRested()
    const place = (node: ClusterNode): number =>
      this.#isOpen(node, kind)
        ? 3
        : this.#left.has(node)
          ? 2
          : this.#pace.isSlow(node, kind)
            ? 1
            : 0
    const failedAt = (node: ClusterNode): number => this.#breaker(node, kind).openedAt ?? 0
    return this.all.toSorted((a, b) => place(a) - place(b) || failedAt(a) - failedAt(b))
  }

  /** Those that respond, those of them that are slow, that have left, and those that do not; the best first. */
  groups(kind: CallKind): ClusterNode[][] {
    const all = this.candidates(kind)
    const well = all.filter((node) => !this.#isOpen(node, kind))
    const there = well.filter((node) => !this.#left.has(node))
    return [
      there.filter((node) => !this.#pace.isSlow(node, kind)),
      there.filter((node) => this.#pace.isSlow(node, kind)),
      well.filter((node) => this.#left.has(node)),
      well.length > 0 ? [] : all
    ]
  }

  /** How many requests of a kind a node may take at a time. */
  slotsAt(node: ClusterNode, kind: CallKind, most: number): number {
    const room = this.#breaker(node, kind).room(most)
    return this.#isOnTrial(node, kind) ? Math.min(1, room) : room
  }

  /** The status of each node for each kind of requests, in the order of the settings. */
  states(): NodeStatus[] {
    return this.all.map((node, at) => {
      const kinds = callKinds.map((kind): KindStatus => {
        const { position: ofBreaker, latencyMs } = this.#breaker(node, kind)
        const isCareful = ofBreaker === 'closed' && this.#pace.isReturning(node, kind)
        const position = isCareful ? 'half-open' : ofBreaker
        const slow = this.#pace.isSlow(node, kind)
        return { kind, position, slow, ...(latencyMs !== undefined && { latencyMs }) }
      })
      const isWell = kinds.every(({ position }) => position === 'closed')
      const reason = isWell ? undefined : this.#reasons.get(node)?.reason
      return {
        number: at + 1,
        node: node.name,
        ...(!this.#configured.has(node) && { found: true as const }),
        ...(this.#left.has(node) && { left: true as const }),
        kinds,
        ...(reason !== undefined && { reason })
      }
    })
  }

  /** The node gave no usable response. */
  markDead(node: ClusterNode, failure: NodeFailure, kind: CallKind): void {
    const { code, blameless } = failure.facts
    if (blameless === true || !this.#all.includes(node)) return
    if (code === 'CLUSTER_TIMEOUT') this.#silent.set(node, { failure, looked: false })
    // With no other node to prefer there is nothing else to remember.
    else if (this.all.length === 1) return
    this.#open(node, failure, kind)
  }

  #open(node: ClusterNode, failure: NodeFailure, kind: CallKind): void {
    const { code } = failure.facts
    const isWhole = concernsAll(failure.facts, kind)
    this.#note(node, failure, kind)
    const now = performance.now()
    // Requests that had a response each time are not let in one by one because others were slow.
    const isLate = failure.facts.mayHaveActed && code === 'CLUSTER_TIMEOUT'
    for (const each of isWhole ? callKinds : [kind])
      this.#breaker(node, each).fail(now, { isWhole, startsOver: each === kind || !isLate })
    this.#onChange()
  }

  /** The node let a read wait so long that another one was asked, too. */
  markLagging(
    node: ClusterNode,
    failure: NodeFailure,
    request: TimedRequest,
    kind: CallKind
  ): void {
    if (this.all.length === 1 || !this.#all.includes(node)) return
    this.#open(node, failure, kind)
    this.#pace.suspect(node, kind, request)
  }

  /** A request of this kind has waited for long, and is still under way. */
  markLate(node: ClusterNode, failure: NodeFailure, kind: CallKind): void {
    if (this.all.length === 1 || !this.#all.includes(node)) return
    this.#note(node, failure, kind)
    this.#breaker(node, kind).fail(performance.now(), { startsOver: false })
    this.#onChange()
  }

  /**
   * What counts against the cluster where no node responded in time: the next caller need not
   * wait as long to learn the same. One look at the nodes, which all share, shows whether it is still so.
   */
  async silence(kind: CallKind): Promise<Silence | undefined> {
    const first = this.#allSilent(kind)
    if (first === undefined) return undefined
    for (const [node, silent] of this.#silent) {
      if (!silent.looked) this.#startCheck(node)
      silent.looked = true
    }
    this.#checkRested()
    const looks = [...this.#checks.values()].map(({ done, at }) =>
      withTimeout(done, msUntil(at + pingTimeoutMs), () => undefined)
    )
    // A race without runners never ends.
    if (looks.length > 0) await Promise.race(looks)
    const failure = this.#allSilent(kind)
    if (failure === undefined) return undefined
    const now = performance.now()
    const restMs = this.all.map((node) => this.#breaker(node, kind).restLeftMs(now))
    return { failure, restMs: Math.min(...restMs) }
  }

  /** Whether it is worth asking for `silence`. */
  get mayBeSilent(): boolean {
    return this.#silent.size === this.all.length
  }

  #allSilent(kind: CallKind): NodeFailure | undefined {
    const isSilent = (node: ClusterNode): boolean =>
      this.#isOpen(node, kind) && this.#silent.has(node)
    if (!this.mayBeSilent || !this.all.every(isSilent)) return undefined
    return this.#silent.values().next().value?.failure
  }

  /** The node responded to a ping: what counted against it as a whole does so no more. */
  markAlive(node: ClusterNode): void {
    this.#silent.delete(node)
    this.#halfOpen(node, (breaker) => breaker.isWhole)
  }

  /** A request of this kind was responded to. @param most of them at a time */
  succeeded(node: ClusterNode, kind: CallKind, latencyMs: number, most: number): void {
    this.markAlive(node)
    this.#breaker(node, kind).succeed(latencyMs, most)
  }

  /** How long a node took to respond to a request of this kind. */
  observe(node: ClusterNode, kind: CallKind, request: TimedRequest): void {
    if (!this.#all.includes(node)) return
    if (this.#pace.observe(node, kind, request)) this.#onChange()
  }

  /** Resolves when no check is under way. */
  async settled(): Promise<void> {
    await Promise.all([...this.#checks.values()].map(({ done }) => done))
  }

  #note(node: ClusterNode, { facts }: NodeFailure, kind: CallKind): void {
    const { reason, code } = facts
    if (!this.#isOpen(node, kind))
      this.#logger.warn({ node: node.name, code }, `Cluster node ${node.name} ${reason}`)
    this.#reasons.set(node, facts)
  }

  #breaker(node: ClusterNode, kind: CallKind): Breaker {
    let own = this.#breakers.get(node)
    if (own === undefined) {
      const breaker = (): Breaker => new Breaker(this.#restMs)
      own = { read: breaker(), poll: breaker(), write: breaker(), transfer: breaker() }
      this.#breakers.set(node, own)
    }
    return own[kind]
  }

  #isOpen(node: ClusterNode, kind: CallKind): boolean {
    return this.#breaker(node, kind).position === 'open'
  }

  /** It was slow; whether it still is, one request shows, as long as there is another node to be asked. */
  #isOnTrial(node: ClusterNode, kind: CallKind): boolean {
    const isBetter = (other: ClusterNode): boolean =>
      other !== node &&
      !this.#isOpen(other, kind) &&
      !this.#pace.isSlow(other, kind) &&
      !this.#pace.isReturning(other, kind)
    return this.#pace.isReturning(node, kind) && this.all.some(isBetter)
  }

  #halfOpen(node: ClusterNode, which: (breaker: Breaker) => boolean): void {
    const open = callKinds.map((kind) => this.#breaker(node, kind)).filter(which)
    if (open.length === 0) return
    for (const breaker of open) breaker.halfOpen()
    this.#logger.info({ node: node.name }, `Cluster node ${node.name} responds again`)
    this.#onChange()
  }

  #rested(node: ClusterNode): boolean {
    const now = performance.now()
    return callKinds.some((kind) => this.#breaker(node, kind).isRested(now))
  }

  #checkRested(): void {
    for (const node of this.all)
      if (this.#rested(node) || this.#pace.isRested(node)) this.#startCheck(node)
  }

  #startCheck(node: ClusterNode): void {
    if (this.#checks.has(node)) return
    const done = this.#check(node).finally(() => this.#checks.delete(node))
    this.#checks.set(node, { done, at: performance.now() })
  }

  async #check(node: ClusterNode): Promise<void> {
    const startedAt = performance.now()
    const lives = await this.#probe(node).catch(() => false)
    const now = performance.now()
    if (lives) {
      const wasSilent = this.#silent.delete(node)
      this.#halfOpen(node, (each) => wasSilent || each.isWhole || each.isRested(now))
      this.#pace.reconsider(node, now - startedAt)
      this.#onChange()
      return
    }
    const open = callKinds.map((kind) => this.#breaker(node, kind)).filter((b) => b.isRested(now))
    for (const breaker of open) breaker.fail(now, { isWhole: breaker.isWhole })
    if (open.length === 0) this.#pace.reconsider(node, Infinity)
  }
}
