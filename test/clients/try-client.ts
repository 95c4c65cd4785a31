import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspectorOf } from '../conformance/inspector.ts'
import { binOf, folderWith, newNode } from '../conformance/packages.ts'
import { remoteEntry } from '../../src/cli/connect/mcp-remote.ts'
import { packageRoot } from '../../src/lib/files/package-info.ts'
import type { Owner } from '../eval/owner.ts'
import { startRecordedModel } from '../helper/recorded-model.ts'
import { run } from '../helper/shell.ts'
import { startTrialBridge, type TrialBridge } from './bridge.ts'
import type { TriedClient } from './clients.ts'
import { startGeminiModel } from './gemini-model.ts'
import { type Step, steps } from './steps.ts'

/** What a client showed its model of a step; an Inspector or SDK has none, and prints it. */
interface Shown {
  step: string
  text: string
  /** Notifications of progress that came in. */
  progress?: number
}

/** The outcome of a step. */
export interface Outcome {
  step: string
  passed: boolean
  /** Characters that the model gets. */
  characters: number
  progress: number | undefined
  /** Why it failed. */
  problem: string | undefined
}

export interface ClientOutcome {
  client: TriedClient
  version: string
  outcomes: Outcome[]
}

/** Longer than any client takes for the four steps. */
const deadlineMs = 180_000

async function inspected(
  owner: Owner,
  { url, token }: TrialBridge,
  folder: string
): Promise<Shown[]> {
  const args = [await binOf(folder, '@modelcontextprotocol/inspector', 'mcp-inspector')]
  const header = `Authorization: Bearer ${token}`
  const target = [`${url}/mcp`, '--transport', 'http', '--header', header]
  const inspect = await inspectorOf(owner, { command: await newNode(), args }, target)
  const shown: Shown[] = []
  for (const { step, name, args: given } of steps) {
    const words = ['--tool-name', name, '--tool-args-json', JSON.stringify(given)]
    const { result, stderr } = await inspect('tools/call', ...words)
    shown.push({ step, text: result?.content?.[0]?.text ?? stderr })
  }
  return shown
}

/** The stand-in models; each plays the calls of the steps, and repeats the responses to them. */
async function startModels(
  owner: Owner
): Promise<{ openai: string; gemini: string; name: string }> {
  const recorded = await startRecordedModel(owner)
  for (const { prompt, name, args } of steps)
    recorded.record({ prompt, turns: [[{ tool: name, args }], (results) => results.join('\n')] })
  return {
    openai: recorded.url,
    gemini: await startGeminiModel(owner, steps),
    name: recorded.name
  }
}

/** How a client over standard input and output is reached: as `scale-bridge connect` says. */
async function throughRemote({ url, token }: TrialBridge, folder: string): Promise<object> {
  const { args, env } = remoteEntry(url, token)
  const file = await binOf(folder, 'mcp-remote', 'mcp-remote')
  return {
    command: process.execPath,
    args: [file, ...args.slice(2)],
    env: { PATH: process.env['PATH'], HOME: folder, ...env }
  }
}

async function programmed(
  owner: Owner,
  bridge: TrialBridge,
  folder: string,
  client: TriedClient
): Promise<Shown[]> {
  const name = `${client.program}.mjs`
  // Its packages are found from where it lies.
  const file = join(folder, name)
  await copyFile(join(packageRoot, 'test/clients/programs', name), file)
  const { url, token } = bridge
  const input = {
    url: `${url}/mcp`,
    token,
    generation: client.generation,
    through: client.through === undefined ? undefined : await throughRemote(bridge, folder),
    model: await startModels(owner),
    calls: steps.map(({ step, prompt, name: tool, args }) => ({ step, prompt, name: tool, args }))
  }
  const node = client.needsNewNode === true ? await newNode() : process.execPath
  const { exitCode, stdout, stderr } = await run(
    'timeout',
    [String(deadlineMs / 1000), node, file, JSON.stringify(input)],
    { cwd: folder }
  )
  const lines = stdout.split('\n').filter((line) => line.startsWith('{"step"'))
  if (exitCode !== 0 && lines.length === 0) throw new Error(`${client.name}: ${stderr || stdout}`)
  return lines.map((line) => JSON.parse(line) as Shown)
}

/** Several clients give their model the parts of a result as JSON: the text is in it, escaped. */
const plain = (text: string): string =>
  text.replaceAll(String.raw`\t`, '\t').replaceAll(String.raw`\"`, '"')

async function judge(
  { step, says, holds }: Step,
  bridge: TrialBridge,
  shown: Shown | undefined
): Promise<Outcome> {
  const { text = '', progress } = shown ?? {}
  const problems = [
    ...(shown === undefined ? ['the client ended before it'] : []),
    ...(shown !== undefined && !says.test(plain(text))
      ? [`the model was told: ${text.slice(0, 300)}`]
      : []),
    ...((await holds?.(bridge)) === false ? ['the cluster does not show it'] : [])
  ]
  const problem = problems.length === 0 ? undefined : problems.join('; ')
  return { step, passed: problem === undefined, characters: text.length, progress, problem }
}

/**
 * Takes a client through the steps, in front of a demo of its own.
 * @throws Unavailable where its packages cannot be had
 */
export async function tryClient(owner: Owner, client: TriedClient): Promise<ClientOutcome> {
  const folder = await folderWith(client.packages)
  const bridge = await startTrialBridge(owner)
  const shown =
    client.program === 'inspector'
      ? await inspected(owner, bridge, folder)
      : await programmed(owner, bridge, folder, client)
  const outcomes: Outcome[] = []
  for (const step of steps)
    outcomes.push(
      await judge(
        step,
        bridge,
        shown.find((each) => each.step === step.step)
      )
    )
  return { client, version: Object.values(client.packages)[0] ?? '', outcomes }
}
