import { constants } from 'node:fs'
import { chmod, copyFile, readdir, readFile, realpath, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { replaceFile } from './replace-file.ts'
import { CommandError } from '../errors/command-error.ts'
import { codeOf } from '../errors/error-code.ts'

/** Files that belong to the user: settings, or those of another program. */

/** Turns a failure of the file system into a word. */
const reason = (error: unknown): string => codeOf(error) ?? 'not a regular file'

async function readBytes(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw new CommandError(`${path} cannot be read (${reason(error)})`, 2)
  }
}

/**
 * The text of a file, with its byte order mark if it has one; undefined if it does not exist.
 * @throws {CommandError} naming the file, also where it is not in UTF-8: what is not a letter there
 * would be lost when it is written again.
 */
export async function readUserFile(path: string): Promise<string | undefined> {
  const bytes = await readBytes(path)
  try {
    return bytes && new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new CommandError(`${path} is not in UTF-8: save it in UTF-8. Nothing was changed`, 2)
  }
}

/** How many copies of a file are kept. They hold secrets, so they must not pile up. */
const maxBackups = 5

/** A copy of a file, and how many older ones had to go for it. */
export interface Backup {
  path: string
  removed: number
}

/** The copies of a file, the oldest first. */
async function backupsOf(path: string): Promise<string[]> {
  const start = `${basename(path)}.backup-`
  const pattern = /^(\d{8}T\d{6}Z)(?:-(\d+))?$/
  return (await readdir(dirname(path)))
    .filter((name) => name.startsWith(start))
    .flatMap((name) => {
      const [, at, count = '1'] = pattern.exec(name.slice(start.length)) ?? []
      return at === undefined ? [] : [{ name, key: at + count.padStart(3, '0') }]
    })
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ name }) => join(dirname(path), name))
}

async function removeOldBackups(path: string): Promise<number> {
  try {
    const old = (await backupsOf(path)).slice(0, -maxBackups)
    await Promise.all(old.map((name) => unlink(name)))
    return old.length
  } catch {
    // A folder that cannot be listed keeps them.
    return 0
  }
}

/**
 * Keeps a copy of a file beside it, readable by its owner only. An earlier copy is never replaced;
 * only the newest few stay.
 */
export async function backUpUserFile(path: string): Promise<Backup> {
  const base = `${path}.backup-${new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')}`
  for (let i = 1; ; i++) {
    const backup = i === 1 ? base : `${base}-${i}`
    try {
      await copyFile(path, backup, constants.COPYFILE_EXCL)
      await chmod(backup, 0o600)
      return { path: backup, removed: await removeOldBackups(path) }
    } catch (error) {
      if (codeOf(error) === 'EEXIST' && i < 100) continue
      throw new CommandError(`${backup} cannot be written (${reason(error)}): nothing was changed`)
    }
  }
}

/** What to say about a backup: `backup: X; 2 older ones removed`. */
export const describeBackup = ({ path, removed }: Backup): string =>
  `backup: ${path}` +
  (removed === 0 ? '' : `; ${removed} older one${removed === 1 ? '' : 's'} removed`)

/**
 * Replaces the file's text in one step: a reader meanwhile, or after a crash, finds the old
 * text or the new one. A link stays one: the text lies in a vault or a mounted volume then. A new
 * file, and one that is given a secret, is readable by its owner only; others keep their mode.
 */
export async function writeUserFile(
  path: string,
  text: string,
  { secret }: { secret: boolean }
): Promise<void> {
  let target = path
  try {
    target = await realpath(path).catch(() => path)
    const present = secret ? undefined : await stat(target).catch(() => undefined)
    await replaceFile(target, text, { mode: present && present.mode & 0o777 })
  } catch (error) {
    throw new CommandError(`${target} cannot be written (${reason(error)}): nothing was changed`)
  }
}
