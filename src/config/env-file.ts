import { CommandError } from '../lib/errors/command-error.ts'
import { EnvTextError, readEnvText } from './env-text.ts'
import { type Backup, backUpUserFile, readUserFile, writeUserFile } from '../lib/files/user-file.ts'

/** The settings file of a folder, as far as it exists. */
export interface EnvFile {
  path: string
  exists: boolean
  text: string
  values: Record<string, string>
}

/** Settings as the bridge sees them: the file's, overruled by the environment's. */
export type Environment = Record<string, string | undefined>

/** What Claude Desktop passes on for an option of a bundle that its user left empty. */
const emptyOption = /^\$\{user_config\.\w+\}$/

/** The text of a variable; undefined where it is not set. */
export function givenText(env: Environment, name: string): string | undefined {
  const text = env[name]
  return text === undefined || text.trim() === '' || emptyOption.test(text.trim())
    ? undefined
    : text
}

/**
 * Reads a settings file; a missing one is empty.
 * @throws {CommandError} naming the file, and the line where one is malformed.
 */
export async function readEnvFile(path: string): Promise<EnvFile> {
  const text = await readUserFile(path)
  if (text === undefined) return { path, exists: false, text: '', values: {} }
  try {
    return { path, exists: true, text, values: readEnvText(text) }
  } catch (error) {
    if (error instanceof EnvTextError) throw new CommandError(`${path}, ${error.message}`, 2)
    throw error
  }
}

/**
 * Reads a settings file that the user named.
 * @throws {CommandError} as `readEnvFile`, and if there is none.
 */
export async function readNamedEnvFile(path: string): Promise<EnvFile> {
  const file = await readEnvFile(path)
  if (file.exists) return file
  throw new CommandError(
    `${path} does not exist: \`scale-bridge init --settings ${path}\` writes it`,
    2
  )
}

/** The settings that hold: the environment wins over the file. */
export const settingsOf = (file: EnvFile, environment: Environment): Environment => ({
  ...file.values,
  ...environment
})

/** Names that the environment sets to something else than the file does. */
export const overruled = (
  names: string[],
  values: Record<string, string>,
  environment: Environment
): string[] =>
  names.filter((name) => environment[name] !== undefined && environment[name] !== values[name])

/** Keeps a copy of the present file beside it, readable by its owner only; none of a new file. */
export const backUpEnvFile = async (file: EnvFile): Promise<Backup | undefined> =>
  file.exists ? backUpUserFile(file.path) : undefined

/** Replaces the file's text in one step, readable by its owner only. */
export const writeEnvFile = (file: EnvFile, text: string): Promise<void> =>
  writeUserFile(file.path, text, { secret: true })
