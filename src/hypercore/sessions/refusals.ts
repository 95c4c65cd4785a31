import { NodeFailure } from '../transport/node-failure.ts'
import type { ClusterNode } from '../transport/cluster-node.ts'
import { quoteWords } from '../../lib/text/quote.ts'

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

function refused(node: string, { status, said, useOidc }: LoginRefusal, then: string): NodeFailure {
  return new NodeFailure({
    code: 'CLUSTER_LOGIN_REFUSED',
    node,
    reason: `refused the login with ${status}${said === '' ? '' : ` (${quoteWords(said)})`}`,
    advice: `check SCALE_USERNAME and SCALE_PASSWORD${useOidc ? ', and whether SCALE_USE_OIDC fits' : ''}${then}`,
    mayHaveActed: false,
    repeat: 'elsewhere',
    blameless: true,
    status,
    answer: said
  })
}

/**
 * Which nodes refused certain credentials, and for how long each is not asked again. A refusal counts
 * for its node alone. Once all have refused it is taken for the cluster's: from then on one node is asked for
 * all of them, in turn, once for each pause, so that a wrong password never locks the account, however
 * many nodes there are.
 */
export class LoginRefusals {
  readonly #count: () => number
  readonly #pauseMs: number
  readonly #entries = new Map<ClusterNode, Entry>()
  #everAccepted = false

  /** @param count of all nodes at the moment */
  constructor(count: () => number, pauseMs: number) {
    this.#count = count
    this.#pauseMs = pauseMs
  }

  /** Whether the credentials are known to be right, or to have been. */
  get everAccepted(): boolean {
    return this.#everAccepted
  }

  /** The node refused. */
  note(node: ClusterNode, refusal: LoginRefusal): void {
    const stumbled = this.#everAccepted && !this.#entries.has(node)
    const pauseMs = stumbled ? Math.min(stumbleMs, this.#pauseMs) : this.#pauseMs
    this.#entries.set(node, { ...refusal, at: performance.now(), pauseMs })
  }

  /** The node took the credentials. */
  accepted(node: ClusterNode): void {
    this.#everAccepted = true
    this.#entries.delete(node)
  }

  /** The node is none of them any more. */
  forget(node: ClusterNode): void {
    this.#entries.delete(node)
  }

  /**
   * What the node refused with last, however long ago; undefined if it did not, or accepted since.
   * @param hint how a correction reaches the bridge, as a clause
   */
  last(node: ClusterNode, hint: string): NodeFailure | undefined {
    const entry = this.#entries.get(node)
    return entry && refused(node.name, entry, hint)
  }

  /**
   * The same for a caller that only looks: credentials that no node ever accepted are taken for
   * wrong everywhere once one has refused them.
   */
  known(node: ClusterNode, hint: string): NodeFailure | undefined {
    const own = this.last(node, hint)
    const [other] = this.#everAccepted ? [] : this.#entries.keys()
    return own ?? (other && this.last(other, hint))
  }

  /** As `last`, for a caller that comes too early by this many ms. */
  standing(node: ClusterNode, ms: number, hint: string): NodeFailure {
    const entry = this.#entries.get(node)
    if (entry === undefined) throw new RangeError('The node refused nothing')
    const seconds = Math.max(1, Math.ceil(ms / 1000))
    return refused(node.name, entry, `; it is not asked again for ${seconds} s${hint}`)
  }

  /**
   * ms until the node may be asked again, 0 if it may.
   * @param maxMs a shorter pause is enough for a login that an operator requests
   * @param minMs a longer one is right for a login that no caller requested
   */
  pauseMs(node: ClusterNode, maxMs = Infinity, minMs = 0): number {
    const entry = this.#entries.get(node)
    if (entry === undefined) return 0
    const until = ({ at, pauseMs }: Entry): number => at + Math.max(minMs, Math.min(pauseMs, maxMs))
    const all = [...this.#entries.values()]
    const everywhere = all.length === this.#count()
    const next = everywhere ? Math.max(...all.map(until)) : until(entry)
    const inTurn = !everywhere || all.every(({ at }) => entry.at <= at)
    const now = performance.now()
    return now >= next && inTurn ? 0 : Math.max(1, next - now)
  }
}
