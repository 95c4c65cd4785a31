import { createHash, randomBytes } from 'node:crypto'
import type { Principal } from '../identity/principal.ts'
import { BridgeError } from '../lib/errors/errors.ts'
import { unixMs } from '../lib/time/unix-time.ts'

/** A user who is signed in at the console. */
export interface ConsoleSession {
  /** As the token had it when it was looked at last. */
  principal: Principal
  /** Unix milliseconds. */
  expiresAt: number
}

interface Kept extends ConsoleSession {
  /** Kept to see whether it still counts; it never leaves this process. */
  token: string
  onEnd: Set<() => void>
}

/** A working day. */
export const sessionMs = 8 * 60 * 60_000

/** Far more than people who approve; the oldest is ended for a new one. */
const maxSessions = 200

/** Only the browser knows the id itself. */
const keyOf = (id: string): string => createHash('sha256').update(id).digest('base64url')

export interface ConsoleSessionsOptions {
  /** Who holds a token now. */
  authenticate: (token: string) => Promise<Principal | undefined>
  /** Unix milliseconds. */
  now?: () => number
}

/**
 * Who is signed in at the console, in memory: a restart ends all sessions. A session is a random id and
 * ends with its token, which is looked at again with every use.
 */
export class ConsoleSessions {
  readonly #authenticate: ConsoleSessionsOptions['authenticate']
  readonly #now: () => number
  /** The oldest first. */
  readonly #kept = new Map<string, Kept>()

  constructor({ authenticate, now = unixMs }: ConsoleSessionsOptions) {
    this.#authenticate = authenticate
    this.#now = now
  }

  /** Begins a session for a token that was accepted. Returns its id, which is not kept. */
  open(token: string, principal: Principal): { id: string; expiresAt: number } {
    for (const [key, { expiresAt }] of this.#kept) if (this.#now() >= expiresAt) this.#end(key)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size >= maxSessions && oldest !== undefined) this.#end(oldest)
    const id = randomBytes(32).toString('base64url')
    const expiresAt = this.#now() + sessionMs
    this.#kept.set(keyOf(id), { principal, token, expiresAt, onEnd: new Set() })
    return { id, expiresAt }
  }

  /** The session, if it has not ended and its token still counts; otherwise it ends here. */
  async find(id: string): Promise<ConsoleSession | undefined> {
    const key = keyOf(id)
    const kept = this.#kept.get(key)
    if (kept === undefined) return undefined
    const principal = this.#now() < kept.expiresAt ? await this.#holderOf(kept.token) : undefined
    if (principal === undefined) {
      this.#end(key)
      return undefined
    }
    kept.principal = principal
    return { principal, expiresAt: kept.expiresAt }
  }

  /** Signs out. */
  close(id: string): void {
    this.#end(keyOf(id))
  }

  /** Calls back when a session ends, at once if it is unknown; returns what cancels that. */
  onEnd(id: string, listener: () => void): () => void {
    const kept = this.#kept.get(keyOf(id))
    if (kept === undefined) {
      listener()
      return () => undefined
    }
    kept.onEnd.add(listener)
    return () => void kept.onEnd.delete(listener)
  }

  async #holderOf(token: string): Promise<Principal | undefined> {
    try {
      return await this.#authenticate(token)
    } catch (error) {
      if (error instanceof BridgeError && error.code === 'UNAUTHORIZED') return undefined
      throw error
    }
  }

  #end(key: string): void {
    const kept = this.#kept.get(key)
    this.#kept.delete(key)
    for (const listener of kept?.onEnd ?? []) listener()
  }
}
