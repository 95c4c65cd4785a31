import { abortable } from '../../lib/http/caller-gone.ts'
import type { Logger } from '../../lib/process/logger.ts'
import { withTimeout } from '../../lib/time/with-timeout.ts'
import type { Access, Credentials } from '../access.ts'
import type { ClusterNode } from '../transport/cluster-node.ts'
import { NodeFailure } from '../transport/node-failure.ts'
import { msUntil, toSeconds } from '../transport/time-limits.ts'
import { logIn } from './login.ts'
import { LoginRefusals } from './refusals.ts'
import type { KeptSession } from './session-keeper.ts'

/** How many times more rarely a login without a waiting caller is repeated than one for a call. */
const unaskedFactor = 10

/** Waits for a login that others may share, as long as `by` and the caller let it. */
export function withDeadline<T extends KeptSession>(
  node: ClusterNode,
  login: Promise<T>,
  by: number,
  signal?: AbortSignal
): Promise<T> {
  const ms = msUntil(by)
  return withTimeout(abortable(login, signal), ms, () => {
    throw new NodeFailure({
      code: 'CLUSTER_TIMEOUT',
      node: node.name,
      reason: `did not respond to the login within ${toSeconds(ms)} s`,
      advice: 'check that the node is up, it may be restarting or overloaded',
      mayHaveActed: false,
      repeat: 'elsewhere'
    })
  })
}

/** A session that a node gave out. */
export interface Accepted {
  sessionID: string
  /** The credentials it was issued for. */
  login: Credentials
}

/**
 * Logs in, and keeps what refusals mean: a node is not asked again and again with what it refused,
 * but at once with credentials that were corrected.
 */
export class LoginAttempts {
  readonly #access: Access
  readonly #nodes: () => number
  readonly #refusalMs: number
  readonly #logger: Logger
  /** Of the credentials that are tried now. */
  #refusals: { login: Credentials; list: LoginRefusals } | undefined

  /** @param nodes how many there are at the moment */
  constructor(access: Access, nodes: () => number, refusalMs: number, logger: Logger) {
    this.#access = access
    this.#nodes = nodes
    this.#refusalMs = refusalMs
    this.#logger = logger
  }

  /** Whether the credentials are known to be right, or to have been. */
  get everAccepted(): boolean {
    return this.#refusalsOf(this.#access.login).everAccepted
  }

  /** The node is none of them any more. */
  forget(node: ClusterNode): void {
    this.#refusals?.list.forget(node)
  }

  /** Why the node does not accept the present credentials, as far as known. */
  knownRefusal(node: ClusterNode): NodeFailure | undefined {
    return this.#refusalsOf(this.#access.login).known(node, this.#access.loginHint)
  }

  /** Whether a refused login is worth another try that no call asks for. */
  async isWorthATry(node: ClusterNode): Promise<boolean> {
    const { login } = this.#access
    const refusals = this.#refusalsOf(login)
    if (refusals.known(node, '') === undefined) return false
    if (await this.#access.hasNewLogin(login)) return true
    if (refusals.last(node, '') === undefined) return false
    return refusals.pauseMs(node, Infinity, this.#refusalMs * unaskedFactor) === 0
  }

  /**
   * Logs in to one node, again with other credentials where they were corrected meanwhile.
   * @param maxPauseMs a shorter pause is enough for a login that an operator requests
   * @throws {NodeFailure} CLUSTER_LOGIN_REFUSED among others
   */
  async logIn(node: ClusterNode, maxPauseMs?: number): Promise<Accepted> {
    for (;;) {
      const { login } = this.#access
      const refusals = this.#refusalsOf(login)
      const pauseMs = refusals.pauseMs(node, maxPauseMs)
      if (pauseMs > 0) {
        if (await this.#access.hasNewLogin(login)) continue
        throw refusals.standing(node, pauseMs, this.#access.loginHint)
      }
      const result = await logIn(node, login)
      if ('sessionID' in result) {
        refusals.accepted(node)
        const { username } = login
        this.#logger.info({ node: node.name, username }, 'Logged in to the cluster')
        return { sessionID: result.sessionID, login }
      }
      refusals.note(node, result)
      if (await this.#access.hasNewLogin(login)) continue
      throw this.#refused(node, refusals, login)
    }
  }

  #refused(node: ClusterNode, refusals: LoginRefusals, { username }: Credentials): NodeFailure {
    const failure = refusals.last(node, this.#access.loginHint)
    if (failure === undefined) throw new RangeError('No refusal was noted')
    const { code, status, reason } = failure.facts
    const { advice } = failure
    this.#logger.warn(
      { node: node.name, username, status, code, reason, advice },
      failure.toError().message
    )
    return failure
  }

  #refusalsOf(login: Credentials): LoginRefusals {
    if (this.#refusals?.login !== login)
      this.#refusals = { login, list: new LoginRefusals(this.#nodes, this.#refusalMs) }
    return this.#refusals.list
  }
}
