import { readFile } from 'node:fs/promises'
import { isAbsolute, resolve } from 'node:path'
import { codeOf } from '../lib/errors/error-code.ts'
import { type Environment, givenText } from './env-file.ts'
import type { Setting } from './setting.ts'
import { settings } from './settings.ts'

/**
 * Secrets in files of their own, as containers get them: SCALE_PASSWORD_FILE names the file that holds
 * SCALE_PASSWORD.
 */

/** The variable that names the file of a setting. */
export const fileVariable = (name: string): string => `${name}_FILE`

const all: readonly Setting[] = Object.values(settings as Readonly<Record<string, Setting>>)

/** The settings that hold a secret: each of them may be in a file. */
export const secretSettings: readonly string[] = all
  .filter((setting) => setting.secrets !== undefined)
  .map(({ name }) => name)

/** A file that holds a setting. */
export interface SecretFile {
  setting: string
  /** What names the file. */
  variable: string
  path: string
  /** Why the setting was not read from it; undefined where it was. */
  problem: string | undefined
}

/** Goes along with the settings wherever they are copied, and is not one of them. */
const filesKey = Symbol('files of secrets')

type WithFiles = Environment & { [filesKey]?: readonly SecretFile[] }

/** The files that `withSecretFiles` was to read. */
export const secretFilesIn = (env: Environment): readonly SecretFile[] =>
  (env as WithFiles)[filesKey] ?? []

/** The file that a setting was to be read from; undefined where none is named. */
export const secretFileOf = (env: Environment, name: string): SecretFile | undefined =>
  secretFilesIn(env).find(({ setting }) => setting === name)

/** A variable that holds the secret itself instead of a path must not be repeated. */
const isPath = (text: string): boolean => isAbsolute(text) || /^\.{1,2}[\\/]/.test(text)

/** The text of a file without its line break at the end, or an Error that says what is wrong with it. */
async function readSecret(path: string): Promise<string> {
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (error) {
    throw new Error(`cannot be read (${codeOf(error) ?? 'not a regular file'})`, { cause: error })
  }
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new Error('is not in UTF-8', { cause: error })
  }
  const line = text.replace(/\r?\n$/, '')
  if (line.trim() === '') throw new Error('is empty')
  if (/[\r\n]/.test(line)) throw new Error('has more than one line')
  return line
}

async function readSetting(
  env: Environment,
  setting: string,
  cwd: string
): Promise<{ file: SecretFile; value?: string } | undefined> {
  const variable = fileVariable(setting)
  const given = givenText(env, variable)?.trim()
  if (given === undefined) return undefined
  const file = { setting, variable, path: resolve(cwd, given), problem: undefined }
  if (givenText(env, setting) !== undefined)
    return { file: { ...file, problem: `${setting} and ${variable} are both set: remove one` } }
  try {
    return { file, value: await readSecret(file.path) }
  } catch (error) {
    const named = isPath(given) ? `${file.path}, which` : 'a file that'
    return { file: { ...file, problem: `${variable} names ${named} ${(error as Error).message}` } }
  }
}

/**
 * The settings with those that are in files. What is wrong with a file is a problem of its setting, for the
 * commands that read it.
 * @param cwd what paths are relative to
 */
export async function withSecretFiles(env: Environment, cwd: string): Promise<Environment> {
  const read = await Promise.all(secretSettings.map((name) => readSetting(env, name, cwd)))
  const found = read.filter((each) => each !== undefined)
  if (found.length === 0) return env
  const values = found.flatMap(({ file, value }) =>
    value === undefined ? [] : [[file.setting, value] as const]
  )
  const files: WithFiles = { [filesKey]: found.map(({ file }) => file) }
  return { ...env, ...Object.fromEntries(values), ...files }
}

/** The same settings without one of them, wherever it is set. */
export function withoutSetting(env: Environment, name: string): Environment {
  const files: WithFiles = {
    [filesKey]: secretFilesIn(env).filter(({ setting }) => setting !== name)
  }
  return { ...env, [name]: undefined, [fileVariable(name)]: undefined, ...files }
}
