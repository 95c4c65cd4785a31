import { copyFile, chmod, readFile, realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import { replaceFile } from '../replace-file.ts'
import { CommandError } from './command-error.ts'
import { EnvTextError, readEnvText } from './env-text.ts'

/** The settings file of a folder, as far as it exists. */
export interface EnvFile {
  path: string
  exists: boolean
  text: string
  values: Record<string, string>
}

/** Settings as the bridge sees them: the file's, overruled by the environment's. */
export type Environment = Record<string, string | undefined>

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT'

/** Turns a failure of the file system into one sentence. */
const reason = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'

/**
 * Reads `.env` in a folder; a missing one is empty.
 * @throws {CommandError} naming the file, and the line where one is malformed.
 */
export async function readEnvFile(folder: string = process.cwd()): Promise<EnvFile> {
  const path = resolve(folder, '.env')
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (isMissing(error)) return { path, exists: false, text: '', values: {} }
    throw new CommandError(`${path} cannot be read (${reason(error)})`, 2)
  }
  try {
    return { path, exists: true, text, values: readEnvText(text) }
  } catch (error) {
    if (error instanceof EnvTextError) throw new CommandError(`${path}, ${error.message}`, 2)
    throw error
  }
}

/** The settings that hold: the environment wins over the file. */
export const settingsOf = (file: EnvFile): Environment => ({ ...file.values, ...process.env })

/** Names set in the environment to something else than the file says, so that the file is idle. */
export const overruled = (names: string[], values: Record<string, string>): string[] =>
  names.filter((name) => process.env[name] !== undefined && process.env[name] !== values[name])

/** Where the text really lies: a `.env` may be a link into a vault or a mounted volume. */
async function target(file: EnvFile): Promise<string> {
  return file.exists ? realpath(file.path) : file.path
}

/** Keeps a copy of the present file beside it, readable by its owner only; answers its path. */
export async function backUpEnvFile(file: EnvFile): Promise<string | undefined> {
  if (!file.exists) return undefined
  const backup = `${file.path}.backup-${new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')}`
  try {
    await copyFile(file.path, backup)
    await chmod(backup, 0o600)
  } catch (error) {
    throw new CommandError(`${backup} cannot be written (${reason(error)}): nothing was changed`)
  }
  return backup
}

/**
 * Replaces the file's text in one step, readable by its owner only: whoever reads it meanwhile, or
 * after a crash, finds the old text or the new one.
 * @throws {CommandError} if the folder cannot be written.
 */
export async function writeEnvFile(file: EnvFile, text: string): Promise<void> {
  const path = await target(file)
  try {
    await replaceFile(path, text)
  } catch (error) {
    throw new CommandError(`${path} cannot be written (${reason(error)}): nothing was changed`)
  }
}
