import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { text as readAll } from 'node:stream/consumers'
import { settings } from '../../config/config.ts'
import type { Environment } from '../../config/env-file.ts'
import { EnvTextError, formatEnvValue } from '../../config/env-text.ts'
import { parseExportUri } from '../../config/setting-values.ts'
import { CommandError } from '../../lib/errors/command-error.ts'
import type { Io } from '../io/io.ts'
import type { Prompter } from '../io/prompter.ts'

/** Answers given as options. */
export interface AnswerOptions {
  host?: string
  username?: string
  password?: string
  passwordFile?: string
  passwordStdin?: boolean
  oidc?: boolean
  exportUri?: string
  token?: string
}

/** Who the bridge logs in as. */
export interface Login {
  username: string
  password: string
  oidc: boolean
}

export interface Answers extends Login {
  host: string
  /** undefined: left as it is. */
  exportUri: string | undefined
  /** undefined: the present one is kept, or a new one is generated. */
  token: string | undefined
}

/** Answers to all questions. */
export interface AllAnswers extends Answers {
  /** A person approves what cannot be undone. Asked for a new file only: nothing that is set is changed. */
  approval: boolean
}

/** The values of the present file. */
type Present = Record<string, string>

const firstLine = (text: string): string => text.split(/\r?\n/, 1)[0] ?? ''

/** What is wrong with a value that is to be written to the settings file; undefined if nothing. */
export function unwritable(name: string, value: string): string | undefined {
  try {
    formatEnvValue(name, value)
    return undefined
  } catch (error) {
    if (error instanceof EnvTextError) return error.message
    throw error
  }
}

function checkWritable(option: string, name: string, value: string | undefined): void {
  const problem = value === undefined ? undefined : unwritable(name, value)
  if (problem !== undefined) throw new CommandError(`${option}: ${problem}`, 2)
}

/** The password as an option gives it; undefined if none does. */
async function givenPassword(
  { cwd, stdin }: Io,
  options: AnswerOptions
): Promise<string | undefined> {
  if (options.passwordStdin) return firstLine(await readAll(stdin))
  if (options.passwordFile === undefined) return options.password
  try {
    return firstLine(await readFile(resolve(cwd, options.passwordFile), 'utf8'))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    throw new CommandError(`--password-file ${options.passwordFile} cannot be read (${code})`, 2)
  }
}

/**
 * The options with the password itself, wherever it comes from. All can be written to the file, but
 * for a password of the environment, which need not be.
 * @param env the settings of the environment
 */
export async function readOptions(
  io: Io,
  options: AnswerOptions,
  env: Environment
): Promise<AnswerOptions> {
  const password = await givenPassword(io, options)
  checkWritable('--username', settings.username.name, options.username)
  checkWritable('the password given', settings.password.name, password)
  checkWritable('--export-uri', settings.archive.name, options.exportUri)
  checkWritable('--token', settings.token.name, options.token)
  return { ...options, password: password ?? (env[settings.password.name] || undefined) }
}

const isOn = (text: string | undefined): boolean => {
  try {
    return text?.trim() ? settings.useOidc.parse(text.trim()) : false
  } catch {
    return false
  }
}

/**
 * The answers without a terminal to prompt on: from options, or from the present file.
 * @throws {CommandError} naming the option that is missing.
 */
export function answersWithoutAsking(options: AnswerOptions, present: Present): Answers {
  const find = (given: string | undefined, name: string, option: string): string => {
    const value = given?.trim() ? given : present[name]
    if (value?.trim()) return value
    throw new CommandError(`${option} is required when stdin is not a terminal`, 2)
  }
  return {
    host: find(options.host, settings.nodes.name, '--host').trim(),
    username: find(options.username, settings.username.name, '--username').trim(),
    password: find(
      options.password,
      settings.password.name,
      '--password-file (or --password-stdin, --password)'
    ),
    oidc: options.oidc ?? isOn(present[settings.useOidc.name]),
    exportUri: options.exportUri,
    token: options.token
  }
}

/** Asks for the addresses of the nodes. */
export const askHost = (prompter: Prompter, present: string | undefined): Promise<string> =>
  prompter.text('Addresses of the cluster’s nodes (comma-separated)', {
    fallback: present,
    check: settings.nodes.parse
  })

async function askPassword(prompter: Prompter, present: string | undefined): Promise<string> {
  for (;;) {
    const answer = await prompter.secret(
      present ? 'Password, or Enter to keep the present one' : 'Password'
    )
    const value = answer === '' ? (present ?? '') : answer
    const problem = unwritable(settings.password.name, value)
    if (problem !== undefined) prompter.tell(problem)
    else if (value !== '') return value
  }
}

/** Asks who the bridge logs in as; what options say is not asked. */
export async function askLogin(
  prompter: Prompter,
  { username, password, oidc }: Partial<Login>,
  present: Partial<Login>
): Promise<Login> {
  return {
    username:
      username ??
      (await prompter.text('Cluster user', {
        fallback: present.username ?? 'admin',
        check: (answer) => {
          const problem =
            answer === '' ? 'It is required' : unwritable(settings.username.name, answer)
          if (problem !== undefined) throw new Error(problem)
        }
      })),
    password: password || (await askPassword(prompter, present.password)),
    oidc:
      oidc ??
      (await prompter.confirm(
        'Is this a user of an OpenID Connect provider?',
        present.oidc ?? false
      ))
  }
}

/** The login in the present file. */
export const presentLogin = (present: Present): Partial<Login> => ({
  username: present[settings.username.name],
  password: present[settings.password.name],
  oidc: isOn(present[settings.useOidc.name])
})

/** It contains a password, so it is asked for like one. */
export async function askExportUri(
  prompter: Prompter,
  present: Present
): Promise<string | undefined> {
  const keep = present[settings.archive.name] ? 'Enter keeps the present one' : 'Enter for none'
  prompter.tell(`Archive for exports: smb://user:password@server/share/folder; ${keep}`)
  for (;;) {
    const answer = (await prompter.secret('Archive')).trim()
    if (answer === '') return undefined
    try {
      parseExportUri(answer)
      const problem = unwritable(settings.archive.name, answer)
      if (problem === undefined) return answer
      prompter.tell(problem)
    } catch (error) {
      prompter.tell(error instanceof Error ? error.message : 'That is not valid')
    }
  }
}
