import { constants } from 'node:fs'
import { chmod, copyFile, readFile, realpath, stat } from 'node:fs/promises'
import { replaceFile } from './replace-file.ts'
import { CommandError } from './command-error.ts'

/** Files that belong to the user: settings, or those of another program. */

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error ? String(error.code) : undefined

/** Turns a failure of the file system into a word. */
const reason = (error: unknown): string => codeOf(error) ?? 'not a plain file'

async function readBytes(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw new CommandError(`${path} cannot be read (${reason(error)})`, 2)
  }
}

/**
 * The text of a file, with its byte order mark if it has one; undefined if there is no file.
 * @throws {CommandError} naming the file, also where it is not in UTF-8: what is no letter there
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

/**
 * Keeps a copy of a file beside it, readable by its owner only; answers its path. An earlier copy
 * is never replaced.
 */
export async function backUpUserFile(path: string): Promise<string> {
  const base = `${path}.backup-${new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')}`
  for (let i = 1; ; i++) {
    const backup = i === 1 ? base : `${base}-${i}`
    try {
      await copyFile(path, backup, constants.COPYFILE_EXCL)
      await chmod(backup, 0o600)
      return backup
    } catch (error) {
      if (codeOf(error) === 'EEXIST' && i < 100) continue
      throw new CommandError(`${backup} cannot be written (${reason(error)}): nothing was changed`)
    }
  }
}

/**
 * Replaces the file's text in one step: whoever reads it meanwhile, or after a crash, finds the old
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
    await replaceFile(target, text, present && present.mode & 0o777)
  } catch (error) {
    throw new CommandError(`${target} cannot be written (${reason(error)}): nothing was changed`)
  }
}
