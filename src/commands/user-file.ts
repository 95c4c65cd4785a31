import { constants } from 'node:fs'
import { chmod, copyFile, readFile, realpath } from 'node:fs/promises'
import { replaceFile } from '../replace-file.ts'
import { CommandError } from './command-error.ts'

/** Files that belong to the user: settings, or those of another program. */

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error ? String(error.code) : undefined

/** Turns a failure of the file system into a word. */
const reason = (error: unknown): string => codeOf(error) ?? 'not a plain file'

/**
 * The text of a file; undefined if there is none.
 * @throws {CommandError} naming the file.
 */
export async function readUserFile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw new CommandError(`${path} cannot be read (${reason(error)})`, 2)
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
 * Replaces the file's text in one step, readable by its owner only: whoever reads it meanwhile, or
 * after a crash, finds the old text or the new one. A link stays one: the text lies in a vault or a
 * mounted volume then.
 */
export async function writeUserFile(path: string, text: string): Promise<void> {
  let target = path
  try {
    target = await realpath(path).catch(() => path)
    await replaceFile(target, text)
  } catch (error) {
    throw new CommandError(`${target} cannot be written (${reason(error)}): nothing was changed`)
  }
}
