import { BridgeError } from '../../lib/errors.ts'
import { isDeadSession } from '../transport/response.ts'
import type { ClusterNode } from '../transport/cluster-node.ts'
import type { RawResponse } from '../transport/exchange.ts'
import type { Logger } from '../../lib/logger.ts'
import type { Access } from '../access.ts'
import { LoginAttempts, withDeadline } from './login-attempts.ts'
import { failedEverywhere, NodeFailure } from '../transport/node-failure.ts'
import type { NodePool } from '../transport/node-pool.ts'
import type { KeptSession, SessionFile } from './session-file.ts'
import { TimeBudget, type TimeLimits } from '../transport/time-limits.ts'
import { withTimeout } from '../../lib/with-timeout.ts'

/** A session as it may be shown: all but its id, which is a secret. */
export interface SessionInfo {
  /** Host (and port, unless 443) of the node that gave it out. */
  node: string
  user: string
  /** ISO 8601. */
  createdAt: string
  ageSeconds: number
  /** ISO 8601; when the bridge will renew it. The cluster may end it earlier. */
  expiresAt: string
  valid: boolean
  /** Why it is not valid, or why that is not known. */
  note?: string
}

export interface SessionSettings {
  maxAgeMs: number
  limits: TimeLimits
}

const checkMs = 10_000
/** A bridge that ends waits no longer for a node or a disk that hangs. */
const [lastLogoutMs, lastWriteMs] = [2_000, 2_000]
const clockSkewMs = 60_000

/**
 * The cluster's sessions: one for each node in use (whether one node honours another's is unknown,
 * FACTS 21, X), shared by the whole process and kept in a file between starts.
 *
 * However many calls need a session, one login is under way for a node; callers that go away leave
 * it to the others.
 */
export class Sessions {
  readonly #order: NodePool
  readonly #access: Access
  readonly #attempts: LoginAttempts
  readonly #settings: SessionSettings
  readonly #file: SessionFile
  readonly #logger: Logger
  readonly #kept = new Map<ClusterNode, KeptSession>()
  readonly #logins = new Map<ClusterNode, Promise<KeptSession>>()
  readonly #farewells = new Set<Promise<unknown>>()
  /** Whose sessions are kept. */
  #user: string | undefined
  #loaded: Promise<void> | undefined
  #closed = false

  constructor(
    order: NodePool,
    access: Access,
    settings: SessionSettings,
    file: SessionFile,
    logger: Logger
  ) {
    this.#order = order
    this.#access = access
    this.#attempts = new LoginAttempts(access, logger)
    this.#settings = settings
    this.#file = file
    this.#logger = logger
  }

  /**
   * Logs in anew on the preferred reachable node, replacing what was kept for it. After a refusal
   * the cluster is asked again at most every 5 s.
   */
  async renew(signal?: AbortSignal): Promise<SessionInfo> {
    this.#attempts.allowRenewal()
    const failures: NodeFailure[] = []
    const patience = new TimeBudget(this.#settings.limits, true)
    for (const [at, node] of this.#order.candidates().entries()) {
      if (patience.over) break
      try {
        const { sendBy } = patience.forNode(at + 1 < this.#order.all.length)
        const session = await withDeadline(node, this.#login(node), sendBy, signal)
        const { username } = this.#access.settings
        this.#logger.info({ node: node.name, username }, 'Cluster session renewed')
        return this.#info(node, session, true)
      } catch (error) {
        if (!(error instanceof NodeFailure)) throw error
        this.#order.markDead(node, error)
        failures.push(error)
      }
    }
    throw failedEverywhere(failures)
  }

  /** What is kept, each checked against its node without renewing it. */
  async describe(signal?: AbortSignal): Promise<SessionInfo[]> {
    await this.#load()
    const checks = [...this.#kept].map(async ([node, session]) => {
      try {
        const response = await this.#ask(node, session, signal)
        if (isDeadSession(response))
          return this.#info(node, session, false, 'the cluster has ended it')
        const valid = response.status >= 200 && response.status < 300
        const note = valid
          ? undefined
          : `could not be checked: the node answered ${response.status}`
        return this.#info(node, session, valid, note)
      } catch (error) {
        if (!(error instanceof NodeFailure)) throw error
        const note = `could not be checked: the node ${error.facts.reason}`
        return this.#info(node, session, false, note)
      }
    })
    return Promise.all(checks)
  }

  /** Logs out everywhere and forgets; answers what was closed. The next call logs in again. */
  async kill(signal?: AbortSignal): Promise<SessionInfo[]> {
    const ended = await this.#forgetAll()
    await this.#file.change((sessions) => sessions.clear())
    return Promise.all(
      ended.map(async ([node, session]) => {
        const note = await this.#logout(node, session, checkMs, signal)
        return this.#info(node, session, false, note)
      })
    )
  }

  /**
   * The session for calls to a node; logs in if there is none or it is too old. Waits for the login
   * until `by` (`performance.now()`), then throws `NodeFailure`; the login goes on for later calls.
   */
  async ensure(node: ClusterNode, by: number, signal?: AbortSignal): Promise<KeptSession> {
    const session = this.#kept.get(node)
    if (session !== undefined && !this.#isOld(session)) return session
    return withDeadline(node, this.#obtain(node), by, signal)
  }

  /**
   * The session to use after the cluster refused `dead`. If it has been replaced meanwhile that is
   * the new one; otherwise all who met the refusal share one login. Waits as `ensure` does.
   */
  async replace(
    node: ClusterNode,
    dead: KeptSession,
    by: number,
    signal?: AbortSignal
  ): Promise<KeptSession> {
    const session = this.#kept.get(node)
    if (session !== undefined && session.id !== dead.id) return session
    if (session !== undefined) {
      this.#kept.delete(node)
      this.#logger.info({ node: node.name }, 'The cluster has ended the session, logging in again')
    }
    return withDeadline(node, this.#login(node), by, signal)
  }

  /** The session kept for a node, if any, without logging in. */
  async peek(node: ClusterNode): Promise<KeptSession | undefined> {
    await this.#load()
    return this.#kept.get(node)
  }

  /** Why no one can log in, since the last login that was tried; undefined if it succeeded. */
  refused(): BridgeError | undefined {
    return this.#attempts.lastRefusal()
  }

  /** Logs in again where the last login was refused and the cluster may be asked again. */
  async retryRefused(): Promise<void> {
    const [node] = this.#order.candidates()
    if (node === undefined || this.#attempts.lastRefusal() === undefined) return
    await this.#login(node).catch(() => undefined)
  }

  /** Ends the sessions if `logout` says so, or if they would be lost; waits for what is under way. */
  async close(logout: boolean | undefined): Promise<void> {
    this.#closed = true
    await withTimeout<unknown>(this.#underWay(), lastLogoutMs, () => undefined)
    const responses = await this.#file.settled(lastWriteMs)
    if (logout ?? !this.#file.keeps) {
      const ended = await withTimeout(this.#forgetAll(), lastLogoutMs, () => this.#takeKept())
      void this.#file.change((sessions) => sessions.clear())
      await Promise.all([
        ...ended.map(([node, session]) => this.#logout(node, session, lastLogoutMs)),
        responses && this.#file.settled(lastWriteMs)
      ])
    }
    await withTimeout<unknown>(Promise.allSettled(this.#farewells), lastLogoutMs, () => undefined)
  }

  async #forgetAll(): Promise<[ClusterNode, KeptSession][]> {
    await this.#load()
    await this.#underWay()
    return this.#takeKept()
  }

  #underWay(): Promise<unknown> {
    return Promise.allSettled([...this.#logins.values(), ...this.#farewells])
  }

  #takeKept(): [ClusterNode, KeptSession][] {
    const ended = [...this.#kept]
    this.#kept.clear()
    return ended
  }

  async #obtain(node: ClusterNode): Promise<KeptSession> {
    await this.#load()
    const session = this.#kept.get(node)
    if (session !== undefined && !this.#isOld(session)) return session
    return this.#login(node)
  }

  /** Takes over the sessions of the last start, once. They are tried, not checked. */
  #load(): Promise<void> {
    this.#loaded ??= this.#takeOver()
    return this.#loaded
  }

  async #takeOver(): Promise<void> {
    const sessions = await this.#file.read()
    for (const node of this.#order.all) {
      const session = sessions.get(node.origin)
      if (session !== undefined && !this.#isOld(session)) this.#kept.set(node, session)
    }
  }

  /** The login under way for a node, or a new one. */
  #login(node: ClusterNode): Promise<KeptSession> {
    const running = this.#logins.get(node)
    if (running !== undefined) return running
    const login = this.#startLogin(node).finally(() => this.#logins.delete(node))
    // Everyone who waits for it may have gone when it fails.
    login.catch(() => {})
    this.#logins.set(node, login)
    return login
  }

  async #startLogin(node: ClusterNode): Promise<KeptSession> {
    await this.#load()
    if (this.#closed)
      throw new BridgeError(
        'SHUTTING_DOWN',
        'The bridge is shutting down: call again when it runs again.'
      )
    const createdAt = Date.now()
    const session = { id: await this.#attempts.logIn(node), createdAt }
    this.#endThoseOfAnotherUser()
    const old = this.#kept.get(node)
    this.#kept.set(node, session)
    // Written behind: nobody waits for a disk to use the session.
    void this.#file.change((sessions) => sessions.set(node.origin, session))
    if (old !== undefined) this.#farewell(node, old)
    return session
  }

  /** Settings that were corrected may name another user. */
  #endThoseOfAnotherUser(): void {
    const { username, useOidc } = this.#access.settings
    const user = `${username} ${useOidc}`
    if (this.#user !== undefined && this.#user !== user)
      for (const [node, session] of this.#takeKept()) this.#farewell(node, session)
    this.#user = user
  }

  /** A session that was replaced is ended at the cluster too, so that it does not count there. */
  #farewell(node: ClusterNode, session: KeptSession): void {
    const pendingLogout = this.#logout(node, session, checkMs).finally(() =>
      this.#farewells.delete(pendingLogout)
    )
    this.#farewells.add(pendingLogout)
  }

  /** Answers why the cluster may still hold the session; undefined when it does not. */
  async #logout(
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
      if (response.status < 300) this.#logger.info({ node: node.name }, 'Logged out of the cluster')
      if (response.status < 300 || isDeadSession(response)) return undefined
      return `forgotten, but the node answered ${response.status} to the logout`
    } catch (error) {
      if (!(error instanceof NodeFailure)) throw error
      return `forgotten, but not logged out: the node ${error.facts.reason}`
    }
  }

  #ask(node: ClusterNode, session: KeptSession, signal?: AbortSignal): Promise<RawResponse> {
    return node.send({
      method: 'GET',
      target: '/ping',
      sessionID: session.id,
      timeoutMs: checkMs,
      signal
    })
  }

  #isOld(session: KeptSession): boolean {
    const ageMs = Date.now() - session.createdAt
    // One from the future was kept by another clock.
    return ageMs >= this.#settings.maxAgeMs || ageMs < -clockSkewMs
  }

  #info(node: ClusterNode, session: KeptSession, valid: boolean, note?: string): SessionInfo {
    return {
      node: node.name,
      user: this.#access.settings.username,
      createdAt: new Date(session.createdAt).toISOString(),
      ageSeconds: Math.max(0, Math.round((Date.now() - session.createdAt) / 1000)),
      expiresAt: new Date(session.createdAt + this.#settings.maxAgeMs).toISOString(),
      valid,
      ...(note === undefined ? {} : { note })
    }
  }
}
