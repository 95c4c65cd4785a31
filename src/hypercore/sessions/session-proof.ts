import type { ClusterNode } from '../transport/cluster-node.ts'
import type { RawResponse } from '../transport/exchange.ts'
import { mayMeanNoSession, saysTheSame } from '../transport/response.ts'
import type { KeptSession } from './session-keeper.ts'

/** A session that is proved to be dead. */
export interface DeadSession {
  /** What the node returns to those who come with it. */
  refusal: RawResponse
  /** The session that took its place, and works. */
  renewed: KeptSession
}

const pingMs = 5_000
/** A node that refuses new sessions, too, has other troubles: it is not logged in to again so soon. */
const helplessMs = 60_000

/**
 * Finds out what a JSON 503 means: in the document it is how a node says "no session" (FACTS 2.3, X),
 * but a node in trouble, or what stands before it, may respond so whatever the session.
 *
 * A session is dead when the node refuses it, takes a new one, and then still refuses the old one in
 * the same words. Who got a 503 in other words met something else.
 */
export class SessionProof {
  readonly #replace: (node: ClusterNode, dead: KeptSession) => Promise<KeptSession>
  /** By the id of the session in doubt: all who met the same share one proof. */
  readonly #underWay = new Map<string, Promise<DeadSession | undefined>>()
  /** When a new session did not help, by the monotonic clock. */
  readonly #helpless = new Map<ClusterNode, number>()

  /** @param replace logs in for a session that has ended, unless that was done already */
  constructor(replace: (node: ClusterNode, dead: KeptSession) => Promise<KeptSession>) {
    this.#replace = replace
  }

  /** The proof that a session is dead; undefined where there is none. Never throws. */
  confirmDead(node: ClusterNode, session: KeptSession): Promise<DeadSession | undefined> {
    const running = this.#underWay.get(session.id)
    if (running !== undefined) return running
    const proof = this.#prove(node, session)
      .catch(() => undefined)
      .finally(() => this.#underWay.delete(session.id))
    this.#underWay.set(session.id, proof)
    return proof
  }

  async #prove(node: ClusterNode, session: KeptSession): Promise<DeadSession | undefined> {
    if (performance.now() - (this.#helpless.get(node) ?? -Infinity) < helplessMs) return undefined
    const refusal = await ping(node, session)
    if (!mayMeanNoSession(refusal)) return undefined
    const renewed = await this.#replace(node, session)
    const accepted = await ping(node, renewed)
    if (accepted.status < 200 || accepted.status >= 300) {
      this.#helpless.set(node, performance.now())
      return undefined
    }
    this.#helpless.delete(node)
    const again = await ping(node, session)
    return saysTheSame(refusal, again) ? { refusal, renewed } : undefined
  }
}

function ping(node: ClusterNode, session: KeptSession): Promise<RawResponse> {
  return node.send({
    method: 'GET',
    target: '/ping',
    sessionID: session.id,
    timeoutMs: pingMs
  })
}
