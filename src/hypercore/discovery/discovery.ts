import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Logger } from '../../lib/process/logger.ts'
import type { ClusterNode } from '../transport/cluster-node.ts'
import { NodeFailure } from '../transport/node-failure.ts'
import { type FoundList, type FoundNodes, formatFound } from './found-nodes.ts'
import {
  compareNodeList,
  type ConfiguredNode,
  hostOf,
  isPossibleOrigin,
  type KnownNodes,
  type ListedNode,
  originOf,
  readNodeList
} from './node-list.ts'

/** Pauses of the discovery, in ms. */
export interface DiscoveryTimings {
  /** A list is asked for with the next call once the last one is so old. */
  listMs: number
  /** A node that the list has no more is forgotten after so long. */
  graceMs: number
  /** A node that could not be used is tried again after so long. */
  retryMs: number
}

/** How nodes are found by the list. */
export interface DiscoveryOptions extends Partial<DiscoveryTimings> {
  /** Where those that are used are kept for the next start. */
  kept?: FoundNodes
}

/** An unchanged list is kept again, as one that is too old is not used. */
const keepEveryMs = 24 * 60 * 60 * 1000

const defaultTimings: DiscoveryTimings = { listMs: 60_000, graceMs: 300_000, retryMs: 60_000 }

/** What the discovery has of the client. */
export interface DiscoveryStage {
  /** A node that nothing was asked yet. */
  create(origin: string): ClusterNode
  /** Whether it responds, and shows a certificate that is trusted; not a byte is sent before that. */
  responds(node: ClusterNode): Promise<boolean>
  /** From now on it is asked as the others are. */
  add(node: ClusterNode): void
  /** It is asked after all others, or no longer so. */
  setLeft(origin: string, left: boolean): void
  /** It is asked nothing more. */
  drop(node: ClusterNode): void
  /** Asks for the list of nodes, which comes to `saw`. */
  readList(): Promise<unknown>
  /** A list that was not followed. */
  doubted(body: unknown): void
}

/** A node of the cluster that is not in the settings. */
export interface FoundNode {
  /** Host, and port unless it is 443. */
  node: string
  /** It is asked as the others are. */
  used: boolean
  /** Why it is not used. */
  problem?: string
}

/** What the list of nodes has shown. */
export interface Discovered {
  found: FoundNode[]
  /** Nodes of the settings that the list lacks: they are asked last. */
  missing: string[]
  /** Why the list is not followed, where it is not. */
  doubt?: string
}

interface Found {
  node: ClusterNode
  used: boolean
  problem?: string
  triedAt: number
  /** Since when the list lacks it. */
  leftAt?: number
}

const nameOf = (origin: string): string => new URL(origin).host

/**
 * Finds the nodes of a cluster by its own list, and nothing else: those that joined are asked as the ones
 * of the settings are, once they have shown a certificate that is trusted; those that left are asked last,
 * then forgotten. Nodes of the settings stay.
 */
export class Discovery {
  readonly #configured: readonly string[]
  readonly #stage: DiscoveryStage
  readonly #timings: DiscoveryTimings
  readonly #logger: Logger
  readonly #store: FoundNodes | undefined
  readonly #found = new Map<string, Found>()
  /** What is kept of the last list. */
  #kept: FoundList | undefined
  #keptAt = -Infinity
  #retry: NodeJS.Timeout | undefined
  #known: KnownNodes = { members: new Map(), homes: new Map() }
  #missing: { origin: string; movedTo?: string }[] = []
  #doubt: string | undefined
  #listedAt = -Infinity
  #reading = false
  /** One list after the other. */
  #work: Promise<void> = Promise.resolve()
  #closed = false

  /** @param configured origins of the settings */
  constructor(
    configured: readonly string[],
    stage: DiscoveryStage,
    logger: Logger,
    { kept, ...timings }: DiscoveryOptions = {}
  ) {
    this.#configured = configured
    this.#stage = stage
    this.#logger = logger
    this.#store = kept
    this.#timings = { ...defaultTimings, ...timings }
  }

  get state(): Discovered {
    const found = [...this.#found.values()].map(({ node, used, problem }) => ({
      node: node.name,
      used,
      ...(problem !== undefined && { problem })
    }))
    const missing = this.#missing.map(({ origin }) => nameOf(origin))
    return { found, missing, ...(this.#doubt !== undefined && { doubt: this.#doubt }) }
  }

  /** Takes up the nodes that were used before the last end; they are asked last until a list has them. */
  restore(): void {
    this.#enqueue(() => this.#restore())
  }

  /** A call went well: the time to ask for a list that has grown old, in the background. */
  look(): void {
    if (this.#reading || this.#closed) return
    if (performance.now() - this.#listedAt < this.#timings.listMs) return
    this.#reading = true
    this.#listedAt = performance.now()
    void this.#stage
      .readList()
      .catch(() => undefined)
      .finally(() => (this.#reading = false))
  }

  /** @param body what the cluster returned for `/Node` */
  saw(body: unknown): void {
    this.#listedAt = performance.now()
    this.#enqueue(() => this.#follow(body))
  }

  /** Resolves when the lists so far have been followed. */
  settled(): Promise<void> {
    return this.#work
  }

  /** Nothing is followed any more. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#retry)
  }

  #enqueue(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch((err: unknown) => {
      this.#logger.warn({ err }, 'The nodes of the cluster could not be looked for')
    })
  }

  get #hasList(): boolean {
    return this.#known.members.size > 0
  }

  async #restore(): Promise<void> {
    if (this.#store === undefined || this.#hasList || this.#closed) return
    try {
      this.#kept = await this.#store.read()
    } catch (err) {
      this.#later(() => this.#restore())
      throw err
    }
    for (const origin of this.#kept?.used ?? [])
      if (isPossibleOrigin(origin, this.#configured)) {
        const node = this.#stage.create(origin)
        const leftAt = performance.now()
        this.#found.set(origin, { node, used: false, triedAt: -Infinity, leftAt })
      }
    await this.#tryKept()
  }

  /** Tries kept nodes without a list: perhaps they alone can provide one. */
  async #tryKept(): Promise<void> {
    if (this.#hasList || this.#closed) return
    const unused = [...this.#found.values()].filter(({ used }) => !used)
    await Promise.all(unused.map((found) => this.#try(found)))
    if (!unused.every(({ used }) => used)) this.#later(() => this.#tryKept())
  }

  #later(work: () => Promise<void>): void {
    if (this.#closed) return
    this.#retry = setTimeout(() => this.#enqueue(work), this.#timings.retryMs)
    this.#retry.unref()
  }

  async #follow(body: unknown): Promise<void> {
    const listed = readNodeList(body, this.#configured)
    // A list without nodes is none.
    if (listed.length === 0 || this.#closed) return
    const configured = await Promise.all(this.#configured.map(resolved))
    const comparison = compareNodeList(configured, listed, this.#knownBefore(listed))
    if ('doubt' in comparison) {
      if (comparison.doubt !== this.#doubt)
        this.#logger.warn({}, `The cluster's list of nodes is not followed: ${comparison.doubt}`)
      this.#doubt = comparison.doubt
      this.#stage.doubted(body)
      return
    }
    this.#doubt = undefined
    this.#known = comparison
    this.#tellMissing(comparison.missing)
    for (const origin of comparison.further) this.#listFound(origin)
    await Promise.all([...this.#found].map(([origin, found]) => this.#tend(origin, found)))
    await this.#keep(comparison)
  }

  /** What was known before this list: that of before the start, unless the cluster is a new one. */
  #knownBefore(listed: readonly ListedNode[]): KnownNodes {
    const { members } = this.#kept ?? this.#known
    const isKnown = listed.some(({ uuid }) => members.has(uuid))
    return !this.#hasList && this.#kept !== undefined && isKnown ? this.#kept : this.#known
  }

  /** One that is down for the moment stays kept. */
  async #keep({ members, homes }: KnownNodes): Promise<void> {
    const isKept = ([origin, { used, leftAt }]: [string, Found]): boolean =>
      leftAt === undefined && (used || this.#kept?.used.includes(origin) === true)
    const used = [...this.#found].filter(isKept).map(([origin]) => origin)
    const list = { members, homes, used }
    const isSame = this.#kept !== undefined && formatFound(list) === formatFound(this.#kept)
    if (isSame && performance.now() - this.#keptAt < keepEveryMs) return
    await this.#store?.keep(list)
    this.#kept = list
    this.#keptAt = performance.now()
  }

  #tellMissing(missing: { origin: string; movedTo?: string }[]): void {
    const text = (all: typeof missing): string => JSON.stringify(all)
    if (text(missing) === text(this.#missing)) return
    for (const origin of this.#configured)
      this.#stage.setLeft(
        origin,
        missing.some((each) => each.origin === origin)
      )
    const before = new Set(this.#missing.map((each) => text([each])))
    this.#missing = missing
    for (const each of missing.filter((one) => !before.has(text([one])))) {
      const { origin, movedTo } = each
      const now = movedTo === undefined ? '' : `, the node is at ${nameOf(movedTo)} now`
      this.#logger.warn(
        { node: nameOf(origin), ...(movedTo !== undefined && { movedTo: nameOf(movedTo) }) },
        `${nameOf(origin)} is in SCALE_HOST, and the cluster's list of nodes lacks it${now}: it is asked ` +
          'last. Correct SCALE_HOST, or look whether the node was removed'
      )
    }
  }

  /** The list has it. */
  #listFound(origin: string): void {
    const found = this.#found.get(origin)
    if (found === undefined) {
      const node = this.#stage.create(origin)
      this.#found.set(origin, { node, used: false, triedAt: -Infinity })
    } else if (found.leftAt !== undefined) {
      delete found.leftAt
      if (found.used) this.#stage.setLeft(origin, false)
    }
  }

  async #tend(origin: string, found: Found): Promise<void> {
    const now = performance.now()
    if (![...this.#known.members.values()].includes(origin)) this.#leave(origin, found, now)
    else if (!found.used && now - found.triedAt >= this.#timings.retryMs) await this.#try(found)
  }

  #leave(origin: string, found: Found, now: number): void {
    if (found.used && found.leftAt === undefined) {
      found.leftAt = now
      this.#stage.setLeft(origin, true)
      this.#logger.info(
        { node: found.node.name },
        `The cluster no longer lists ${found.node.name}: it is tried last, then dropped`
      )
    }
    if (found.used && now - (found.leftAt ?? now) < this.#timings.graceMs) return
    this.#found.delete(origin)
    this.#stage.drop(found.node)
    if (found.used)
      this.#logger.info(
        { node: found.node.name },
        `${found.node.name} is dropped: it is no longer in the cluster's list`
      )
  }

  async #try(found: Found): Promise<void> {
    const { node } = found
    found.triedAt = performance.now()
    const problem = await this.#problemOf(node)
    if (this.#closed) return
    if (problem === undefined) {
      delete found.problem
      found.used = true
      this.#stage.add(node)
      if (found.leftAt !== undefined) this.#stage.setLeft(node.origin, true)
      this.#logger.info(
        { node: node.name },
        `Cluster node ${node.name} was found in the cluster's list: it is asked as the others are`
      )
    } else if (problem !== found.problem) {
      found.problem = problem
      this.#logger.warn(
        { node: node.name },
        `Cluster node ${node.name} is in the cluster's list and is not used: ${problem}`
      )
    }
  }

  async #problemOf(node: ClusterNode): Promise<string | undefined> {
    try {
      return (await this.#stage.responds(node)) ? undefined : 'its API does not respond'
    } catch (error) {
      if (error instanceof NodeFailure) return error.toError().message
      throw error
    }
  }
}

/** A name stands for all its addresses; one that cannot be resolved for none. */
async function resolved(origin: string): Promise<ConfiguredNode> {
  const [host, { port }] = [hostOf(origin), new URL(origin)]
  if (isIP(host) !== 0) return { origin, origins: [originOf(host, port)] }
  const addresses = await lookup(host, { all: true }).catch(() => [])
  return { origin, origins: addresses.map(({ address }) => originOf(address, port)) }
}
