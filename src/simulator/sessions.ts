import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import type { ClusterState, StoredUser } from './state.ts'

interface Session {
  id: string
  userUUID: string
  /** The node it was created on. */
  nodeUUID: string
  /** By the monotonic clock, in ms. */
  createdAt: number
  lastUsedAt: number
}

export interface SessionRules {
  /** Whether a session created on one node holds on the others (FACTS 22, X). */
  scope: 'shared' | 'per-node'
  /** Seconds after which an unused session ends; 0 for never (FACTS 2.3, X). */
  idleSeconds: number
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** The value of a cookie in a `Cookie` header. */
function cookie(header: string | undefined, name: string): string | undefined {
  for (const part of header?.split(';') ?? []) {
    const [key, ...value] = part.trim().split('=')
    if (key === name) return value.join('=')
  }
  return undefined
}

/** User name and password of a Basic `Authorization` header. */
export function basicCredentials(
  header: string | undefined
): { username: string; password: string } | undefined {
  const encoded = /^basic +([a-z0-9+/=]+)$/i.exec(header ?? '')?.[1]
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) }
}

/** Who makes a call; `sessionID` is `""` for Basic, which opens no session (FACTS 2.2). */
export interface Caller {
  user: StoredUser
  sessionID: string
}

/**
 * The cluster's sessions (FACTS 2). A user's `sessionLimit` is enforced at login by closing the
 * session that was not used for the longest time; 0 means no limit (2.3, O and I). Where sessions
 * hold on one node only, each node counts its own.
 */
export class Sessions {
  readonly #rules: SessionRules
  readonly #users: ClusterState['users']
  /** How many were opened so far, by the node. */
  readonly openedByNode = new Map<string, number>()
  /** In the order of their last use, the least recently used first. */
  readonly #sessions = new Map<string, Session>()

  constructor(rules: SessionRules, users: ClusterState['users']) {
    this.#rules = rules
    this.#users = users
  }

  /** The user of these credentials; compares in constant time. */
  verify(username: string, password: string): StoredUser | undefined {
    const user = [...this.#users.values()].find((candidate) => candidate.username === username)
    const matches = timingSafeEqual(digest(password), digest(user?.password ?? ''))
    return matches ? user : undefined
  }

  /** Opens a session on a node and returns its id. */
  open(user: StoredUser, nodeUUID: string): string {
    const peers = this.#list().filter(
      (session) =>
        session.userUUID === user.uuid &&
        (this.#rules.scope === 'shared' || session.nodeUUID === nodeUUID)
    )
    if (user.sessionLimit > 0) {
      for (const session of peers.slice(0, Math.max(0, peers.length - user.sessionLimit + 1)))
        this.#sessions.delete(session.id)
    }
    const now = performance.now()
    const session = {
      id: randomUUID(),
      userUUID: user.uuid,
      nodeUUID,
      createdAt: now,
      lastUsedAt: now
    }
    this.#sessions.set(session.id, session)
    this.openedByNode.set(nodeUUID, (this.openedByNode.get(nodeUUID) ?? 0) + 1)
    return session.id
  }

  /** How many were opened so far. */
  get opened(): number {
    return [...this.openedByNode.values()].reduce((sum, count) => sum + count, 0)
  }

  /** The caller of a request, by Basic credentials or session cookie; undefined if neither holds. */
  identify(
    headers: { authorization?: string; cookie?: string },
    nodeUUID: string
  ): Caller | undefined {
    const basic = basicCredentials(headers.authorization)
    if (basic !== undefined) {
      const user = this.verify(basic.username, basic.password)
      return user && { user, sessionID: '' }
    }
    const id = cookie(headers.cookie, 'sessionID')
    const session = id === undefined ? undefined : this.#sessions.get(id)
    if (session === undefined || this.#ended(session)) return undefined
    if (this.#rules.scope === 'per-node' && session.nodeUUID !== nodeUUID) return undefined
    const user = this.#users.get(session.userUUID)
    if (user === undefined) return undefined
    session.lastUsedAt = performance.now()
    this.#sessions.delete(session.id)
    this.#sessions.set(session.id, session)
    return { user, sessionID: session.id }
  }

  close(id: string): void {
    this.#sessions.delete(id)
  }

  closeOf(userUUID: string): void {
    for (const session of this.#list())
      if (session.userUUID === userUUID) this.#sessions.delete(session.id)
  }

  /** Drops the sessions that hold on a node; without one, all. */
  drop(nodeUUID?: string): void {
    for (const session of this.#list()) {
      const holds = this.#rules.scope === 'shared' || session.nodeUUID === nodeUUID
      if (nodeUUID === undefined || holds) this.#sessions.delete(session.id)
    }
  }

  /** How many sessions are open. */
  get count(): number {
    return this.#list().length
  }

  #list(): Session[] {
    for (const session of this.#sessions.values())
      if (this.#ended(session)) this.#sessions.delete(session.id)
    return [...this.#sessions.values()]
  }

  /** True for a session that has been idle too long. */
  #ended(session: Session): boolean {
    const { idleSeconds } = this.#rules
    return idleSeconds > 0 && performance.now() - session.lastUsedAt > idleSeconds * 1000
  }
}
