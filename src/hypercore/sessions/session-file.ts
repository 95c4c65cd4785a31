import { readFile } from 'node:fs/promises'
import { replaceFile } from '../../lib/files/replace-file.ts'
import type { Logger } from '../../lib/process/logger.ts'
import { withTimeout } from '../../lib/time/with-timeout.ts'
import type { KeptSession, KeptSessions, SessionKeeper, SessionOwner } from './session-keeper.ts'

interface FileContent {
  format: number
  username: string
  useOidc: boolean
  /** By origin. */
  sessions: Record<string, KeptSession>
}

const format = 1

/** Whether a text can be a session's id, and nothing else when it stands in a header. */
export function isSessionID(text: string): boolean {
  return /^[\w.~+/=:-]{1,1024}$/.test(text)
}

function isSession(value: unknown): value is KeptSession {
  if (typeof value !== 'object' || value === null) return false
  const { id, createdAt } = value as Partial<KeptSession>
  return typeof id === 'string' && isSessionID(id) && Number.isSafeInteger(createdAt)
}

/** What a file holds for its owner; nothing if it is broken, of another format, or another's. */
function parseSessions(text: string, owner: SessionOwner): KeptSessions {
  const none: KeptSessions = new Map()
  let content: Partial<FileContent> | null
  try {
    content = JSON.parse(text) as Partial<FileContent> | null
  } catch {
    return none
  }
  const { sessions } = content ?? {}
  if (content?.format !== format || typeof sessions !== 'object' || sessions === null) return none
  if (content.username !== owner.username || content.useOidc !== owner.useOidc) return none
  const ours = Object.entries(sessions).filter(
    ([origin, session]) => owner.nodes.includes(origin) && isSession(session)
  )
  for (const [, { id }] of ours) owner.onSecret?.(id)
  return new Map(ours)
}

/** How long an access to the file may take: a disk that works needs less. */
export interface FileLimits {
  readMs: number
  writeMs: number
}

const defaultFileLimits: FileLimits = { readMs: 2_000, writeMs: 5_000 }

/** A process that was busy itself for so much of the time did not give the disk its turn. */
const busyShare = 0.25

/**
 * Where sessions stay between starts. A file that cannot be used counts as an empty one, and a
 * place that cannot be written is a warning, not a failure: then `keeps` is false and the sessions
 * must be logged out at the end. The same applies to a place that hangs (a network drive whose
 * server is down): no caller waits for it longer than a few seconds.
 *
 * Two bridges may share a file. Each change is read, changed and replaced as a whole; of two at the
 * same moment the later one stays, which costs a login and nothing else.
 */
export class SessionFile implements SessionKeeper {
  readonly #path: string | undefined
  #owner: SessionOwner
  readonly #logger: Logger
  readonly #limits: FileLimits
  #keeps: boolean
  /** One access after the other, so that a place that hangs holds up one thread and no more. */
  #last: Promise<unknown> = Promise.resolve()
  #pending = 0

  /** `path` undefined: nothing is kept. */
  constructor(
    path: string | undefined,
    owner: SessionOwner,
    logger: Logger,
    limits: FileLimits = defaultFileLimits
  ) {
    this.#path = path
    this.#owner = owner
    this.#logger = logger
    this.#limits = limits
    this.#keeps = path !== undefined
  }

  /** False when sessions do not survive this process; true is certain when nothing is pending. */
  get keeps(): boolean {
    return this.#keeps && this.#pending === 0
  }

  /** What is kept; nothing if the file cannot be read, or not within 2 s. */
  async read(): Promise<KeptSessions> {
    const path = this.#path
    if (path === undefined) return new Map()
    const reading = this.#inTurn(() => this.#read(path))
    return (await this.#beforeDeadline(reading, this.#limits.readMs)) ?? new Map()
  }

  /**
   * Changes what is kept. Resolves when that is done or has failed, or after 5 s, while it continues
   * in the background. Never throws.
   */
  async change(edit: (sessions: KeptSessions) => void): Promise<void> {
    const path = this.#path
    if (path === undefined) return
    await this.#beforeDeadline(
      this.#inTurn(() => this.#write(path, edit)),
      this.#limits.writeMs
    )
  }

  async obtain<T extends KeptSession>(
    origin: string,
    _isUsable: (session: KeptSession) => boolean,
    logIn: () => Promise<T>
  ): Promise<T> {
    const session = await logIn()
    const { id, createdAt } = session
    const owner = this.#owner
    // Written behind: no caller waits for a disk to use the session.
    void this.change((sessions) => {
      if (this.#owner === owner && owner.nodes.includes(origin))
        sessions.set(origin, { id, createdAt })
    })
    return session
  }

  /** Assigns it to another login, without the sessions of the former one. As `change` otherwise. */
  async passOn({ username, useOidc }: Omit<SessionOwner, 'nodes'>): Promise<void> {
    this.#owner = { ...this.#owner, username, useOidc }
    await this.change((sessions) => sessions.clear())
  }

  /**
   * Makes sure at the end that the next start finds these sessions: writes those that are missing
   * from the file, as when it was deleted. Returns those that are not kept, because the file cannot
   * be written, or because another bridge keeps its own in their place. Never throws.
   */
  async notKept(ours: KeptSessions, timeoutMs: number): Promise<KeptSessions> {
    const path = this.#path
    if (path === undefined || !this.keeps) return ours
    const without = (there: KeptSessions): KeptSessions =>
      new Map([...ours].filter(([origin, { id }]) => there.get(origin)?.id !== id))
    const work = this.#inTurn(async () => {
      const there = await this.#read(path)
      // The next start knows the nodes of the settings alone.
      const gone = [...ours].filter(
        ([origin]) => !there.has(origin) && this.#owner.nodes.includes(origin)
      )
      if (gone.length === 0) return without(there)
      await this.#write(path, (sessions) => {
        for (const [origin, session] of gone) sessions.set(origin, session)
      })
      return this.#keeps ? without(await this.#read(path)) : ours
    })
    return withTimeout(work, timeoutMs, () => ours)
  }

  /** Waits until nothing is pending, but not longer than `timeoutMs`; returns whether that is so. */
  async settled(timeoutMs: number): Promise<boolean> {
    await withTimeout<unknown>(this.#last, timeoutMs, () => undefined)
    return this.#pending === 0
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.#pending += 1
    const done = this.#last.then(work).finally(() => (this.#pending -= 1))
    this.#last = done
    return done
  }

  async #beforeDeadline<T>(work: Promise<T>, timeoutMs: number): Promise<T | undefined> {
    const since = performance.eventLoopUtilization()
    const wait = (): Promise<{ done: T } | undefined> =>
      withTimeout<{ done: T } | undefined>(
        work.then((done) => ({ done })),
        timeoutMs,
        () => undefined
      )
    let ended = await wait()
    const { utilization } = performance.eventLoopUtilization(since)
    if (ended === undefined && utilization > busyShare) ended = await wait()
    if (ended === undefined) return this.#cannotKeep(`no response for ${timeoutMs / 1000} s`)
    return ended.done
  }

  async #read(path: string): Promise<KeptSessions> {
    try {
      return parseSessions(await readFile(path, 'utf8'), this.#owner)
    } catch {
      return new Map()
    }
  }

  async #write(path: string, edit: (sessions: KeptSessions) => void): Promise<void> {
    const sessions = await this.#read(path)
    edit(sessions)
    const { username, useOidc } = this.#owner
    const content: FileContent = {
      format,
      username,
      useOidc,
      sessions: Object.fromEntries(sessions)
    }
    try {
      await replaceFile(path, `${JSON.stringify(content, null, 2)}\n`)
      this.#keeps = true
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      this.#cannotKeep(code ?? 'unknown reason')
    }
  }

  /** Said once, until it works again. */
  #cannotKeep(reason: string): undefined {
    if (this.#keeps)
      this.#logger.warn(
        { file: this.#path },
        `SCALE_SESSION_FILE cannot be written (${reason}); sessions will be logged out at the end ` +
          'instead of kept for the next start'
      )
    this.#keeps = false
  }
}
