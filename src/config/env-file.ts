import { resolve } from 'node:path'
import { CommandError } from '../lib/command-error.ts'
import { EnvTextError, readEnvText } from './env-text.ts'
import { backUpUserFile, readUserFile, writeUserFile } from '../lib/user-file.ts'

/** The settings file of a folder, as far as it exists. */
export interface EnvFile {
  path: string
  exists: boolean
  text: string
  values: Record<string, string>
}

/** Settings as the bridge sees them: the file's, overruled by the environment's. */
export type Environment = Record<string, string | undefined>

/**
 * Reads `.env` in a folder; a missing one is empty.
 * @throws {CommandError} naming the file, and the line where one is malformed.
 */
export const readEnvFile = (folder: string = process.cwd()): Promise<EnvFile> =>
  readFrom(resolve(folder, '.env'))

/**
 * Reads a settings file that somebody named.
 * @throws {CommandError} as `readEnvFile`, and if there is none.
 */
export async function readNamedEnvFile(path: string): Promise<EnvFile> {
  const file = await readFrom(resolve(path))
  if (file.exists) return file
  throw new CommandError(
    `${file.path} does not exist: \`scale-bridge init\` writes a .env, --settings names it`,
    2
  )
}

async function readFrom(path: string): Promise<EnvFile> {
  const text = await readUserFile(path)
  if (text === undefined) return { path, exists: false, text: '', values: {} }
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

/** Keeps a copy of the present file beside it, readable by its owner only; answers its path. */
export const backUpEnvFile = async (file: EnvFile): Promise<string | undefined> =>
  file.exists ? backUpUserFile(file.path) : undefined

/** Replaces the file's text in one step, readable by its owner only. */
export const writeEnvFile = (file: EnvFile, text: string): Promise<void> =>
  writeUserFile(file.path, text, { secret: true })
