import type { Logger } from '../../lib/process/logger.ts'
import type { ClusterNode } from '../transport/cluster-node.ts'
import { NodeFailure } from '../transport/node-failure.ts'
import { mayMeanNoSession } from '../transport/response.ts'
import type { KeptSession } from './session-keeper.ts'

/** How long a node may take to respond about a session. */
export const checkMs = 10_000

/** What a node in trouble says of a session may be right a moment later. */
const doubtMs = 2_000

/** A logout that fails is tried again after this many ms, then no more: the cluster ends the session in its time. */
const retriesMs: readonly number[] = [2_000, 10_000, 60_000]

const succeeded = ({ status }: { status: number }): boolean => status >= 200 && status < 300

/** What keeps a session from being used; undefined where nothing does. Does not renew it. */
export async function problemOf(
  node: ClusterNode,
  { id }: KeptSession,
  signal?: AbortSignal
): Promise<string | undefined> {
  try {
    const ping = { method: 'GET', target: '/ping', sessionID: id, signal } as const
    const response = await node.send({ ...ping, timeoutMs: checkMs })
    if (mayMeanNoSession(response)) return 'the cluster has ended it'
    if (succeeded(response)) return undefined
    return `could not be checked: the node returned ${response.status}`
  } catch (error) {
    if (!(error instanceof NodeFailure)) throw error
    return `could not be checked: the node ${error.facts.reason}`
  }
}

/** Ends sessions at the cluster that the bridge no longer uses, so that they do not count there. */
export class Logouts {
  readonly #logger: Logger
  readonly #underWay = new Set<Promise<unknown>>()
  /** What is to be done a little later, and its timer. */
  readonly #later = new Map<() => void, NodeJS.Timeout>()

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** Logs out in the background. */
  end(node: ClusterNode, session: KeptSession): void {
    this.#track(this.#end(node, session))
  }

  /** The same for a session that a node called dead: it is asked a little later whether that was so. */
  endIfAlive(node: ClusterNode, session: KeptSession): void {
    this.#after(doubtMs, () => this.#endIfAlive(node, session))
  }

  /** Resolves when nothing is under way; what waits for its time is done at once. */
  async settled(): Promise<void> {
    for (const start of this.#later.keys()) start()
    await Promise.allSettled(this.#underWay)
  }

  /** Returns why the cluster may still hold the session; undefined when it does not. */
  async logout(
    node: ClusterNode,
    session: KeptSession,
    timeoutMs: number,
    signal?: AbortSignal
  ): Promise<string | undefined> {
    try {
      const response = await node.send({
        method: 'POST',
        target: '/logout',
        sessionID: session.id,
        timeoutMs,
        signal
      })
      if (succeeded(response)) this.#logger.info({ node: node.name }, 'Logged out of the cluster')
      if (succeeded(response) || mayMeanNoSession(response)) return undefined
      return `forgotten, but the node returned ${response.status} to the logout`
    } catch (error) {
      if (!(error instanceof NodeFailure)) throw error
      return `forgotten, but not logged out: the node ${error.facts.reason}`
    }
  }

  async #endIfAlive(node: ClusterNode, session: KeptSession): Promise<void> {
    const request = { method: 'GET', target: '/ping', sessionID: session.id } as const
    const response = await node.send({ ...request, timeoutMs: checkMs }).catch(() => undefined)
    const isDead = response !== undefined && mayMeanNoSession(response)
    if (!isDead) await this.#end(node, session)
  }

  /** Nothing else will: once it is forgotten here, the session counts at the cluster. */
  async #end(node: ClusterNode, session: KeptSession, tries = 0): Promise<void> {
    const left = await this.logout(node, session, checkMs)
    if (left === undefined) return
    const pauseMs = retriesMs[tries]
    if (pauseMs === undefined)
      this.#logger.info({ node: node.name }, `A session may be left at the cluster: ${left}`)
    else this.#after(pauseMs, () => this.#end(node, session, tries + 1))
  }

  #after(ms: number, work: () => Promise<void>): void {
    const start = (): void => {
      clearTimeout(this.#later.get(start))
      this.#later.delete(start)
      this.#track(work())
    }
    this.#later.set(start, setTimeout(start, ms).unref())
  }

  #track(work: Promise<unknown>): void {
    const tracked = work.finally(() => this.#underWay.delete(tracked))
    this.#underWay.add(tracked)
  }
}
