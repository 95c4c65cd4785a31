import { shuttingDown } from '../requests/shutting-down.ts'
import { isFromFrontServer, mayMeanNoSession } from '../transport/response.ts'
import type { Access, Credentials } from '../access.ts'
import type { ClusterNode } from '../transport/cluster-node.ts'
import type { Logger } from '../../lib/process/logger.ts'
import { LoginAttempts, withDeadline } from './login-attempts.ts'
import { checkMs, Logouts, problemOf } from './logouts.ts'
import { failedEverywhere, NodeFailure } from '../transport/node-failure.ts'
import type { NodePool } from '../transport/node-pool.ts'
import type { KeptSession, SessionKeeper } from './session-keeper.ts'
import {
  ageMs,
  type HeldSession,
  sessionInfo,
  type SessionInfo,
  type SessionSettings,
  storedAgeMs
} from './session-info.ts'
import { type DeadSession, SessionProof } from './session-proof.ts'
import { TimeBudget } from '../transport/time-limits.ts'
import { withTimeout } from '../../lib/time/with-timeout.ts'

/** After a refused login, how long an operator has to wait before asking again. */
const refusalMsForRenew = 5_000
/** A bridge that ends waits no longer for a node or a disk that hangs. */
const [lastLogoutMs, lastWriteMs, clockSkewMs, livenessMs] = [2_000, 2_000, 60_000, 5_000]

const forFile = ({ id, createdAt }: KeptSession): KeptSession => ({ id, createdAt })
/**
 * The cluster's sessions: one for each node in use (whether one node honours another's is unknown,
 * FACTS 21, X), shared by the whole process and kept in a file between starts.
 *
 * However many calls need one, one login runs for a node; callers that go away leave it to the others.
 */
export class Sessions {
  readonly #order: NodePool
  readonly #settings: SessionSettings
  readonly #keeper: SessionKeeper
  readonly #logger: Logger
  readonly #kept = new Map<ClusterNode, HeldSession>()
  readonly #logins = new Map<ClusterNode, Promise<HeldSession>>()
  readonly #logouts: Logouts
  readonly #access: Access
  readonly #attempts: LoginAttempts
  readonly #proof = new SessionProof((node, dead) => this.#replace(node, dead))
  /** Whose sessions are kept. */
  #login: Credentials
  #loaded: Promise<void> | undefined
  #closed = false

  constructor(
    order: NodePool,
    access: Access,
    settings: SessionSettings,
    keeper: SessionKeeper,
    logger: Logger
  ) {
    this.#order = order
    this.#settings = settings
    this.#keeper = keeper
    this.#logger = logger
    this.#logouts = new Logouts(logger)
    this.#access = access
    this.#login = access.login
    const { refusalMs } = settings.limits
    this.#attempts = new LoginAttempts(access, () => order.all.length, refusalMs, logger)
  }

  /** How many are kept. */
  get count(): number {
    return this.#kept.size
  }

  /**
   * Logs in again on the preferred reachable node, replacing what was kept for it. After a refusal
   * a node is asked again at most every 5 s. Credentials that were never accepted are tried on one
   * node only: a password is tried once, and the result returned.
   */
  async renew(signal?: AbortSignal): Promise<SessionInfo> {
    const failures: NodeFailure[] = []
    const budget = new TimeBudget(this.#settings.limits)
    const candidates = this.#order.candidates('read')
    for (const [at, node] of candidates.entries()) {
      if (budget.over) break
      try {
        const by = performance.now() + budget.shareMs(candidates.length - at)
        const login = this.#logIn(node, refusalMsForRenew)
        const session = await withDeadline(node, login, by, signal)
        const { username } = session.login
        this.#logger.info({ node: node.name, username }, 'Cluster session renewed')
        return this.#info(node, session, true)
      } catch (error) {
        if (!(error instanceof NodeFailure)) throw error
        this.#order.markDead(node, error.beforeRequest(), 'read')
        failures.push(error)
        const isRefusal = error.facts.code === 'CLUSTER_LOGIN_REFUSED'
        if (isRefusal && !this.#attempts.everAccepted) break
      }
    }
    throw failedEverywhere(failures)
  }

  /** What is kept, each checked against its node without renewing it. */
  async describe(signal?: AbortSignal): Promise<SessionInfo[]> {
    await this.#load()
    const checks = [...this.#kept].map(async ([node, session]) => {
      const note = await problemOf(node, session, signal)
      return this.#info(node, session, note === undefined, note)
    })
    return Promise.all(checks)
  }

  /** Logs out everywhere and forgets; returns what was closed. The next call logs in again. */
  async kill(signal?: AbortSignal): Promise<SessionInfo[]> {
    const ended = await this.#forgetAll()
    await this.#keeper.change((sessions) => sessions.clear())
    return Promise.all(
      ended.map(async ([node, session]) => {
        const note = await this.#logouts.logout(node, session, checkMs, signal)
        return this.#info(node, session, false, note)
      })
    )
  }

  /**
   * The session for calls to a node; logs in if there is none or it is too old. Waits for the login
   * until `by` (`performance.now()`), then throws `NodeFailure`; the login continues for later calls.
   */
  async ensure(node: ClusterNode, by: number, signal?: AbortSignal): Promise<KeptSession> {
    const session = this.#kept.get(node)
    if (session !== undefined && !this.#isOld(session)) return session
    return withDeadline(node, this.#obtain(node), by, signal)
  }

  /**
   * The session to use after the cluster refused `dead` with a 401. If it has been replaced meanwhile
   * that is the new one; otherwise all who met the refusal share one login. Waits as `ensure` does.
   */
  async replace(
    node: ClusterNode,
    dead: KeptSession,
    by: number,
    signal?: AbortSignal
  ): Promise<KeptSession> {
    return withDeadline(node, this.#replace(node, dead), by, signal)
  }

  /** The proof that a JSON 503 was about the session; undefined where it was not, or may not be. */
  confirmDead(node: ClusterNode, session: KeptSession): Promise<DeadSession | undefined> {
    return withTimeout(this.#proof.confirmDead(node, session), checkMs, () => undefined)
  }

  /**
   * Whether a node's API works, as far as that shows without a login: if it requires a session
   * first, it does. A node that refuses the session at hand with a 503 is put to the proof.
   */
  async serves(node: ClusterNode): Promise<boolean> {
    const session = this.#kept.get(node)
    const response = await node.send({
      method: 'GET',
      target: '/ping',
      timeoutMs: livenessMs,
      ...(session && { sessionID: session.id })
    })
    if (isFromFrontServer(response)) return false
    if (!mayMeanNoSession(response)) return response.status < 500
    if (response.status === 401 || session === undefined) return true
    return (await this.confirmDead(node, session)) !== undefined
  }

  /** The session kept for a node, if any, without logging in. */
  async peek(node: ClusterNode): Promise<KeptSession | undefined> {
    await this.#load()
    return this.#kept.get(node)
  }

  /**
   * Why no login to a node is possible, as far as logins were tried; undefined if they were not, or
   * succeeded. Tries again now and then, and at once with credentials that were corrected.
   */
  async refused(node: ClusterNode): Promise<NodeFailure | undefined> {
    if (!this.#closed && (await this.#attempts.isWorthATry(node))) {
      const by = performance.now() + livenessMs
      await withDeadline(node, this.#logIn(node), by).catch(() => undefined)
    }
    return this.#attempts.knownRefusal(node)
  }

  /** Ends the sessions if `logout` says so, or those that would be lost; waits for what is under way. */
  async close(logout: boolean | undefined): Promise<void> {
    this.#closed = true
    await withTimeout<unknown>(this.#underWay(), lastLogoutMs, () => undefined)
    const responsive = await this.#keeper.settled(lastWriteMs)
    await withTimeout(this.#load(), lastLogoutMs, () => undefined)
    const ended = await this.#endedByClose(logout)
    if (ended.length > 0) {
      void this.#keeper.change((sessions) => {
        for (const [{ origin }, { id }] of ended)
          if (sessions.get(origin)?.id === id) sessions.delete(origin)
      })
      await Promise.all([
        ...ended.map(([node, session]) => this.#logouts.logout(node, session, lastLogoutMs)),
        responsive && this.#keeper.settled(lastWriteMs)
      ])
    }
    await withTimeout(this.#logouts.settled(), lastLogoutMs, () => undefined)
  }

  /** The sessions that no start after this one will find. */
  async #endedByClose(logout: boolean | undefined): Promise<[ClusterNode, HeldSession][]> {
    if (logout === false) return []
    const all = this.#takeKept()
    if (logout === true) return all
    const ours = new Map(all.map(([{ origin }, session]) => [origin, forFile(session)]))
    const lost = await this.#keeper.notKept(ours, lastWriteMs)
    return all.filter(([{ origin }]) => lost.has(origin))
  }

  /** The node is asked nothing more: its session is logged out as far as it still responds. */
  drop(node: ClusterNode): void {
    this.#attempts.forget(node)
    const session = this.#kept.get(node)
    if (!this.#kept.delete(node) || session === undefined) return
    this.#logouts.end(node, session)
    void this.#keeper.change((sessions) => sessions.delete(node.origin))
  }

  async #forgetAll(): Promise<[ClusterNode, HeldSession][]> {
    await this.#load()
    await this.#underWay()
    return this.#takeKept()
  }

  #underWay(): Promise<unknown> {
    return Promise.allSettled([...this.#logins.values(), this.#logouts.settled()])
  }

  #takeKept(): [ClusterNode, HeldSession][] {
    const ended = [...this.#kept]
    this.#kept.clear()
    return ended
  }

  async #obtain(node: ClusterNode): Promise<KeptSession> {
    await this.#load()
    const session = this.#kept.get(node)
    if (session !== undefined && !this.#isOld(session)) return session
    return this.#logIn(node)
  }

  /** Takes over the sessions of the last start, once. They are tried, not checked. */
  #load(): Promise<void> {
    this.#loaded ??= this.#takeOver()
    return this.#loaded
  }

  async #takeOver(): Promise<void> {
    const sessions = await this.#keeper.read()
    for (const node of this.#order.all) {
      const session = sessions.get(node.origin)
      if (session === undefined) continue
      if (this.#isStillGood(session)) this.#kept.set(node, this.#held(session))
    }
  }

  /** Of a session that was kept somewhere: one from the future was kept by another clock. */
  #isStillGood(session: KeptSession): boolean {
    return storedAgeMs(session) >= -clockSkewMs && !this.#isOld(this.#held(session))
  }

  #held(session: KeptSession): HeldSession {
    return { ...session, bornAt: performance.now() - storedAgeMs(session), login: this.#login }
  }

  async #replace(node: ClusterNode, dead: KeptSession): Promise<KeptSession> {
    const session = this.#kept.get(node)
    if (session !== undefined && session.id !== dead.id) return session
    if (session === undefined) return this.#logIn(node)
    this.#kept.delete(node)
    this.#logger.info({ node: node.name }, 'The cluster has ended the session, logging in again')
    try {
      return await this.#logIn(node, undefined, session)
    } finally {
      // The node may have been mistaken, and still count it.
      this.#logouts.endIfAlive(node, session)
    }
  }

  /** The login under way for a node, or a new one. */
  #logIn(node: ClusterNode, refusalMs?: number, dead?: KeptSession): Promise<HeldSession> {
    const running = this.#logins.get(node)
    if (running !== undefined) return running
    const login = this.#startLogin(node, refusalMs, dead).finally(() => this.#logins.delete(node))
    // All callers that wait for it may have left when it fails.
    login.catch(() => {})
    this.#logins.set(node, login)
    return login
  }

  async #startLogin(
    node: ClusterNode,
    refusalMs?: number,
    dead?: KeptSession
  ): Promise<HeldSession> {
    await this.#load()
    if (this.#closed) throw shuttingDown()
    // That of another bridge will do, unless an operator asks for a login.
    const isUsable = (kept: KeptSession): boolean =>
      refusalMs === undefined && kept.id !== dead?.id && this.#isStillGood(kept)
    const found = await this.#keeper.obtain(node.origin, isUsable, () => this.#try(node, refusalMs))
    const session = 'login' in found ? found : this.#held(found)
    const old = this.#kept.get(node)
    this.#kept.set(node, session)
    if (old !== undefined && old.id !== session.id) this.#logouts.end(node, old)
    return session
  }

  async #try(node: ClusterNode, refusalMs?: number): Promise<HeldSession> {
    // oxlint-disable-next-line no-restricted-properties -- a point in time that is stored
    const [createdAt, bornAt] = [Date.now(), performance.now()]
    const { sessionID, login } = await this.#attempts.logIn(node, refusalMs)
    this.#settings.onSecret?.(sessionID)
    const session = { id: sessionID, createdAt, bornAt, login }
    if (login === this.#access.login) {
      this.#endThoseOfOthers(login)
      return session
    }
    // Corrected meanwhile: this session is one of the former credentials.
    this.#logouts.end(node, session)
    return this.#try(node, refusalMs)
  }

  /** Once corrected credentials are accepted, sessions of the former ones are of no use to anyone. */
  #endThoseOfOthers(login: Credentials): void {
    if (this.#login === login) return
    this.#login = login
    const ended = this.#takeKept()
    void this.#keeper.passOn(login)
    for (const [node, session] of ended) this.#logouts.end(node, session)
  }

  #isOld(session: HeldSession): boolean {
    return ageMs(session) >= this.#settings.maxAgeMs
  }

  #info(node: ClusterNode, session: HeldSession, valid: boolean, note?: string): SessionInfo {
    return sessionInfo(this.#settings.maxAgeMs, node.name, session, valid, note)
  }
}
