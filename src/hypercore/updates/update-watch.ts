import { unixMs } from '../../lib/time/unix-time.ts'
import { withTimeout } from '../../lib/time/with-timeout.ts'
import type { Cluster, Node } from '../records/records.ts'
import type { ClusterNode } from '../transport/cluster-node.ts'
import { NodeFailure } from '../transport/node-failure.ts'
import { toSeconds } from '../transport/time-limits.ts'
import { readUpdateFile, type UpdateFile } from './update-file.ts'
import { combineFiles, isRunning, type NodeUpdate, type UpdateState } from './update-state.ts'

/** Pauses and time limits in looking at updates, in ms. */
export interface UpdateTimings {
  /** What the nodes said is returned so long. */
  freshMs: number
  /** The same while an update runs, and who waits for its end looks often. */
  runningFreshMs: number
  /** Max wait for a node. */
  nodeMs: number
  /** Max wait for the others once a node has responded. */
  othersMs: number
  /** Where no node responds, an update that ran is taken to run on so long: a node is away up to 10 min (FACTS 24, high). */
  silenceMs: number
  /** After an update was begun here, until the file has to show it (FACTS 17: up to 2 min, O). */
  beginMs: number
}

const defaultTimings: UpdateTimings = {
  freshMs: 5_000,
  runningFreshMs: 1_000,
  nodeMs: 2_000,
  othersMs: 400,
  silenceMs: 30 * 60_000,
  beginMs: 2 * 60_000
}

/** Names for what the file has as builds and backplane addresses. */
export interface ClusterNames {
  cluster: Pick<Cluster, 'icosVersion'> | undefined
  nodes: readonly Pick<Node, 'lanIP' | 'backplaneIP' | 'peerID'>[]
  /** The versions on offer. */
  offered: readonly string[]
}

/** What a node said last. */
interface Said {
  at: number
  file: UpdateFile | undefined
  error?: string
}

/** One look at all nodes. */
interface Look {
  at: number
  /** When there is enough to go by. */
  early: Promise<void>
  /** When each node has responded, or was given up. */
  whole: Promise<void>
}

/** What is known of an update before its parts have their names. */
type Known = UpdateFile & Pick<UpdateState, 'seenAt' | 'silentMs'>

const target = '/update/update_status.json'

const newest = (files: readonly (UpdateFile | undefined)[]): UpdateFile[] =>
  files.filter((file) => file !== undefined)

/**
 * Watches the updates of a cluster by the file each node serves beside the API, without a session
 * (FACTS 17: O, S; 24: high). Looks only when it is asked, at all nodes at once, at most once in
 * `freshMs`; several who ask share a look. Never throws.
 */
export class UpdateWatch {
  readonly #nodes: () => readonly ClusterNode[]
  readonly #readNames: (signal: AbortSignal) => Promise<ClusterNames>
  readonly #timings: UpdateTimings
  readonly #said = new Map<ClusterNode, Said>()
  #look: Look | undefined
  /** The last update that ran, and when a node said so. */
  #ran: { file: UpdateFile; seenAt: number; heardAt: number } | undefined
  /** The update that was begun through this bridge and is not in the files yet. */
  #begun: { version: string; at: number; seenAt: number } | undefined
  #names: ClusterNames | undefined
  #learning: Promise<void> | undefined

  /** @param readNames called while an update runs, until it has succeeded once */
  constructor(
    nodes: () => readonly ClusterNode[],
    readNames: (signal: AbortSignal) => Promise<ClusterNames>,
    timings: Partial<UpdateTimings> = {}
  ) {
    this.#nodes = nodes
    this.#readNames = readNames
    this.#timings = { ...defaultTimings, ...timings }
  }

  /**
   * How far an update is, as of some seconds ago at most. Nodes that do not respond at once are waited
   * for a moment only.
   * @param whole waits for each node to respond or to be given up
   * @param maxWaitMs what is known by then will do
   */
  async look(options: { whole?: boolean; maxWaitMs?: number } = {}): Promise<UpdateState> {
    const { whole = false, maxWaitMs } = options
    this.#look = this.#isFresh() ? (this.#look ?? this.#start()) : this.#start()
    const look = this.#look
    const found = this.#find(look, whole ? look.whole : look.early)
    if (maxWaitMs === undefined) return found
    return withTimeout(found, maxWaitMs, () => this.#conclude(look))
  }

  async #find(look: Look, answered: Promise<void>): Promise<UpdateState> {
    await answered
    const state = this.#conclude(look)
    if (!state.running || state.silentMs !== undefined || this.#names !== undefined) return state
    this.#learning ??= this.#learnNames().finally(() => (this.#learning = undefined))
    await this.#learning
    return this.#conclude(look)
  }

  /** An update was accepted by the cluster; its file is silent of it for a while yet. */
  begin(version: string): void {
    this.#begun = { version, at: performance.now(), seenAt: unixMs() }
  }

  #isFresh(): boolean {
    const { freshMs, runningFreshMs } = this.#timings
    const ms = this.#ran === undefined && this.#begun === undefined ? freshMs : runningFreshMs
    return this.#look !== undefined && performance.now() - this.#look.at < ms
  }

  #start(): Look {
    const at = performance.now()
    const asked = this.#nodes().map((node) => this.#ask(node))
    const whole = Promise.all(asked).then(() => undefined)
    const answered = asked.map(async (said) => {
      if ((await said).file === undefined) throw new Error('No response')
    })
    const early = Promise.any(answered).then(
      () => withTimeout(whole, this.#timings.othersMs, () => undefined),
      () => undefined
    )
    return { at, early, whole }
  }

  async #ask(node: ClusterNode): Promise<Said> {
    const said = await this.#read(node).catch((error: unknown) => ({
      file: undefined,
      error: this.#reasonOf(error)
    }))
    const now = { at: performance.now(), ...said }
    this.#said.set(node, now)
    return now
  }

  /** Its limits are shorter than those of a connection: what it was that took long is not known. */
  #reasonOf(error: unknown): string {
    const late = `did not respond within ${toSeconds(this.#timings.nodeMs)} s`
    if (!(error instanceof NodeFailure) || error.facts.code === 'CLUSTER_TIMEOUT') return late
    return error.facts.reason
  }

  async #read(node: ClusterNode): Promise<Omit<Said, 'at'>> {
    const timeoutMs = this.#timings.nodeMs
    const { status, text } = await node.send({
      method: 'GET',
      target,
      outsideApi: true,
      timeoutMs
    })
    // Before its first update a cluster has no file (FACTS 17, O).
    if (status === 404) return { file: { phase: 'NONE' } }
    const file = status === 200 ? readUpdateFile(text) : undefined
    if (file !== undefined) return { file }
    const error = status === 200 ? 'returned no update status' : `returned ${status}`
    return { file: undefined, error }
  }

  /** What is known by now of what a look was to find. */
  #conclude(look: Look): UpdateState {
    const said = this.#nodes().map((node) => ({ node, said: this.#said.get(node) }))
    const now = said.map(({ said }) =>
      said !== undefined && said.at >= look.at ? said : undefined
    )
    const nodes = said.map(({ node }, at): NodeUpdate => {
      const { file, error } = now[at] ?? { file: undefined, error: 'did not respond in time' }
      return { node: node.name, ...(file ?? { phase: 'UNKNOWN', error: error ?? '' }) }
    })
    return {
      ...this.#named(this.#current(combineFiles(newest(now.map((each) => each?.file))))),
      nodes
    }
  }

  /** The update as the nodes have it, or as it must be where they do not say. */
  #current(file: UpdateFile | undefined): Known {
    const now = performance.now()
    if (file !== undefined && isRunning(file.phase)) {
      const seenAt = this.#ran?.seenAt ?? this.#begun?.seenAt ?? unixMs()
      this.#begun = undefined
      this.#ran = { file, seenAt, heardAt: now }
      return { ...file, seenAt }
    }
    const begun = this.#begun
    const isThis = begun !== undefined && file?.toVersion === begun.version
    if (isThis || (begun !== undefined && now - begun.at > this.#timings.beginMs))
      this.#begun = undefined
    if (this.#begun !== undefined) {
      const { version: toVersion, seenAt } = this.#begun
      return { phase: 'PREPARING', step: 'BEGIN', toVersion, seenAt }
    }
    const ran = this.#ran
    if (file === undefined && ran !== undefined) {
      const silentMs = now - ran.heardAt
      if (silentMs < this.#timings.silenceMs) return { ...ran.file, seenAt: ran.seenAt, silentMs }
    }
    this.#ran = undefined
    this.#names = undefined
    return file ?? { phase: 'UNKNOWN' }
  }

  #named({ backplaneIP, ...file }: Known): Omit<UpdateState, 'nodes'> {
    const { cluster, nodes = [], offered = [] } = this.#names ?? {}
    const running = isRunning(file.phase)
    const node = nodes.find((each) => each.backplaneIP === backplaneIP)
    const at = node?.lanIP ?? backplaneIP
    const version = cluster?.icosVersion
    // While it prepares itself, all of the cluster has the old version; later each node its own.
    const isOld = file.fromBuild === undefined || version?.endsWith(`.${file.fromBuild}`) === true
    const [only, ...others] = offered
    const toVersion = file.toVersion ?? (running && others.length === 0 ? only : undefined)
    return {
      ...file,
      running,
      ...(running && at !== undefined && { at }),
      ...(running && node !== undefined && { atPeer: node.peerID }),
      ...(version !== undefined && isOld && { fromVersion: version }),
      ...(toVersion !== undefined && { toVersion })
    }
  }

  async #learnNames(): Promise<void> {
    const { nodeMs } = this.#timings
    try {
      this.#names = await this.#readNames(AbortSignal.timeout(nodeMs))
    } catch {
      // The addresses and builds of the file will do; the next look tries again.
    }
  }
}
