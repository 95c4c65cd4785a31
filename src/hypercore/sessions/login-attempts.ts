import { abortable } from '../../lib/caller-gone.ts'
import type { BridgeError } from '../../lib/errors.ts'
import type { Logger } from '../../lib/logger.ts'
import { withTimeout } from '../../lib/with-timeout.ts'
import type { Access, AccessSettings } from '../access.ts'
import type { ClusterNode } from '../transport/cluster-node.ts'
import { NodeFailure } from '../transport/node-failure.ts'
import { msUntil, toSeconds } from '../transport/time-limits.ts'
import {
  isForgotten,
  logIn,
  type LoginRefusal,
  refusalError,
  rememberedRefusalError
} from './login.ts'

/** After a refused login, how long somebody who asks for a new session has to wait. */
const refusalMsForRenew = 5_000

/** Waits for a login that others may share, as long as `by` and the caller let it. */
export function withDeadline<T>(
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
      reason: `did not answer the login within ${toSeconds(ms)} s`,
      advice: 'check that the node is up, it may be restarting or overloaded',
      mayHaveActed: false,
      repeat: 'elsewhere'
    })
  })
}

/**
 * Logs in, and remembers a refusal: the cluster is not asked again and again with what it refused,
 * but at once with credentials that were corrected.
 */
export class LoginAttempts {
  readonly #access: Access
  readonly #logger: Logger
  #refusal: { refusal: LoginRefusal; settings: AccessSettings } | undefined

  constructor(access: Access, logger: Logger) {
    this.#access = access
    this.#logger = logger
  }

  /** The last refusal of these credentials, unless a login succeeded since. */
  get #last(): LoginRefusal | undefined {
    return this.#refusal?.settings === this.#access.settings ? this.#refusal.refusal : undefined
  }

  /** What the cluster said when it lately refused the login; undefined if it may be asked. */
  refused(): BridgeError | undefined {
    const last = this.#last
    return last === undefined || isForgotten(last) ? undefined : rememberedRefusalError(last)
  }

  /** As `refused`, however long ago it was. */
  lastRefusal(): BridgeError | undefined {
    return this.refused() ?? (this.#last && refusalError(this.#last))
  }

  /** For somebody who asks for a new session: a refusal counts for 5 s only. */
  allowRenewal(): void {
    if (this.#last !== undefined && Date.now() - this.#last.at >= refusalMsForRenew)
      this.#refusal = undefined
  }

  /**
   * Logs in to one node, and again with credentials that were corrected meanwhile.
   * @returns the session's id
   * @throws {BridgeError} CLUSTER_LOGIN_REFUSED
   */
  async logIn(node: ClusterNode): Promise<string> {
    const { settings } = this.#access
    const remembered = this.refused()
    if (remembered !== undefined) {
      if (await this.#access.hasChangedSince(settings)) return this.logIn(node)
      throw remembered
    }
    const login = await logIn(node, settings)
    if ('sessionID' in login) {
      this.#refusal = undefined
      this.#logger.info(
        { node: node.name, username: settings.username },
        'Logged in to the cluster'
      )
      return login.sessionID
    }
    this.#refusal = { refusal: login, settings }
    if (await this.#access.hasChangedSince(settings)) return this.logIn(node)
    const error = refusalError(login)
    const { username } = settings
    this.#logger.warn({ node: node.name, username, status: login.status }, error.message)
    throw error
  }
}
