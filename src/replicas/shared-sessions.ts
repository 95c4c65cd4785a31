import { isSessionID } from '../hypercore/sessions/session-file.ts'
import type {
  KeptSession,
  KeptSessions,
  SessionKeeper,
  SessionOwner
} from '../hypercore/sessions/session-keeper.ts'
import { isObject, parseJson } from '../lib/json/json.ts'
import type { Logger } from '../lib/process/logger.ts'
import { withTimeout } from '../lib/time/with-timeout.ts'
import type { Lease, Store, Versioned } from '../store/store.ts'
import { seal, unseal } from './sealed.ts'

const table = 'sessions'

/** A bridge that logs in gives a sign of it so often, and loses its turn after so long without one. */
const [renewMs, turnMs] = [2_000, 8_000]
/** Between two looks at what another bridge, which logs in, has come to; it wakes who waits. */
const pollMs = 500
/** The longest wait for the login of another. */
const waitMs = 20_000
/** A read of the cluster does not wait longer for the database. */
const storeMs = 3_000

/**
 * The cluster's sessions, shared by bridges: encrypted in their store, each from one login. Without the
 * store each bridge logs in by itself, so that reads continue.
 */
export class SharedSessions implements SessionKeeper {
  readonly #store: Store
  readonly #key: () => Promise<Buffer>
  readonly #logger: Logger
  #owner: SessionOwner
  readonly #pending = new Set<Promise<unknown>>()

  /** @param key 32 bytes, the same for all bridges */
  constructor(store: Store, key: () => Promise<Buffer>, owner: SessionOwner, logger: Logger) {
    this.#store = store
    this.#key = key
    this.#owner = owner
    this.#logger = logger
  }

  async read(): Promise<KeptSessions> {
    const sessions: KeptSessions = new Map()
    await this.#guarded(async () => {
      for (const origin of this.#owner.nodes) {
        const { session } = await this.#find(origin)
        if (session !== undefined) sessions.set(origin, session)
      }
    })
    return sessions
  }

  async change(edit: (sessions: KeptSessions) => void): Promise<void> {
    await this.#guarded(async () => {
      const before = await this.read()
      const after: KeptSessions = new Map(before)
      edit(after)
      for (const origin of this.#owner.nodes) {
        const [old, session] = [before.get(origin), after.get(origin)]
        if (old?.id === session?.id) continue
        if (session !== undefined) await this.#put(origin, session)
        else await this.#remove(origin, old)
      }
    })
  }

  async obtain<T extends KeptSession>(
    origin: string,
    isUsable: (session: KeptSession) => boolean,
    logIn: () => Promise<T>
  ): Promise<T | KeptSession> {
    const turn = await this.#guarded(() => this.#turn(origin, isUsable))
    // Without the store, or with a turn that never came, each logs in by itself.
    if (turn === undefined) return logIn()
    if (!('lease' in turn)) return turn
    const { lease } = turn
    const renewing = setInterval(() => void lease.renew().catch(() => false), renewMs)
    renewing.unref()
    try {
      const session = await logIn()
      await this.#guarded(() => this.#put(origin, session))
      return session
    } finally {
      clearInterval(renewing)
      await this.#guarded(() => lease.release())
    }
  }

  async passOn({ username, useOidc }: Omit<SessionOwner, 'nodes'>): Promise<void> {
    await this.change((sessions) => sessions.clear())
    this.#owner = { ...this.#owner, username, useOidc }
  }

  /** Those in the store are other bridges' as well; without it, they may be. */
  async notKept(ours: KeptSessions, timeoutMs: number): Promise<KeptSessions> {
    const lost = this.#guarded(async () => {
      const replaced: KeptSessions = new Map()
      for (const [origin, session] of ours) {
        const { session: kept } = await this.#find(origin)
        if (kept?.id !== session.id) replaced.set(origin, session)
      }
      return replaced
    })
    return (await withTimeout(lost, timeoutMs, () => undefined)) ?? new Map()
  }

  async settled(timeoutMs: number): Promise<boolean> {
    await withTimeout<unknown>(Promise.allSettled(this.#pending), timeoutMs, () => undefined)
    return this.#pending.size === 0
  }

  /** A session that another has meanwhile, or the turn to log in; undefined where neither comes. */
  async #turn(
    origin: string,
    isUsable: (session: KeptSession) => boolean
  ): Promise<KeptSession | { lease: Lease } | undefined> {
    const end = performance.now() + waitMs
    for (;;) {
      const lease = await this.#store.lease(`login ${this.#place(origin)}`, turnMs)
      // What the one before has come to is there when its turn ends.
      const { session } = await this.#find(origin)
      if (session !== undefined && isUsable(session)) {
        await lease?.release()
        return session
      }
      if (lease !== undefined) return { lease }
      if (performance.now() > end) return undefined
      await this.#news()
    }
  }

  /** Resolves when a session or a turn has changed, or after a moment. */
  #news(): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        stop()
        resolve()
      }
      const timer = setTimeout(end, pollMs)
      const stop = this.#store.watch(({ name }) => {
        if (name === table || name === 'leases') end()
      })
    })
  }

  #place(origin: string): string {
    const { username, useOidc } = this.#owner
    return JSON.stringify([origin, username, useOidc])
  }

  async #find(origin: string): Promise<{ found?: Versioned; session?: KeptSession }> {
    const place = this.#place(origin)
    const found = await this.#store.get(table, place)
    if (found === undefined) return {}
    const text = unseal(await this.#key(), place, String(found.value['sealed']))
    const session = text === undefined ? undefined : parseJson(text)
    if (!isObject(session)) return { found }
    const { id, createdAt } = session
    if (typeof id !== 'string' || !isSessionID(id) || typeof createdAt !== 'number')
      return { found }
    this.#owner.onSecret?.(id)
    return { found, session: { id, createdAt } }
  }

  async #put(origin: string, { id, createdAt }: KeptSession): Promise<void> {
    const place = this.#place(origin)
    const value = { sealed: seal(await this.#key(), place, JSON.stringify({ id, createdAt })) }
    for (;;) {
      const present = await this.#store.get(table, place)
      const isPut =
        present === undefined
          ? (await this.#store.putIfAbsent(table, place, value)).put
          : await this.#store.swap(table, place, present.version, value)
      if (isPut) return
    }
  }

  /** Removes a session, unless another has taken its place. */
  async #remove(origin: string, session: KeptSession | undefined): Promise<void> {
    const { found, session: present } = await this.#find(origin)
    if (found !== undefined && present?.id === session?.id)
      await this.#store.swap(table, this.#place(origin), found.version, undefined)
  }

  /** What the store cannot do is not done; no caller waits for it long. */
  async #guarded<T>(work: () => Promise<T>): Promise<T | undefined> {
    const done = work().catch((err: unknown) => {
      this.#logger.debug({ err }, 'Sessions cannot be shared at the moment')
      return undefined
    })
    const tracked = done.finally(() => this.#pending.delete(tracked))
    this.#pending.add(tracked)
    return withTimeout<T | undefined>(done, waitMs + storeMs, () => undefined)
  }
}
