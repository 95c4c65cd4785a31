import { randomBytes } from 'node:crypto'
import { link, open, readFile, unlink, utimes, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasEnded, type ProcessIdentity, thisProcess } from './process-identity.ts'

export interface FileLockTimings {
  /** Between two signs of life of a holder, in ms. */
  beatMs: number
  /** A lock without a sign of life for so long was left by a process that is gone, or stands still. */
  abandonedMs: number
}

const usual: FileLockTimings = { beatMs: 1_000, abandonedMs: 5_000 }

/** A lock that this process has taken. */
export interface FileLock {
  /**
   * For work that must not happen twice, right before it.
   * @throws where the lock may have been taken away, as this process stood still for too long
   */
  check(): Promise<void>
}

interface Holder extends ProcessIdentity {
  /** Tells one taking of the lock from the next. */
  taken: string
}

/** A lock as it was seen: whose it is, and its last sign of life. */
interface Sighting {
  text: string
  beat: number
}

const unseen: Sighting = { text: '', beat: 0 }

function parseHolder(text: string): Partial<Holder> {
  try {
    return JSON.parse(text) as Partial<Holder>
  } catch {
    return {}
  }
}

const isGone = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT'

/** Undefined where nobody holds it. */
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
 * Takes an abandoned lock away. Only one at a time may: between the look that finds it abandoned and its
 * removal, another could have removed it and a third taken it, whose lock would go.
 */
async function takeAway(
  path: string,
  { text, beat }: Sighting,
  timings: FileLockTimings
): Promise<void> {
  const remove = async (): Promise<void> => {
    const present = await look(path)
    if (present?.text === text && present.beat === beat) await unlink(path)
  }
  await withFileLock(`${path}.takeover`, remove, timings)
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

/** Waits for the lock, and takes it. */
async function take(path: string, text: string, timings: FileLockTimings): Promise<void> {
  let seen = unseen
  let since = performance.now()
  while (!(await tryCreate(path, text))) {
    const present = (await look(path)) ?? unseen
    if (present.text !== seen.text || present.beat !== seen.beat) {
      seen = present
      since = performance.now()
    }
    const isLeft = performance.now() - since > timings.abandonedMs
    if (present !== unseen && (isLeft || hasEnded(parseHolder(present.text))))
      await takeAway(path, present, timings)
    else await sleep(1 + Math.random() * 4)
  }
}

/**
 * Runs `work` while no other process does so under the same path. One that a killed process left is taken
 * away at once on the same machine, and where its holder gives no sign of life for 5 s otherwise.
 * @param work is told by `check` whether the lock is still its own
 * @throws what the file system refuses, or `work` throws
 */
export async function withFileLock<T>(
  path: string,
  work: (lock: FileLock) => Promise<T>,
  timings = usual
): Promise<T> {
  const holder: Holder = { ...thisProcess, taken: randomBytes(8).toString('hex') }
  const text = JSON.stringify(holder)
  await take(path, text, timings)
  /** When others last saw a sign of life at the earliest: none takes the lock for a while after it. */
  let alive = performance.now()
  const isSafe = (): boolean => performance.now() - alive < timings.abandonedMs / 2
  const isMine = async (): Promise<boolean> =>
    isSafe() || (await readFile(path, 'utf8').catch(() => '')) === text
  const showLife = async (): Promise<void> => {
    const at = performance.now()
    if (!(await isMine())) return
    const now = new Date()
    const isShown = await utimes(path, now, now).then(
      () => true,
      () => false
    )
    if (isShown) alive = at
  }
  const beat = setInterval(() => void showLife(), timings.beatMs)
  beat.unref()
  try {
    return await work({
      async check() {
        if (!(await isMine()))
          throw new Error(
            `the lock ${path} was taken by another process while this one stood still`
          )
      }
    })
  } finally {
    clearInterval(beat)
    if (await isMine()) await unlink(path).catch(() => undefined)
  }
}
