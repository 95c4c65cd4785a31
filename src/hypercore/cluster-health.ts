import { BridgeError, type ErrorCode } from '../lib/errors/errors.ts'
import type { Sessions } from './sessions/sessions.ts'
import type { ClusterNode } from './transport/cluster-node.ts'
import { byWeight, failedEverywhere, NodeFailure, worstOf } from './transport/node-failure.ts'
import type { NodePool } from './transport/node-pool.ts'
import { isFromFrontServer, mayMeanNoSession, parseResponse } from './transport/response.ts'
import type { TimeLimits } from './transport/time-limits.ts'

/** Whether one node responds. */
export interface NodeProbe {
  node: string
  ok: boolean
  error?: BridgeError
  latencyMs: number
}

/** What says most about a cluster of which no node responds. */
export const worstProbe = (probes: readonly NodeProbe[]): BridgeError | undefined =>
  byWeight(
    probes.flatMap(({ error }) => error ?? []),
    ({ code }) => code
  )[0]

/** What is wrong with the cluster, or with a part of it. */
export interface ClusterProblem {
  /** Nothing can be done at the cluster while it lasts. */
  isTotal: boolean
  code: ErrorCode
  node: string
  /** What the node did, to stand after its name. */
  reason: string
  /** What to do about it, as a clause. */
  advice: string
  /** All of it, of all nodes. */
  message: string
}

const probeMs = 5_000

/** Finds out which nodes respond, and what is wrong with those that do not. */
export class ClusterHealth {
  readonly #pool: NodePool
  readonly #sessions: Sessions
  readonly #limits: TimeLimits

  constructor(pool: NodePool, sessions: Sessions, limits: TimeLimits) {
    this.#pool = pool
    this.#sessions = sessions
    this.#limits = limits
  }

  /**
   * Probes every node, all at once, in order of preference, and without logging in: a node that
   * requires a session first is alive. Not ok without a session while the node refuses our login; that
   * is tried again now and then, and as soon as the credentials are corrected.
   */
  async probe(signal?: AbortSignal): Promise<NodeProbe[]> {
    return Promise.all(this.#pool.all.map((node) => this.#probe(node, signal)))
  }

  /** What is wrong, once a login was tried where a session is missing; undefined if all is well. */
  async findProblem(): Promise<ClusterProblem | undefined> {
    const nodes = this.#pool.all
    const found = await Promise.all(nodes.map((node) => this.#problemOf(node)))
    const failures = found.filter((error) => error instanceof NodeFailure)
    const alive = nodes.find((_node, at) => found[at] === undefined)
    if (alive !== undefined)
      try {
        await this.#sessions.ensure(alive, performance.now() + this.#limits.firstByteMs)
      } catch (error) {
        if (!(error instanceof NodeFailure)) throw error
        failures.push(error)
      }
    const worst = worstOf(failures)
    if (worst === undefined) return undefined
    const { code, node, reason } = worst.facts
    const { advice } = worst
    const { message } = failedEverywhere(failures)
    return { isTotal: failures.length >= nodes.length, code, node, reason, advice, message }
  }

  async #probe(node: ClusterNode, signal?: AbortSignal): Promise<NodeProbe> {
    const startedAt = performance.now()
    const problem = await this.#problemOf(node, signal)
    const error = problem instanceof NodeFailure ? problem.toError() : problem
    return {
      node: node.name,
      ok: error === undefined,
      ...(error === undefined ? {} : { error }),
      latencyMs: Math.round(performance.now() - startedAt)
    }
  }

  async #problemOf(
    node: ClusterNode,
    signal?: AbortSignal
  ): Promise<NodeFailure | BridgeError | undefined> {
    try {
      const session = await this.#sessions.peek(node)
      const raw = await node.send({
        method: 'GET',
        target: '/ping',
        sessionID: session?.id,
        timeoutMs: probeMs,
        signal
      })
      const asked = { method: 'GET', path: '/ping', node: node.name, reads: true }
      const lacksSession = !isFromFrontServer(raw) && mayMeanNoSession(raw)
      if (!lacksSession) parseResponse(asked, raw)
      this.#pool.markAlive(node)
      return lacksSession || session === undefined ? await this.#sessions.refused(node) : undefined
    } catch (error) {
      if (error instanceof NodeFailure) return error
      if (error instanceof BridgeError && error.code !== 'CALLER_GONE') return error
      throw error
    }
  }
}
