import type { Credentials } from '../access.ts'
import type { KeptSession } from './session-keeper.ts'
import type { TimeLimits } from '../transport/time-limits.ts'

export interface SessionSettings {
  /** A session older than this is renewed. */
  maxAgeMs: number
  limits: TimeLimits
  /** Notified of each session id before it is used. */
  onSecret?: ((secret: string) => void) | undefined
}

/** A session in use. */
export interface HeldSession extends KeptSession {
  /** When it was new, by the monotonic clock. */
  bornAt: number
  /** Whose it is. */
  login: Credentials
}

/** What may be known of a session: all but its id, which is a secret. */
export interface SessionInfo {
  /** Host (and port, unless 443) of the node that gave it out. */
  node: string
  user: string
  /** Unix milliseconds. */
  createdAt: number
  ageMs: number
  /** Unix milliseconds; when the bridge will renew it. The cluster may end it earlier. */
  expiresAt: number
  valid: boolean
  /** Why it is not valid, or why that is not known. */
  note?: string
}

/** What may be known of a session. */
export function sessionInfo(
  maxAgeMs: number,
  node: string,
  { createdAt, bornAt, login }: HeldSession,
  valid: boolean,
  note?: string
): SessionInfo {
  return {
    node,
    user: login.username,
    createdAt,
    ageMs: Math.max(0, performance.now() - bornAt),
    expiresAt: createdAt + maxAgeMs,
    valid,
    ...(note === undefined ? {} : { note })
  }
}

/** The sessions as a caller may use them. */
export interface CallSessions {
  /** What is kept, each checked against its node without renewing it. */
  describe(signal?: AbortSignal): Promise<SessionInfo[]>
  /** Logs in again, replacing what was kept for the node. */
  renew(signal?: AbortSignal): Promise<SessionInfo>
  /** Logs out everywhere; returns what was closed. */
  kill(signal?: AbortSignal): Promise<SessionInfo[]>
}

/** How old a session is by the clock of the system, which may have been set since it was opened. */
export const storedAgeMs = ({ createdAt }: KeptSession): number =>
  // oxlint-disable-next-line no-restricted-properties -- compared with a point in time that was stored
  Date.now() - createdAt

/** By either clock: one stands still while the machine sleeps, the other may be set back. */
export const ageMs = (session: HeldSession): number =>
  Math.max(performance.now() - session.bornAt, storedAgeMs(session))
