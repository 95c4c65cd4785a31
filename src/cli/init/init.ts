import { resolve } from 'node:path'
import { ConfigError, loadConfig, settings } from '../../config/config.ts'
import {
  backUpEnvFile,
  overruled,
  readEnvFile,
  settingsOf,
  writeEnvFile,
  type EnvFile,
  type Environment
} from '../../config/env-file.ts'
import { readEnvText, setInEnvText } from '../../config/env-text.ts'
import {
  fileVariable,
  type SecretFile,
  secretFileOf,
  secretFilesIn,
  secretSettings,
  withSecretFiles
} from '../../config/secret-files.ts'
import { parseExportUri } from '../../config/setting-values.ts'
import { CommandError } from '../../lib/errors/command-error.ts'
import { packageRoot } from '../../lib/files/package-info.ts'
import { shellWord } from '../../lib/text/shell-word.ts'
import { describeBackup } from '../../lib/files/user-file.ts'
import { check } from '../check/check.ts'
import { canAsk, type Io, warn } from '../io/io.ts'
import { Prompter } from '../io/prompter.ts'
import type { NodeView } from '../pin/node-certificates.ts'
import { notedPins, pinInEnvText, type Pin } from '../pin/pins.ts'
import type { SettingsOptions } from '../settings.ts'
import { newToken, warnOfShortToken } from '../token/client-token.ts'
import {
  type AnswerOptions,
  type AllAnswers,
  answersWithoutAsking,
  askExportUri,
  askHost,
  askLogin,
  presentLogin,
  readOptions
} from './answers.ts'
import { acceptCertificates, type CertificateOptions, showNodes } from './certificates.ts'
import {
  approvalValues,
  approverCommand,
  askApproval,
  ensureApprover,
  sayApprover
} from './approval.ts'
import { abortUnlessConfirmed } from './confirm.ts'
import { acceptedLogin } from './login.ts'

export interface InitOptions extends AnswerOptions, CertificateOptions, SettingsOptions {
  /** False where the bridge keeps its state elsewhere: the token of who approves belongs there. */
  approver?: boolean
}

const header = '# Settings of scale-bridge. Contains passwords: keep it readable by you only.\n'

async function confirmOverwrite(
  file: EnvFile,
  prompter: Prompter | undefined,
  { yes, force }: InitOptions
): Promise<void> {
  const present = ['SCALE_HOST', 'SCALE_USERNAME', 'SCALE_PASSWORD'].some(
    (name) => file.values[name]
  )
  if (!present || yes || force) return
  await abortUnlessConfirmed(
    prompter,
    `${file.path} has cluster settings already. Change them (a backup is kept)?`,
    true,
    `${file.path} has cluster settings already: --force changes them and keeps a backup`
  )
}

/** Asks for addresses until a node responds there. */
async function askNodes(
  io: Io,
  prompter: Prompter,
  present: string | undefined
): Promise<{ host: string; views: NodeView[] }> {
  for (;;) {
    const host = await askHost(prompter, present)
    const views = await showNodes(io, settings.nodes.parse(host))
    if (views.some(({ certificate }) => certificate !== undefined)) return { host, views }
    prompter.tell('No node responded there: check the addresses')
  }
}

/** Everything that is to be written, tried at the cluster. */
async function gather(
  io: Io,
  given: InitOptions,
  file: EnvFile,
  prompter: Prompter | undefined
): Promise<{ answers: AllAnswers; pins: Pin[] }> {
  const force = given.force === true
  if (prompter === undefined) {
    const answers = answersWithoutAsking(given, file.values)
    const views = await showNodes(io, settings.nodes.parse(answers.host))
    const pins = await acceptCertificates(io, views, file, prompter, given)
    return {
      answers: {
        ...answers,
        ...(await acceptedLogin(io, pins, answers, prompter, force)),
        approval: !file.exists
      },
      pins
    }
  }
  const { host, views } =
    given.host === undefined
      ? await askNodes(io, prompter, file.values[settings.nodes.name])
      : { host: given.host, views: await showNodes(io, settings.nodes.parse(given.host)) }
  const pins = await acceptCertificates(io, views, file, prompter, given)
  const first = await askLogin(prompter, given, presentLogin(file.values))
  const login = await acceptedLogin(io, pins, first, prompter, force)
  const exportUri = given.exportUri ?? (await askExportUri(prompter, file.values))
  const approval = !file.exists && (await askApproval(prompter))
  return { answers: { ...login, host, exportUri, token: given.token, approval }, pins }
}

/**
 * The secrets that are in files.
 * @throws {ConfigError} where one of the files is of no use.
 */
function secretFilesOf(env: Environment): readonly SecretFile[] {
  const files = secretFilesIn(env)
  const problems = files.flatMap(({ problem }) => problem ?? [])
  if (problems.length > 0) throw new ConfigError(problems)
  return files
}

/** The values to write, without those that are in files of their own. */
function withoutFiled(
  values: Record<string, string>,
  answers: AllAnswers,
  held: Environment
): Record<string, string> {
  const given: Record<string, string | undefined> = {
    [settings.password.name]: answers.password,
    [settings.archive.name]: answers.exportUri,
    [settings.token.name]: answers.token
  }
  const kept = { ...values }
  for (const { setting, variable, path } of secretFilesOf(held)) {
    if (given[setting] !== undefined && given[setting] !== held[setting])
      throw new CommandError(
        `${variable} is set, and ${path} has another ${setting}: change it there, or remove ${variable}. Nothing was changed`
      )
    delete kept[setting]
  }
  return kept
}

/**
 * The new text of the file. Pins of nodes that no longer belong to the cluster go. A password of the
 * environment stays there alone: it may be one that the file cannot hold.
 * @param held the settings before, with the secrets of their files
 */
function compose(
  file: EnvFile,
  answers: AllAnswers,
  pins: Pin[],
  environment: Environment,
  held: Environment
): string {
  const nodes = settings.nodes.parse(answers.host)
  const present = settings.tlsFingerprints.name
  const known = (file.values[present] ?? '').split(',').filter((print) => print.trim() !== '')
  const kept = notedPins(file.text, known).filter(
    ({ origin }) => nodes.includes(origin) && !pins.some((pin) => pin.origin === origin)
  )
  const values: Record<string, string> = {
    [settings.nodes.name]: answers.host,
    [settings.username.name]: answers.username,
    ...(answers.password !== environment[settings.password.name] && {
      [settings.password.name]: answers.password
    }),
    ...((answers.oidc || file.values[settings.useOidc.name] !== undefined) && {
      [settings.useOidc.name]: String(answers.oidc)
    }),
    ...(answers.exportUri !== undefined && { [settings.archive.name]: answers.exportUri }),
    [settings.token.name]: answers.token ?? (file.values[settings.token.name] || newToken()),
    ...(answers.approval && approvalValues)
  }
  return pinInEnvText(
    setInEnvText(file.exists ? file.text : header, withoutFiled(values, answers, held)),
    kept.map(({ fingerprint }) => fingerprint),
    [...kept, ...pins]
  )
}

async function write(io: Io, file: EnvFile, text: string): Promise<void> {
  const values = readEnvText(text)
  // What else is in the file counts too: `serve` must start with it.
  const password = settings.password.name
  const variables = secretSettings.map(fileVariable)
  const named = Object.entries(io.env).filter(([name]) => variables.includes(name))
  const env = { [password]: io.env[password], ...values, ...Object.fromEntries(named) }
  const read = await withSecretFiles(env, io.cwd)
  const config = loadConfig(read)
  const backup = await backUpEnvFile(file)
  await writeEnvFile(file, text)
  io.stdout.say(`Wrote ${file.path}${backup === undefined ? '' : ` (${describeBackup(backup)})`}`)
  for (const { setting, path } of secretFilesIn(read))
    io.stdout.say(`${setting} is in ${path} and was not written`)
  if (values[password] === undefined && secretFileOf(read, password) === undefined)
    io.stdout.say(`${password} comes from the environment and was not written`)
  warnOfShortToken(io, config.token)
  for (const name of overruled(Object.keys(values), values, io.env))
    warn(io, `${name} is also set in the environment, which wins over the file`)
}

function sayNext({ stdout, cwd }: Io, { settings, approver }: InitOptions, checked: boolean): void {
  const named = settings === undefined ? '' : ` --settings ${shellWord(settings)}`
  stdout.line()
  if (!checked) {
    stdout.say(`Fix what failed, then try again: \`scale-bridge check${named}\``)
    return
  }
  const start = named === '' && cwd === packageRoot ? 'npm start' : `scale-bridge serve${named}`
  const steps = [
    ...(approver === false
      ? [
          [
            `scale-bridge ${approverCommand}`,
            "where the bridge keeps its state: the approver's token"
          ]
        ]
      : []),
    [start, 'start the bridge, or restart a running one'],
    [`scale-bridge connect openwebui${named}`, 'connect a client'],
    ['scale-bridge connect', 'the other clients']
  ].map(([command = '', purpose = '']) => [stdout.named(command), purpose])
  const width = Math.max(...steps.map(([command = '']) => command.length))
  stdout.line('Next:')
  for (const [command = '', purpose = ''] of steps)
    stdout.line(`  ${command.padEnd(width)}  ${purpose}`)
}

/**
 * Asks for the cluster, pins its certificates, tries the login, writes the settings file and checks
 * everything.
 * @returns the exit code of the check.
 */
export async function init(io: Io, options: InitOptions): Promise<number> {
  if (options.exportUri) parseOption('--export-uri', options.exportUri, parseExportUri)
  if (options.host !== undefined) parseOption('--host', options.host, settings.nodes.parse)
  if (options.token !== undefined) parseOption('--token', options.token, settings.token.parse)
  if (options.fingerprint !== undefined)
    parseOption('--fingerprint', options.fingerprint, settings.tlsFingerprints.parse)
  const file = await readEnvFile(resolve(io.cwd, options.settings ?? '.env'))
  const held = await withSecretFiles(settingsOf(file, io.env), io.cwd)
  const inFiles = Object.fromEntries(
    secretFilesOf(held).map(({ setting }): [string, string] => [setting, held[setting] ?? ''])
  )
  // What is in a file of its own is as good as what is in the settings.
  const known = { ...file, values: { ...file.values, ...inFiles } }
  const given = { ...options, ...(await readOptions(io, options, { ...io.env, ...inFiles })) }

  const prompter = canAsk(io) && !options.passwordStdin ? new Prompter(io) : undefined
  try {
    await confirmOverwrite(file, prompter, given)
    const { answers, pins } = await gather(io, given, known, prompter)
    const text = compose(file, answers, pins, io.env, held)
    const env = { ...readEnvText(text), ...io.env }
    // First: where it cannot be created, no file is left that requires it.
    const approver =
      answers.approval && given.approver !== false ? await ensureApprover(io, env) : undefined
    await write(io, file, text)
    if (approver !== undefined) sayApprover(io, env, approver)
  } finally {
    prompter?.close()
  }
  io.stdout.line()
  const code = await check(io, { settings: file.path }, { keepsStateHere: given.approver })
  sayNext(io, options, code === 0)
  return code
}

/** Refuses a wrong option before anything is asked; its value is never repeated. */
function parseOption(name: string, text: string, parse: (text: string) => unknown): void {
  try {
    parse(text)
  } catch (error) {
    throw new CommandError(`${name} ${error instanceof Error ? error.message : 'is wrong'}`, 2)
  }
}
