import { open, readdir, unlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ProcessIdentity, thisProcess } from '../lib/process-identity.ts'
import { makeFolder } from '../lib/replace-file.ts'
import type { Sign, Signs } from './signs.ts'

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code

/** On a network folder, what another machine has removed may be a stale handle. */
const isGone = (error: unknown): boolean => ['ENOENT', 'ESTALE'].includes(codeOf(error) ?? '')

function parseIdentity(text: string): Partial<ProcessIdentity> {
  try {
    return { ...(JSON.parse(text) as object) }
  } catch {
    // One that a full disk kept from being written.
    return {}
  }
}

/**
 * Signs of life in a folder that bridges share: a file for each, touched with each sign. What has been
 * touched is compared with what it was, never with a clock: those of machines differ.
 */
export class FolderSigns implements Signs {
  readonly #folder: string

  /** @param folder is created (0700) where it is missing */
  constructor(folder: string) {
    this.#folder = folder
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

  async look(known: Iterable<string>): Promise<Map<string, Sign>> {
    const listed = await readdir(this.#folder).catch((error: unknown) => {
      if (isGone(error)) return []
      throw error
    })
    const nonces = new Set([...listed, ...known].filter((name) => /^[0-9a-f]{16}$/.test(name)))
    const signs = new Map<string, Sign>()
    for (const nonce of nonces) {
      const sign = await this.#read(nonce)
      if (sign !== undefined) signs.set(nonce, sign)
    }
    return signs
  }

  /** One that gives another at this moment creates its file again with the next. */
  async remove(nonce: string, { mark }: Sign): Promise<void> {
    if ((await this.#read(nonce))?.mark === mark) await this.#unlink(nonce)
  }

  withdraw(): Promise<void> {
    return this.#unlink(thisProcess.nonce)
  }

  #path(nonce: string): string {
    return join(this.#folder, nonce)
  }

  /** Opened each time: a network folder looks at the file then, and not at what it remembers of it. */
  async #read(nonce: string): Promise<Sign | undefined> {
    try {
      const file = await open(this.#path(nonce), 'r')
      try {
        const { mtimeMs, ino } = await file.stat()
        const identity = parseIdentity(await file.readFile('utf8'))
        return { mark: `${ino} ${mtimeMs}`, identity: { ...identity, nonce } }
      } finally {
        await file.close()
      }
    } catch (error) {
      if (isGone(error)) return undefined
      throw error
    }
  }

  async #unlink(nonce: string): Promise<void> {
    await unlink(this.#path(nonce)).catch((error: unknown) => {
      if (!isGone(error)) throw error
    })
  }
}
