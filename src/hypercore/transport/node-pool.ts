import type { ClusterNode } from './cluster-node.ts'
import type { Logger } from '../../lib/logger.ts'
import type { NodeFailure } from './node-failure.ts'
import { NodePace, type Sample } from './node-pace.ts'
import type { TimeLimits } from './time-limits.ts'

/** Whether a node responds; throws or returns false while it does not. */
export type LivenessProbe = (node: ClusterNode) => Promise<boolean>

/**
 * Which node to try first. The configured order holds, but a node that failed goes to the back, and
 * one that is slow behind those that are not. Both come forward only when a check in the background
 * succeeded: no call waits for a dead node to find out.
 */
export class NodePool {
  readonly all: readonly ClusterNode[]
  readonly #logger: Logger
  readonly #restMs: number
  readonly #probe: LivenessProbe
  readonly #pace: NodePace
  /** When they failed last, by the monotonic clock. */
  readonly #failed = new Map<ClusterNode, number>()
  readonly #checks = new Map<ClusterNode, Promise<void>>()

  constructor(
    nodes: readonly ClusterNode[],
    limits: Pick<TimeLimits, 'restMs' | 'slowMs'>,
    logger: Logger,
    probe: LivenessProbe
  ) {
    if (nodes.length === 0) throw new RangeError('A cluster has at least one node')
    this.all = nodes
    this.#logger = logger
    this.#restMs = limits.restMs
    this.#probe = probe
    this.#pace = new NodePace(nodes.length, limits, logger)
  }

  /** All nodes, best first. */
  candidates(): ClusterNode[] {
    this.#checkRested()
    const place = (node: ClusterNode): number =>
      this.#failed.has(node) ? 2 : this.#pace.isSlow(node) ? 1 : 0
    const failedAt = (node: ClusterNode): number => this.#failed.get(node) ?? 0
    return this.all.toSorted((a, b) => place(a) - place(b) || failedAt(a) - failedAt(b))
  }

  /** Those that respond, those of them that are slow, and those that do not; the best first. */
  groups(): ClusterNode[][] {
    const well = (node: ClusterNode): boolean => !this.#failed.has(node)
    const all = this.candidates()
    return [
      all.filter((node) => well(node) && !this.#pace.isSlow(node)),
      all.filter((node) => well(node) && this.#pace.isSlow(node)),
      all.some(well) ? [] : all
    ]
  }

  /** The node gave no usable response. */
  markDead(node: ClusterNode, failure: NodeFailure): void {
    // With no other node to prefer there is nothing to remember.
    if (this.all.length === 1 || failure.facts.blameless === true) return
    const { reason, code } = failure.facts
    if (!this.#failed.has(node))
      this.#logger.warn({ node: node.name, code }, `Cluster node ${node.name} ${reason}`)
    this.#failed.set(node, performance.now())
  }

  /** The node let a read wait so long that another one was asked, too. */
  markLagging(node: ClusterNode, failure: NodeFailure, sample: Sample): void {
    this.markDead(node, failure)
    this.#pace.putBack(node, sample)
  }

  markAlive(node: ClusterNode): void {
    if (this.#failed.delete(node))
      this.#logger.info({ node: node.name }, `Cluster node ${node.name} responds again`)
  }

  /** The node responded to a read. */
  observe(node: ClusterNode, sample: Sample): void {
    this.#pace.observe(node, sample)
  }

  /** Resolves when no check is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.#checks.values())
  }

  #checkRested(): void {
    if (this.all.length === 1) return
    const now = performance.now()
    const rested = [...this.#failed].filter(([, at]) => now - at >= this.#restMs)
    for (const node of new Set([...rested.map(([node]) => node), ...this.#pace.rested()]))
      if (!this.#checks.has(node))
        this.#checks.set(
          node,
          this.#check(node).finally(() => this.#checks.delete(node))
        )
  }

  async #check(node: ClusterNode): Promise<void> {
    const startedAt = performance.now()
    const lives = await this.#probe(node).catch(() => false)
    const now = performance.now()
    if (lives) {
      this.markAlive(node)
      this.#pace.reconsider(node, now - startedAt)
    } else if (this.#failed.has(node)) this.#failed.set(node, now)
    else this.#pace.reconsider(node, Infinity)
  }
}
