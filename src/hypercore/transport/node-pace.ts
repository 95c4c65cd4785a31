import type { Logger } from '../../lib/process/logger.ts'
import type { CallKind } from './call-kind.ts'
import type { ClusterNode } from './cluster-node.ts'
import { KindPace, type PaceChange, type PaceLimits } from './kind-pace.ts'
import { toSeconds } from './time-limits.ts'

/** A request that got its response, or that got none in time. */
export interface TimedRequest {
  method: string
  path: string
  /** Until the response began. */
  latencyMs: number
}

/**
 * What a node takes for a transfer depends on the size of a VM: transfers go by what is known of the
 * node's writes.
 */
type JudgedKind = Exclude<CallKind, 'transfer'>

const words: Record<JudgedKind, string> = {
  read: 'reads',
  poll: 'looks at tasks',
  write: 'writes'
}
const judgedKinds = Object.keys(words) as JudgedKind[]

const judgedBy = (kind: CallKind): JudgedKind => (kind === 'transfer' ? 'write' : kind)

/** `/VirDomain/7c4f2e6a-…/clone` and the like are alike: what stands second is an identifier. */
function shapeOf({ method, path }: TimedRequest): string {
  const [, entity = '', id, rest = ''] = path.split('/', 4)
  return id === undefined ? `${method} ${entity}` : `${method} ${entity}/{}/${rest}`
}

/** Notices nodes that respond, but so slowly that others should go first: for each kind of requests apart. */
export class NodePace {
  readonly #kinds: Record<JudgedKind, KindPace<ClusterNode>>
  readonly #logger: Logger

  /** @param nodes all there are at the moment */
  constructor(nodes: () => readonly ClusterNode[], limits: PaceLimits, logger: Logger) {
    const pace = (): KindPace<ClusterNode> => new KindPace(nodes, limits)
    this.#kinds = { read: pace(), poll: pace(), write: pace() }
    this.#logger = logger
  }

  isSlow(node: ClusterNode, kind: CallKind): boolean {
    return this.#kinds[judgedBy(kind)].isSlow(node)
  }

  /** It was slow, and gets one request at a time until it is known better. */
  isReturning(node: ClusterNode, kind: CallKind): boolean {
    return this.#kinds[judgedBy(kind)].isReturning(node)
  }

  /** Whether a slow node was left alone for long enough to be looked at. */
  isRested(node: ClusterNode): boolean {
    const now = performance.now()
    return judgedKinds.some((kind) => this.#kinds[kind].isRested(node, now))
  }

  /** A node responded to a request. @returns whether others are to be asked now */
  observe(node: ClusterNode, kind: CallKind, request: TimedRequest): boolean {
    if (kind === 'transfer') return false
    const sample = { shape: shapeOf(request), latencyMs: request.latencyMs }
    const changes = this.#kinds[kind].observe(node, sample, performance.now())
    for (const change of changes) this.#tell(kind, change)
    return changes.length > 0
  }

  /** A node let a request wait: it goes behind the others, until one of them shows whether it is faster. */
  suspect(node: ClusterNode, kind: CallKind, request: TimedRequest): void {
    const sample = { shape: shapeOf(request), latencyMs: request.latencyMs }
    this.#kinds[judgedBy(kind)].suspect(node, sample, performance.now())
  }

  /** The node responded to a ping: a quick response lets it have a request of each kind. */
  reconsider(node: ClusterNode, latencyMs: number): void {
    const now = performance.now()
    for (const kind of judgedKinds)
      if (this.#kinds[kind].isRested(node, now)) this.#kinds[kind].reconsider(node, latencyMs, now)
  }

  /** The node is none of the cluster's any more. */
  forget(node: ClusterNode): void {
    for (const kind of judgedKinds) this.#kinds[kind].forget(node)
  }

  #tell(kind: JudgedKind, change: PaceChange<ClusterNode>): void {
    const { name } = change.node
    if (change.change === 'quick')
      this.#logger.info(
        { node: name, kind },
        `Cluster node ${name} responds to ${words[kind]} quickly again`
      )
    else {
      const { latencyMs, than } = change
      this.#logger.warn(
        { node: name, kind },
        `Cluster node ${name} takes ${toSeconds(latencyMs)} s to respond to ${words[kind]}, ${than.node.name} ` +
          `${toSeconds(than.latencyMs)} s: others are asked first`
      )
    }
  }
}
