import { NodeFailure } from '../transport/node-failure.ts'
import type { ClusterNode } from '../transport/cluster-node.ts'
import { quoteWords } from '../../lib/quote.ts'

/** A node did not take the credentials. */
export interface LoginRefusal {
  status: number
  /** The node's words, without the password. */
  said: string
  useOidc: boolean
}

interface Entry extends LoginRefusal {
  /** By the monotonic clock. */
  at: number
  /** How long the node is not asked again. */
  pauseMs: number
}

/** A node that took the credentials before may only have stumbled. */
const stumbleMs = 2_000

function refused(node: string, refusal: LoginRefusal, pause: string): NodeFailure {
  const { status, said, useOidc } = refusal
  return new NodeFailure({
    code: 'CLUSTER_LOGIN_REFUSED',
    node,
    reason: `refused the login with ${status}${said === '' ? '' : ` (${quoteWords(said)})`}`,
    advice: `check SCALE_USERNAME and SCALE_PASSWORD${useOidc ? ', and whether SCALE_USE_OIDC fits' : ''}${pause}`,
    mayHaveActed: false,
    repeat: 'elsewhere',
    blameless: true,
    status,
    answer: said
  })
}

/**
 * Which nodes refused the login, and for how long each is not asked again. A refusal counts for its
 * node alone. Once all have refused it is taken for the cluster's: from then on one node is asked for
 * all of them, in turn, once for each pause, so that a wrong password never locks the account, however
 * many nodes there are.
 */
export class LoginRefusals {
  readonly #count: number
  readonly #pauseMs: number
  readonly #entries = new Map<ClusterNode, Entry>()
  #everAccepted = false

  /** @param count of all nodes */
  constructor(count: number, pauseMs: number) {
    this.#count = count
    this.#pauseMs = pauseMs
  }

  /** Whether the credentials are known to be right, or to have been. */
  get everAccepted(): boolean {
    return this.#everAccepted
  }

  /** The node refused; what its caller is told. */
  note(node: ClusterNode, refusal: LoginRefusal): NodeFailure {
    const stumbled = this.#everAccepted && !this.#entries.has(node)
    const pauseMs = stumbled ? Math.min(stumbleMs, this.#pauseMs) : this.#pauseMs
    this.#entries.set(node, { ...refusal, at: performance.now(), pauseMs })
    return refused(node.name, refusal, '')
  }

  /** The node took the credentials. */
  accepted(node: ClusterNode): void {
    this.#everAccepted = true
    this.#entries.delete(node)
  }

  /**
   * Why the node is not asked now; undefined when it may be.
   * @param maxPauseMs for an operator who asks for a login, a shorter pause is enough
   */
  standing(node: ClusterNode, maxPauseMs = Infinity): NodeFailure | undefined {
    const entry = this.#entries.get(node)
    if (entry === undefined) return undefined
    const until = ({ at, pauseMs }: Entry): number => at + Math.min(pauseMs, maxPauseMs)
    const all = [...this.#entries.values()]
    const everywhere = all.length === this.#count
    const next = everywhere ? Math.max(...all.map(until)) : until(entry)
    const inTurn = !everywhere || all.every(({ at }) => entry.at <= at)
    const now = performance.now()
    if (now >= next && inTurn) return undefined
    const seconds = Math.max(1, Math.ceil((next - now) / 1000))
    return refused(node.name, entry, `; it is not asked again for ${seconds} s`)
  }
}
