/** A session as it is kept. The id is a secret. */
export interface KeptSession {
  id: string
  /** Unix milliseconds. */
  createdAt: number
}

/** Sessions by origin. */
export type KeptSessions = Map<string, KeptSession>

/** Whose sessions are kept; they are of no use to anyone else. */
export interface SessionOwner {
  username: string
  useOidc: boolean
  /** Origins. */
  nodes: readonly string[]
  /** Notified of each session id that was kept. */
  onSecret?: ((secret: string) => void) | undefined
}

/**
 * Where sessions are between starts, and what several bridges have in common of them. A place that cannot
 * be used is as good as an empty one: nothing here throws, but for what a login throws.
 */
export interface SessionKeeper {
  /** What is kept. */
  read(): Promise<KeptSessions>
  /** Changes what is kept; continues in the background where that takes long. */
  change(edit: (sessions: KeptSessions) => void): Promise<void>
  /**
   * The session of a node: one that is kept already, or else that of a login, which is kept then. However
   * many bridges come at once, one of them logs in.
   * @param isUsable whether a session that is kept will do
   * @throws what `logIn` throws
   */
  obtain<T extends KeptSession>(
    origin: string,
    isUsable: (session: KeptSession) => boolean,
    logIn: () => Promise<T>
  ): Promise<T | KeptSession>
  /** From now on it keeps the sessions of another login. */
  passOn(owner: Omit<SessionOwner, 'nodes'>): Promise<void>
  /** At the end: those of these that will not be found again, and that are to be logged out. */
  notKept(ours: KeptSessions, timeoutMs: number): Promise<KeptSessions>
  /** Waits until nothing is pending, but not longer than `timeoutMs`; returns whether that is so. */
  settled(timeoutMs: number): Promise<boolean>
}
