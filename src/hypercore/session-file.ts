import { readFile } from 'node:fs/promises'
import { replaceFile } from '../replace-file.ts'
import type { Logger } from './logger.ts'

/** A session as it is kept. The id is a secret. */
export interface KeptSession {
  id: string
  /** Unix milliseconds. */
  createdAt: number
}

/** Whose sessions a file holds; it is of no use to anyone else. */
export interface SessionOwner {
  username: string
  useOidc: boolean
  /** Origins. */
  nodes: readonly string[]
}

interface FileContent {
  format: number
  username: string
  useOidc: boolean
  /** By origin. */
  sessions: Record<string, KeptSession>
}

const format = 1

/** Sessions by origin. */
export type KeptSessions = Map<string, KeptSession>

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
  return new Map(ours)
}

/**
 * Where sessions stay between starts. A file that cannot be used is as good as an empty one, and a
 * place that cannot be written is a warning, not a failure: then `keeps` is false and the sessions
 * are to be logged out at the end.
 *
 * Two bridges may share a file. Each change is read, changed and replaced as a whole; of two at the
 * same moment the later one stays, which costs a login and nothing else.
 */
export class SessionFile {
  readonly #path: string | undefined
  readonly #owner: SessionOwner
  readonly #logger: Logger
  #keeps: boolean
  #lastWrite: Promise<void> = Promise.resolve()

  /** `path` undefined: nothing is kept. */
  constructor(path: string | undefined, owner: SessionOwner, logger: Logger) {
    this.#path = path
    this.#owner = owner
    this.#logger = logger
    this.#keeps = path !== undefined
  }

  /** False when sessions do not survive this process. */
  get keeps(): boolean {
    return this.#keeps
  }

  async read(): Promise<KeptSessions> {
    if (this.#path === undefined) return new Map()
    try {
      return parseSessions(await readFile(this.#path, 'utf8'), this.#owner)
    } catch {
      return new Map()
    }
  }

  /** Changes what is kept. Never throws. */
  change(edit: (sessions: KeptSessions) => void): Promise<void> {
    this.#lastWrite = this.#lastWrite.then(() => this.#write(edit))
    return this.#lastWrite
  }

  async #write(edit: (sessions: KeptSessions) => void): Promise<void> {
    if (this.#path === undefined) return
    const sessions = await this.read()
    edit(sessions)
    const { username, useOidc } = this.#owner
    const content: FileContent = {
      format,
      username,
      useOidc,
      sessions: Object.fromEntries(sessions)
    }
    try {
      await replaceFile(this.#path, `${JSON.stringify(content, null, 2)}\n`)
      this.#keeps = true
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (this.#keeps)
        this.#logger.warn(
          { file: this.#path, code },
          `SCALE_SESSION_FILE cannot be written (${code ?? 'unknown reason'}); sessions will be ` +
            'logged out at the end instead of kept for the next start'
        )
      this.#keeps = false
    }
  }
}
