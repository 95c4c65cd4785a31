import { loadConfig, settings } from '../config/config.ts'
import { parseExportUri } from '../config/setting-values.ts'
import { check } from './check.ts'
import { CommandError } from '../lib/command-error.ts'
import {
  backUpEnvFile,
  overruled,
  readEnvFile,
  writeEnvFile,
  type EnvFile
} from '../config/env-file.ts'
import { readEnvText, setInEnvText } from '../config/env-text.ts'
import { gatherAnswers, type AnswerOptions, type Answers } from './init-answers.ts'
import {
  certificateLines,
  comparisonAdvice,
  viewNodes,
  type NodeView
} from './node-certificates.ts'
import { notedPins, pinInEnvText, sameFingerprint, type Pin } from './pins.ts'
import { canAsk, Prompter } from './io/prompter.ts'
import { notes, output, warn } from './io/terminal.ts'
import { newToken, warnOfShortToken } from './token.ts'

export interface InitOptions extends AnswerOptions {
  fingerprint?: string
  yes?: boolean
  force?: boolean
}

const header = '# Settings of scale-bridge. Holds passwords: keep it to yourself.\n'

/** Ends with an error that names the option, where nobody can be asked. */
async function leave(
  prompter: Prompter | undefined,
  question: string,
  fallback: boolean,
  refusal: string
): Promise<void> {
  if (prompter === undefined) throw new CommandError(refusal, 2)
  if (!(await prompter.confirm(question, fallback))) throw new CommandError('Nothing was written')
}

async function confirmOverwrite(
  file: EnvFile,
  prompter: Prompter | undefined,
  { yes, force }: InitOptions
): Promise<void> {
  const present = ['SCALE_HOST', 'SCALE_USERNAME', 'SCALE_PASSWORD'].some(
    (name) => file.values[name]
  )
  if (!present || yes || force) return
  await leave(
    prompter,
    `${file.path} has cluster settings already. Change them (a backup is kept)?`,
    true,
    `${file.path} has cluster settings already: --force changes them and keeps a backup`
  )
}

/** Fetches the certificates and has them accepted; answers what is to be pinned. */
async function agreeOnCertificates(
  nodes: readonly string[],
  prompter: Prompter | undefined,
  { fingerprint, yes, force }: InitOptions
): Promise<Pin[]> {
  const expected =
    fingerprint === undefined ? undefined : settings.tlsFingerprints.parse(fingerprint)
  notes.line(`Asking ${nodes.join(', ')} for certificates …`)
  const views = await viewNodes(nodes)
  for (const view of views) showNode(view)
  const silent = views.filter((view) => view.certificate === undefined)
  if (silent.length === views.length)
    throw new CommandError('No node answered, nothing was written: check the addresses (--host)')
  if (silent.length > 0 && !force)
    await leave(
      prompter,
      'Not all nodes answered. Go on without them (`scale-bridge pin` adds them later)?',
      false,
      `${silent.map(({ origin }) => origin).join(', ')} did not answer, nothing was written: --force goes on without`
    )
  const pins = views.flatMap(({ origin, certificate }) =>
    certificate === undefined ? [] : [{ origin, fingerprint: certificate.fingerprint256 }]
  )
  if (expected !== undefined) {
    const strange = pins.filter(
      (pin) => !expected.some((print) => sameFingerprint(print, pin.fingerprint))
    )
    if (strange.length > 0)
      throw new CommandError(
        `${strange.map(({ origin }) => origin).join(', ')}: the certificate is none of those given with --fingerprint; nothing was written`
      )
  } else if (!yes) {
    notes.line(comparisonAdvice)
    await leave(
      prompter,
      'Are these the certificates of your cluster?',
      false,
      'Nobody is here to accept the certificates: --fingerprint names the right ones, --yes takes those shown'
    )
  }
  return pins
}

function showNode({ origin, certificate, problem }: NodeView): void {
  output.line(output.style('bold', origin))
  if (certificate === undefined) output.line(`  ${output.style('red', problem ?? '')}`)
  else for (const line of certificateLines(output, certificate)) output.line(`  ${line}`)
  output.line()
}

/** The new text of the file. Pins of nodes that no longer belong to the cluster go. */
function compose(file: EnvFile, answers: Answers, nodes: readonly string[], pins: Pin[]): string {
  const present = settings.tlsFingerprints.name
  const known = (file.values[present] ?? '').split(',').filter((print) => print.trim() !== '')
  const kept = notedPins(file.text, known).filter(
    ({ origin }) => nodes.includes(origin) && !pins.some((pin) => pin.origin === origin)
  )
  const values: Record<string, string> = {
    [settings.nodes.name]: answers.host,
    [settings.username.name]: answers.username,
    [settings.password.name]: answers.password,
    ...((answers.oidc || file.values[settings.useOidc.name] !== undefined) && {
      [settings.useOidc.name]: String(answers.oidc)
    }),
    ...(answers.exportUri !== undefined && { [settings.exportUri.name]: answers.exportUri }),
    [settings.token.name]: answers.token ?? (file.values[settings.token.name] || newToken())
  }
  return pinInEnvText(
    setInEnvText(file.exists ? file.text : header, values),
    kept.map(({ fingerprint }) => fingerprint),
    [...kept, ...pins]
  )
}

async function prepare(options: InitOptions, prompter: Prompter | undefined): Promise<void> {
  const file = await readEnvFile()
  await confirmOverwrite(file, prompter, options)
  const answers = await gatherAnswers(options, file.values, prompter)
  const nodes = settings.nodes.parse(answers.host)
  const pins = await agreeOnCertificates(nodes, prompter, options)
  const text = compose(file, answers, nodes, pins)
  const values = readEnvText(text)
  // What else stands in the file counts too: it must be fit for `serve`.
  const config = loadConfig(values)
  const backup = await backUpEnvFile(file)
  await writeEnvFile(file, text)
  output.line(`Written: ${file.path}${backup === undefined ? '' : ` (backup: ${backup})`}`)
  warnOfShortToken(config.token)
  for (const name of overruled(Object.keys(values), values))
    warn(`${name} is also set in the environment, which wins over the file`)
}

/**
 * Asks for the cluster, pins its certificates, writes `.env` and checks it.
 * @returns the exit code of the check.
 */
export async function init(options: InitOptions): Promise<number> {
  if (options.exportUri) parseOption('--export-uri', options.exportUri, parseExportUri)
  if (options.host !== undefined) parseOption('--host', options.host, settings.nodes.parse)
  if (options.token !== undefined) parseOption('--token', options.token, settings.token.parse)
  if (options.fingerprint !== undefined)
    parseOption('--fingerprint', options.fingerprint, settings.tlsFingerprints.parse)

  const prompter = canAsk() && !options.passwordStdin ? new Prompter() : undefined
  try {
    await prepare(options, prompter)
  } finally {
    prompter?.close()
  }
  output.line()
  return check()
}

/** Refuses a wrong option before anything is asked; its value is never repeated. */
function parseOption(name: string, text: string, parse: (text: string) => unknown): void {
  try {
    parse(text)
  } catch (error) {
    throw new CommandError(`${name} ${error instanceof Error ? error.message : 'is wrong'}`, 2)
  }
}
