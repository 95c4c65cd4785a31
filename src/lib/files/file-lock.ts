import { randomBytes } from 'node:crypto'
import { link, open, unlink, utimes, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasEnded, type ProcessIdentity, thisProcess } from '../process/process-identity.ts'

export interface FileLockTimings {
  /** Between two heartbeats of a holder, in ms. */
  beatMs: number
  /** A lock without a heartbeat for this long was left by a process that has ended, or is stalled. */
  abandonedMs: number
}

/** Less than the 5 s that callers wait for an entry to become durable, with a takeover that was left, too. */
const usual: FileLockTimings = { beatMs: 750, abandonedMs: 3_000 }

/** A lock that this process has taken. */
export interface FileLock {
  /**
   * For what must not happen beside the work of another, right before it.
   * @throws where the lock was taken away, as this process stood still for too long, or cannot be read
   */
  check(): Promise<void>
}

interface Holder extends ProcessIdentity {
  /** Tells one taking of the lock from the next. */
  taken: string
}

/** A lock as it was seen: whose it is, and its last heartbeat. */
interface Sighting {
  text: string
  beat: number
}

function parseHolder(text: string): Partial<Holder> {
  try {
    return JSON.parse(text) as Partial<Holder>
  } catch {
    return {}
  }
}

/** Whether the holder is known to have ended. */
const isLeftBehind = (text: string): boolean => hasEnded(parseHolder(text))

/** On a network folder, what another machine has removed may be a stale handle. */
const isGone = (error: unknown): boolean =>
  ['ENOENT', 'ESTALE'].includes((error as NodeJS.ErrnoException).code ?? '')

/** Undefined where it is not held. */
async function look(path: string): Promise<Sighting | undefined> {
  try {
    const file = await open(path, 'r')
    try {
      return { text: await file.readFile('utf8'), beat: (await file.stat()).mtimeMs }
    } finally {
      await file.close()
    }
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}

/**
 * Removes a lock if it is still as it was seen. A process that removes one that may not be its own has to take
 * turns: between a look and the removal, another could have removed it and a third taken it, whose lock
 * would go.
 */
async function removeIf(
  path: string,
  isMeant: (present: Sighting) => boolean,
  timings: FileLockTimings
): Promise<void> {
  const remove = async (): Promise<void> => {
    const present = await look(path)
    if (present === undefined || !isMeant(present)) return
    await unlink(path).catch((error: unknown) => {
      if (!isGone(error)) throw error
    })
  }
  const { beatMs, abandonedMs } = timings
  await withFileLock(`${path}.takeover`, remove, {
    beatMs: beatMs / 2,
    abandonedMs: abandonedMs / 2
  })
}

/**
 * The lock appears with its text or not at all: one without, left by a process that was killed between
 * two steps or by a full disk, would name no holder and be waited for.
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
 * Waits for the lock, and takes it.
 * @returns a time before it was taken, by `performance.now()`
 */
async function take(path: string, text: string, timings: FileLockTimings): Promise<number> {
  let seen: Sighting | undefined
  /** For how long it was seen without a heartbeat. Time in which this process was stalled does not count. */
  let silentMs = 0
  let lookedAt = performance.now()
  for (;;) {
    const before = performance.now()
    if (await tryCreate(path, text)) return before
    const present = await look(path)
    // Of a network folder, the response may have been lost.
    if (present?.text === text) return before
    const now = performance.now()
    silentMs += Math.min(now - lookedAt, timings.beatMs)
    lookedAt = now
    if (present?.text !== seen?.text || present?.beat !== seen?.beat) silentMs = 0
    seen = present
    if (present !== undefined && (silentMs > timings.abandonedMs || isLeftBehind(present.text)))
      await removeIf(
        path,
        ({ text, beat }) => text === present.text && beat === present.beat,
        timings
      )
    else await sleep(1 + Math.random() * 4)
  }
}

/**
 * Runs `work` while no other process does so under the same path. A lock left by a killed process
 * is removed at once where its pid can be looked up, on the same machine and in the same container,
 * and otherwise once its holder has written no heartbeat for 3 s.
 * @param work can call `check` to see whether the lock is still its own
 * @throws what the file system refuses, or `work` throws
 */
export async function withFileLock<T>(
  path: string,
  work: (lock: FileLock) => Promise<T>,
  timings = usual
): Promise<T> {
  const taken = randomBytes(8).toString('hex')
  const holder: Holder = { ...thisProcess, taken }
  const text = JSON.stringify(holder)
  /** When this process was last sure to be seen alive. */
  let alive = await take(path, text, timings)
  const isSafe = (): boolean => performance.now() - alive < timings.abandonedMs / 2
  const isMine = async (): Promise<boolean> => (await look(path))?.text === text
  const showLife = async (): Promise<void> => {
    const at = performance.now()
    try {
      if (!(await isMine())) return
      const now = new Date()
      await utimes(path, now, now)
      // If it was taken away meanwhile, it was the lock of another that was touched.
      if (isSafe()) alive = at
    } catch {
      // The next one may be seen.
    }
  }
  const beat = setInterval(() => void showLife(), timings.beatMs)
  beat.unref()
  try {
    return await work({
      async check() {
        if (!(await isMine()))
          throw new Error(
            `the lock ${path} is no longer held: it was taken over or removed while this process was stalled`
          )
      }
    })
  } finally {
    clearInterval(beat)
    const release = isSafe()
      ? unlink(path)
      : removeIf(path, (present) => present.text === text, timings)
    await release.catch(() => undefined)
  }
}
