import type { Logger } from '../../lib/logger.ts'
import type { ClusterNode } from './cluster-node.ts'
import { toSeconds } from './time-limits.ts'

/** A read that got its response, or that was waited for in vain. */
export interface Sample {
  path: string
  /** Until the response began. */
  latencyMs: number
}

/** A node that lost its place for being slow. */
interface SlowNode extends Sample {
  at: number
  /** How long it stays behind before it is looked at. */
  restMs: number
  /** Another node responded to the same kind of read much faster. */
  confirmed: boolean
}

/** One slow response may be chance. */
const chances = 2
/** As fast as this against the slow one, another node is no better. */
const muchFaster = 0.5
/** Where all nodes are slow, none is judged for so long. */
const truceMs = 300_000
/** A node that is slow again so soon after it came back stays behind twice as long. */
const relapseMs = 300_000
const maxRestMs = 240_000

/** `/VirDomain/7c4f2e6a-…/clone` and the like are alike: what stands second is an identifier. */
function kindOf(path: string): string {
  const [, entity = '', id, rest = ''] = path.split('/', 4)
  return id === undefined ? entity : `${entity}/{}/${rest}`
}

/**
 * Notices a node that responds, but so slowly that another should go first. Two slow reads in a row put
 * it behind the others; the next read of the same kind elsewhere shows whether it was the node or the
 * question. Both a long rest and a quick response are needed to come forward again, so that nodes do not
 * swap places with every call.
 */
export class NodePace {
  readonly #count: number
  readonly #limits: { slowMs: number; restMs: number }
  readonly #logger: Logger
  readonly #inARow = new Map<ClusterNode, number>()
  readonly #slow = new Map<ClusterNode, SlowNode>()
  readonly #cameBack = new Map<ClusterNode, { at: number; restMs: number }>()
  #truceEnds = -Infinity

  constructor(count: number, limits: { slowMs: number; restMs: number }, logger: Logger) {
    this.#count = count
    this.#limits = limits
    this.#logger = logger
  }

  isSlow(node: ClusterNode): boolean {
    return this.#slow.has(node)
  }

  /** The slow nodes that have been left alone long enough to be looked at. */
  rested(): ClusterNode[] {
    const now = performance.now()
    return [...this.#slow].filter(([, { at, restMs }]) => now - at >= restMs).map(([node]) => node)
  }

  /** A node responded to a read. */
  observe(node: ClusterNode, sample: Sample): void {
    if (this.#count === 1) return
    this.#judge(node, sample)
    if (sample.latencyMs < this.#limits.slowMs) {
      this.#inARow.delete(node)
      return
    }
    const times = (this.#inARow.get(node) ?? 0) + 1
    this.#inARow.set(node, times)
    if (times >= chances) this.putBack(node, sample)
  }

  /** The node goes behind the others. */
  putBack(node: ClusterNode, sample: Sample): void {
    const now = performance.now()
    this.#inARow.delete(node)
    if (this.#count === 1 || this.#slow.has(node) || now < this.#truceEnds) return
    const before = this.#cameBack.get(node)
    const relapsed = before !== undefined && now - before.at < relapseMs
    const restMs = relapsed ? Math.min(maxRestMs, before.restMs * 2) : this.#limits.restMs
    this.#slow.set(node, { ...sample, at: now, restMs, confirmed: false })
    if (this.#slow.size === this.#count) this.#callTruce()
  }

  /** A liveness probe: a quick response brings the node forward. */
  reconsider(node: ClusterNode, latencyMs: number): void {
    const slow = this.#slow.get(node)
    if (slow === undefined) return
    const now = performance.now()
    if (latencyMs >= this.#limits.slowMs / 2) {
      this.#slow.set(node, { ...slow, at: now })
      return
    }
    this.#slow.delete(node)
    this.#cameBack.set(node, { at: now, restMs: slow.restMs })
    this.#logger.info({ node: node.name }, `Cluster node ${node.name} responds quickly again`)
  }

  /** Compares with what put another node back. */
  #judge(node: ClusterNode, { path, latencyMs }: Sample): void {
    if (this.#slow.size === 0) return
    for (const [other, slow] of this.#slow) {
      if (other === node || slow.confirmed || kindOf(slow.path) !== kindOf(path)) continue
      if (latencyMs > slow.latencyMs * muchFaster) return this.#callTruce()
      slow.confirmed = true
      this.#logger.warn(
        { node: other.name },
        `Cluster node ${other.name} takes ${toSeconds(slow.latencyMs)} s to respond, ${node.name} ` +
          `${toSeconds(latencyMs)} s: others are asked first`
      )
    }
  }

  /** It is not the nodes: the order stays as configured. */
  #callTruce(): void {
    this.#slow.clear()
    this.#inARow.clear()
    this.#truceEnds = performance.now() + truceMs
  }
}
