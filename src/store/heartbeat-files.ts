import type { Stats } from 'node:fs'
import { open, readdir, stat, unlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../lib/errors/error-code.ts'
import { fewAtOnce } from '../lib/flow/few-at-once.ts'
import { type Logger, silentLogger } from '../lib/process/logger.ts'
import { type ProcessIdentity, thisProcess } from '../lib/process/process-identity.ts'
import { RecentMap } from '../lib/flow/recent-map.ts'
import { makeFolder } from '../lib/files/replace-file.ts'
import type { Found, Heartbeat, Heartbeats } from './heartbeats.ts'

/** On a network folder, what another machine has removed may be a stale handle. */
const isGone = (error: unknown): boolean => ['ENOENT', 'ESTALE'].includes(codeOf(error) ?? '')

/** Files of which it is remembered that they were warned of. */
const maxWarned = 1_000

/** One of the four threads that Node has for files stays free, for this bridge's own heartbeat. */
const maxReads = 3

const markOf = ({ ino, mtimeMs }: Stats): string => `${ino} ${mtimeMs}`

function parseIdentity(text: string): Partial<ProcessIdentity> {
  try {
    return { ...(JSON.parse(text) as object) }
  } catch {
    // One that a full disk kept from being written.
    return {}
  }
}

/**
 * Heartbeats in a folder that bridges share: a file for each, touched with each heartbeat. What has been
 * touched is compared with what it was, never with a clock: those of machines differ.
 */
export class HeartbeatFiles implements Heartbeats {
  readonly lackOldBridges = true
  readonly #folder: string
  readonly #logger: Logger
  /** By file and cause. */
  readonly #warned = new RecentMap<true>(maxWarned)

  /** @param folder is created (0700) where it is missing */
  constructor(folder: string, logger: Logger = silentLogger) {
    this.#folder = folder
    this.#logger = logger
  }

  /** Touching takes no room on the disk, and waits for no write to it. */
  async give(): Promise<void> {
    const path = this.#path(thisProcess.nonce)
    const now = new Date()
    try {
      await utimes(path, now, now)
    } catch (error) {
      if (!isGone(error)) throw error
      await makeFolder(this.#folder)
      await writeFile(path, JSON.stringify(thisProcess), { mode: 0o600 })
    }
  }

  async look(known: Iterable<string>): Promise<Map<string, Found>> {
    const listed = await readdir(this.#folder).catch((error: unknown) => {
      if (isGone(error)) return []
      throw error
    })
    const nonces = new Set([...listed, ...known].filter((name) => /^[0-9a-f]{16}$/.test(name)))
    const heartbeats = new Map<string, Found>()
    await fewAtOnce(nonces, maxReads, async (nonce) => {
      const heartbeat = await this.#read(nonce)
      if (heartbeat !== undefined) heartbeats.set(nonce, heartbeat)
    })
    return heartbeats
  }

  /** One that gives another at this moment creates its file again with the next. */
  async remove(nonce: string, { mark }: Heartbeat): Promise<void> {
    const found = await this.#read(nonce)
    if (found !== undefined && found !== 'unreadable' && found.mark === mark)
      await this.#unlink(nonce)
  }

  withdraw(): Promise<void> {
    return this.#unlink(thisProcess.nonce)
  }

  #path(nonce: string): string {
    return join(this.#folder, nonce)
  }

  /** Opened each time: a network folder looks at the file then, and not at what it remembers of it. */
  async #read(nonce: string): Promise<Found | undefined> {
    try {
      const file = await open(this.#path(nonce), 'r')
      try {
        const mark = markOf(await file.stat())
        const identity = parseIdentity(await file.readFile('utf8'))
        return { mark, identity: { ...identity, nonce } }
      } finally {
        await file.close()
      }
    } catch (error) {
      if (isGone(error)) return undefined
      return this.#readTimes(nonce, error)
    }
  }

  /** That of a bridge that another user has started, or of a damaged disk. */
  async #readTimes(nonce: string, cause: unknown): Promise<Found | undefined> {
    try {
      const mark = markOf(await stat(this.#path(nonce)))
      this.#warn(
        nonce,
        cause,
        'The file of a bridge cannot be read: only its times tell whether it lives'
      )
      return { mark, identity: { nonce } }
    } catch (error) {
      if (isGone(error)) return undefined
      this.#warn(
        nonce,
        error,
        'The file of a bridge cannot be looked at: whether it lives stays unknown'
      )
      return 'unreadable'
    }
  }

  #warn(nonce: string, err: unknown, message: string): void {
    const key = `${nonce} ${codeOf(err)} ${message}`
    if (this.#warned.has(key)) return
    this.#warned.set(key, true)
    this.#logger.warn({ err, file: this.#path(nonce) }, message)
  }

  async #unlink(nonce: string): Promise<void> {
    await unlink(this.#path(nonce)).catch((error: unknown) => {
      if (!isGone(error)) throw error
    })
  }
}
