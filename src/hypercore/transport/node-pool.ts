import { isFromFrontServer } from './response.ts'
import type { ClusterNode } from './cluster-node.ts'
import type { Logger } from '../../lib/logger.ts'
import type { NodeFailure } from './node-failure.ts'

/** How long a node that failed is left alone before it is asked for a sign of life. */
const restMs = 15_000
const signOfLifeMs = 5_000

interface Failed {
  at: number
  /** What was logged of it. */
  code: string | undefined
  /** For a sign of life, under way. */
  check?: Promise<void>
}

/**
 * Which node to try first. The configured order holds, but a node that failed goes to the back and
 * comes forward only when a check in the background was answered: no call waits for a dead node to
 * find out.
 */
export class NodePool {
  readonly all: readonly ClusterNode[]
  readonly #logger: Logger
  readonly #failed = new Map<ClusterNode, Failed>()

  constructor(nodes: readonly ClusterNode[], logger: Logger) {
    if (nodes.length === 0) throw new RangeError('A cluster has at least one node')
    this.all = nodes
    this.#logger = logger
  }

  /** All nodes, best first. */
  candidates(): ClusterNode[] {
    for (const node of this.#failed.keys()) this.#checkWhenRested(node)
    const failedAt = (node: ClusterNode): number => this.#failed.get(node)?.at ?? 0
    return this.all.toSorted((a, b) => failedAt(a) - failedAt(b))
  }

  markDead(node: ClusterNode, failure: NodeFailure): void {
    // With no other node to prefer there is nothing to remember.
    if (this.all.length === 1) return
    const { reason, code } = failure.facts
    const before = this.#failed.get(node)
    // Once, however many calls meet it.
    const level = before?.code === code ? 'debug' : 'warn'
    this.#logger[level]({ node: node.name, code }, `Cluster node ${node.name} ${reason}`)
    this.#failed.set(node, { ...before, at: Date.now(), code })
  }

  markAlive(node: ClusterNode): void {
    if (this.#failed.delete(node))
      this.#logger.info({ node: node.name }, `Cluster node ${node.name} answers again`)
  }

  /** Resolves when no check is under way. */
  async settled(): Promise<void> {
    await Promise.all([...this.#failed.values()].flatMap(({ check }) => check ?? []))
  }

  #checkWhenRested(node: ClusterNode): void {
    const entry = this.#failed.get(node)
    if (entry === undefined || entry.check !== undefined || Date.now() - entry.at < restMs) return
    entry.check = this.#check(node)
  }

  /** Without a session: whatever a running API answers will do. */
  async #check(node: ClusterNode): Promise<void> {
    try {
      const response = await node.send({ method: 'GET', target: '/ping', timeoutMs: signOfLifeMs })
      if (!isFromFrontServer(response)) return this.markAlive(node)
    } catch {
      // Still down.
    }
    this.#failed.set(node, { at: Date.now(), code: this.#failed.get(node)?.code })
  }
}
