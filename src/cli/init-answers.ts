import { readFile } from 'node:fs/promises'
import { text as readAll } from 'node:stream/consumers'
import { settings } from '../config/config.ts'
import { parseExportUri } from '../config/setting-values.ts'
import { CommandError } from '../lib/command-error.ts'
import type { Prompter } from './io/prompter.ts'

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

export interface Answers {
  host: string
  username: string
  password: string
  oidc: boolean
  /** undefined: left as it is. */
  exportUri: string | undefined
  /** undefined: the present one is kept, or one is made. */
  token: string | undefined
}

const firstLine = (text: string): string => text.split(/\r?\n/, 1)[0] ?? ''

/** The password as an option gives it; undefined if none does. */
async function givenPassword(options: AnswerOptions): Promise<string | undefined> {
  if (options.passwordStdin) return firstLine(await readAll(process.stdin))
  if (options.passwordFile === undefined) return options.password
  try {
    return firstLine(await readFile(options.passwordFile, 'utf8'))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    throw new CommandError(`--password-file ${options.passwordFile} cannot be read (${code})`, 2)
  }
}

const needed = (answer: string): void => {
  if (answer === '') throw new Error('It is needed')
}

async function askPassword(prompter: Prompter, present: string | undefined): Promise<string> {
  for (;;) {
    const answer = await prompter.secret(
      present ? 'Password, or Enter to keep the present one' : 'Password'
    )
    if (answer !== '') return answer
    if (present) return present
  }
}

/** The answers nobody is there to give come from options, or from the present file. */
function withoutAsking(
  options: AnswerOptions,
  password: string | undefined,
  present: Record<string, string>
): Answers {
  const find = (given: string | undefined, name: string, option: string): string => {
    const value = given?.trim() ? given : present[name]
    if (value?.trim()) return value
    throw new CommandError(`${option} is missing, and this is no terminal to ask at`, 2)
  }
  return {
    host: find(options.host, settings.nodes.name, '--host').trim(),
    username: find(options.username, settings.username.name, '--username').trim(),
    password: find(
      password,
      settings.password.name,
      '--password-file (or --password-stdin, --password)'
    ),
    oidc: options.oidc ?? isOn(present[settings.useOidc.name]),
    exportUri: options.exportUri,
    token: options.token
  }
}

const isOn = (text: string | undefined): boolean => {
  try {
    return text?.trim() ? settings.useOidc.parse(text.trim()) : false
  } catch {
    return false
  }
}

/**
 * Gathers what is to be written: from options, then by asking, then from the present file.
 * @throws {CommandError} naming the option that is missing where nobody can be asked.
 */
export async function gatherAnswers(
  options: AnswerOptions,
  present: Record<string, string>,
  prompter: Prompter | undefined
): Promise<Answers> {
  const password = await givenPassword(options)
  if (prompter === undefined) return withoutAsking(options, password, present)

  const host =
    options.host ??
    (await prompter.text('Address of the cluster’s nodes (comma-separated)', {
      fallback: present[settings.nodes.name],
      check: settings.nodes.parse
    }))
  const username =
    options.username ??
    (await prompter.text('Cluster user', {
      fallback: present[settings.username.name] ?? 'admin',
      check: needed
    }))
  return {
    host,
    username,
    password: password || (await askPassword(prompter, present[settings.password.name])),
    oidc:
      options.oidc ??
      (await prompter.confirm(
        'Is this a user of an OpenID Connect provider?',
        isOn(present[settings.useOidc.name])
      )),
    exportUri: options.exportUri ?? (await askExportUri(prompter, present)),
    token: options.token
  }
}

/** Holds a password, so it is asked like one. */
async function askExportUri(
  prompter: Prompter,
  present: Record<string, string>
): Promise<string | undefined> {
  const keep = present[settings.exportUri.name] ? 'Enter keeps the present one' : 'Enter for none'
  for (;;) {
    const answer = (
      await prompter.secret(`Archive for exports, smb://user:password@server/share; ${keep}`)
    ).trim()
    if (answer === '') return undefined
    try {
      parseExportUri(answer)
      return answer
    } catch (error) {
      prompter.tell(error instanceof Error ? error.message : 'That is not possible')
    }
  }
}
