import { randomBytes } from 'node:crypto'
import { link, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasEnded, type ProcessIdentity, thisProcess } from '../lib/process-identity.ts'

/** A lock that stays the same for so long was left by a process that is gone: none is held for longer. */
const abandonedMs = 5_000

interface Holder extends ProcessIdentity {
  /** Tells one taking of the lock from the next. */
  taken: string
}

function parseHolder(text: string): Partial<Holder> {
  try {
    return JSON.parse(text) as Partial<Holder>
  } catch {
    return {}
  }
}

/** Takes an abandoned lock away; of several who try at once one takes it. */
async function takeAway(path: string, text: string): Promise<void> {
  const aside = `${path}.${randomBytes(4).toString('hex')}`
  try {
    // It may have been released, and taken by someone who lives, since it was read.
    if ((await readFile(path, 'utf8')) !== text) return
    await rename(path, aside)
    await unlink(aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

/**
 * The lock appears with its text or not at all: one without, left by a process that was killed between
 * two steps or by a full disk, would name nobody and be waited for.
 */
async function tryCreate(path: string, text: string): Promise<boolean> {
  const draft = `${path}.${randomBytes(4).toString('hex')}`
  try {
    await writeFile(draft, text, { flag: 'wx', mode: 0o600 })
    await link(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await unlink(draft).catch(() => undefined)
  }
}

/**
 * Runs `work` while no other process does so under the same path. The lock is meant for moments: one
 * left by a process that was killed is taken away at once on the same machine, and after 5 s otherwise.
 * @throws what the file system refuses, or `work` throws
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const holder: Holder = { ...thisProcess, taken: randomBytes(8).toString('hex') }
  const text = JSON.stringify(holder)
  let seen = ''
  let since = performance.now()
  while (!(await tryCreate(path, text))) {
    const present = await readFile(path, 'utf8').catch(() => '')
    if (present !== seen) {
      seen = present
      since = performance.now()
    }
    const abandoned = performance.now() - since > abandonedMs
    if (present !== '' ? hasEnded(parseHolder(present)) || abandoned : abandoned)
      await takeAway(path, present)
    else await sleep(1 + Math.random() * 4)
  }
  try {
    return await work()
  } finally {
    await unlink(path).catch(() => undefined)
  }
}
