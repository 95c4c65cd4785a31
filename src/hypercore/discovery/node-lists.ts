import type { Logger } from '../../lib/process/logger.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { ClusterNode } from '../transport/cluster-node.ts'
import type { NodePool } from '../transport/node-pool.ts'
import { type Discovered, Discovery, type DiscoveryOptions } from './discovery.ts'
import { type Unlisted, UnlistedNodes } from './unlisted-nodes.ts'

/** What the lists of nodes have an effect on. */
export interface NodeListStage {
  pool: NodePool
  sessions: Sessions
  /** A node that nothing was asked yet. */
  create: (origin: string) => ClusterNode
  /** What the cluster returns for `/Node`. */
  readList: () => Promise<unknown>
}

const [closeMs, graceMs] = [180_000, 2_000]

/**
 * What is learned from the cluster's lists of nodes: which are not in the settings and, where these are to
 * be found by it, the further nodes that the pool has of them.
 */
export class NodeLists {
  readonly #unlisted: UnlistedNodes
  readonly #discovery: Discovery | undefined

  /**
   * @param configured origins of the settings
   * @param options undefined: nodes are not found by the list
   */
  constructor(
    configured: readonly string[],
    { pool, sessions, create, readList }: NodeListStage,
    logger: Logger,
    options: DiscoveryOptions | undefined
  ) {
    this.#unlisted = new UnlistedNodes(configured, logger)
    if (options === undefined) return
    const stage = {
      create,
      responds: (node: ClusterNode) => sessions.serves(node),
      add: (node: ClusterNode) => pool.add(node),
      setLeft: (origin: string, left: boolean) => pool.setLeft(origin, left),
      drop: (node: ClusterNode) => {
        pool.remove(node)
        sessions.drop(node)
        // What is under way there may end before, and may have logged in again.
        const end = (): void => {
          sessions.drop(node)
          void node.close(graceMs)
        }
        setTimeout(end, closeMs).unref()
      },
      readList: async () => this.saw(await readList()),
      doubted: (body: unknown) => this.#unlisted.saw(body)
    }
    this.#discovery = new Discovery(configured, stage, logger, options)
  }

  /** What the list has shown; undefined where nodes are not found by it. */
  get discovered(): Discovered | undefined {
    return this.#discovery?.state
  }

  /** Nodes of the cluster that are not asked, by the last list of nodes. */
  get unlisted(): Unlisted {
    const { found, doubt } = this.#discovery?.state ?? {}
    if (found === undefined || doubt !== undefined) return this.#unlisted.found
    const addresses = found.filter(({ used }) => !used).map(({ node }) => node)
    return { count: addresses.length, addresses }
  }

  /** Takes up, in the background, the nodes that were used before the last end. */
  restore(): void {
    this.#discovery?.restore()
  }

  /** @param body what the cluster returned for `/Node` */
  saw(body: unknown): void {
    if (this.#discovery === undefined) this.#unlisted.saw(body)
    else this.#discovery.saw(body)
  }

  /** A call went well: the time to ask for a list that has grown old, in the background. */
  look(): void {
    this.#discovery?.look()
  }

  /** Resolves when the lists so far have been followed. */
  async settled(): Promise<void> {
    await this.#discovery?.settled()
  }

  close(): void {
    this.#discovery?.close()
  }
}
