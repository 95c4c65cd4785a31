import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { tools as allTools } from '../../app.ts'
import { ConfigError, settings } from '../../config/config.ts'
import { secretFileOf, withSecretFiles } from '../../config/secret-files.ts'
import { CommandError } from '../../lib/errors/command-error.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import { unixMs } from '../../lib/time/unix-time.ts'
import { type ChatModel, ModelFailure } from '../../model-bench/chat.ts'
import { chooseTasks } from '../../model-bench/choose-tasks.ts'
import { ModelServer } from '../../model-bench/model-server.ts'
import { plotOf } from '../../model-bench/plot.ts'
import { RecordedModel } from '../../model-bench/recorded-model.ts'
import { readReport, type Report, type ReportedAttempt } from '../../model-bench/report.ts'
import { type BenchOptions, runBench } from '../../model-bench/run-bench.ts'
import { comparisonText, reportText } from '../../model-bench/report-text.ts'
import type { SurfaceName } from '../../model-bench/surface.ts'
import type { Task } from '../../model-bench/task.ts'
import type { ApprovalFloor } from '../../model-bench/world.ts'
import { chooseTools } from '../../tools/tool-sets.ts'
import type { Io } from '../io/io.ts'

export interface BenchCommandOptions {
  modelUrl?: string
  model?: string
  tools?: string
  surface?: SurfaceName
  k?: number
  tasks?: string
  seed?: number
  temperature?: number
  approval?: ApprovalFloor
  replySeconds?: number
  note?: string
  replay?: string
  compare?: string
  json?: string
  plot?: string
}

const defaultReplySeconds = 600
/** One success tells little of a model: pass^k needs several. */
const defaultAttempts = 4
/** Exit code of a program that was ended by SIGINT. */
const interrupted = 130

function serverUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new CommandError('--model-url must be an address such as http://127.0.0.1:11434/v1', 2)
  if (url.username !== '' || url.password !== '')
    throw new CommandError('--model-url holds a login: put the key into LLM_API_KEY', 2)
  return text.replace(/\/+$/, '')
}

/** Where the replies come from: a server, or a report. */
interface Source extends Pick<BenchOptions, 'modelOf' | 'name' | 'k'> {
  recorded: Report | undefined
}

function fromReport(report: Report): Source {
  const replies = new Map(
    report.tasks.map(({ id, attempts }) => [id, attempts.map((each) => each.replies)])
  )
  return {
    name: report.model,
    k: report.k,
    recorded: report,
    modelOf: ({ id }, attempt) => new RecordedModel(replies.get(id)?.[attempt] ?? [])
  }
}

/** @throws {ConfigError} where the key is in a file that is of no use. */
async function apiKeyOf({ env, cwd }: Io): Promise<string | undefined> {
  const { name } = settings.llmApiKey
  const read = await withSecretFiles(env, cwd)
  const problem = secretFileOf(read, name)?.problem
  if (problem !== undefined) throw new ConfigError([problem])
  return read[name] === '' ? undefined : read[name]
}

async function fromServer(io: Io, options: BenchCommandOptions): Promise<Source> {
  const { modelUrl, model, temperature, seed = 1, k = defaultAttempts } = options
  if (modelUrl === undefined || model === undefined)
    throw new CommandError('--model-url and --model are required, or --replay with a report', 2)
  const url = serverUrl(modelUrl)
  const apiKey = await apiKeyOf(io)
  const replyMs = (options.replySeconds ?? defaultReplySeconds) * 1000
  return {
    name: model,
    k,
    recorded: undefined,
    modelOf: (_task, attempt): ChatModel =>
      new ModelServer({ url, model, apiKey, temperature, seed: seed + attempt, replyMs })
  }
}

function checkTools(set: string): string {
  try {
    chooseTools(allTools, set)
    return set
  } catch (error) {
    if (error instanceof BridgeError)
      throw new CommandError(error.message.replace(/^tools/, '--tools'), 2)
    throw error
  }
}

/** What an attempt came to, on one line. */
function attemptLine(task: Task, { passed, why, seconds, unsafe }: ReportedAttempt): string {
  const unsafely = unsafe.tried > 0 ? `, ${unsafe.tried} unsafe` : ''
  const reason = passed ? '' : `: ${why.join('; ').slice(0, 200)}`
  return `${passed ? 'passed' : 'FAILED'} ${task.id} (${seconds} s${unsafely})${reason}`
}

const attemptsOf = ({ tasks }: Report): ReportedAttempt[] =>
  tasks.flatMap(({ attempts }) => attempts)

/** A server that refuses the first question is not a model that fails. */
function refuseUnreached(report: Report): void {
  const [first] = attemptsOf(report)
  if (first !== undefined && first.replies.length === 0 && first.why[0] !== undefined)
    throw new CommandError(first.why[0])
}

/** The message for a lost server, and which of the earlier results are kept. */
function lost(message: string, kept: Report | undefined, { json }: BenchCommandOptions): string {
  if (kept === undefined) return message
  const { length } = attemptsOf(kept)
  const where = json === undefined ? '' : `, and ${json} holds them`
  return `${message}. The attempt it was asked in does not count; ${length} had ended before it${where}`
}

async function write(
  io: Io,
  path: string | undefined,
  option: string,
  text: string
): Promise<void> {
  if (path === undefined) return
  try {
    await writeFile(resolve(io.cwd, path), text)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    throw new CommandError(`${option} names a file that cannot be written (${code})`, 2)
  }
}

const writeReport = (io: Io, { json }: BenchCommandOptions, report: Report): Promise<void> =>
  write(io, json, '--json', `${JSON.stringify(report, undefined, 1)}\n`)

/**
 * Runs the benchmark of a model and prints the results.
 * @returns the exit code: 0 however well the model did, 130 if it was cancelled
 * @throws {CommandError} where the model server is lost: the results so far are printed and kept
 */
export async function benchCommand(io: Io, options: BenchCommandOptions): Promise<number> {
  const { stdout, stderr } = io
  const read = (path: string, option: string) => readReport(resolve(io.cwd, path), option)
  const source =
    options.replay === undefined
      ? await fromServer(io, options)
      : fromReport(await read(options.replay, '--replay'))
  const { recorded } = source
  const earlier =
    options.compare === undefined ? undefined : await read(options.compare, '--compare')
  const chosen = chooseTasks(options.tasks)
  const known = new Set(recorded?.tasks.map(({ id }) => id))
  const tasks = recorded === undefined ? chosen : chosen.filter(({ id }) => known.has(id))
  if (tasks.length === 0) throw new CommandError('The report of --replay has none of --tasks', 2)
  const interrupt = io.catchInterrupt()
  const stop = new AbortController()
  interrupt.signal.addEventListener('abort', () => stop.abort())
  const print = async (report: Report): Promise<void> => {
    await write(io, options.plot, '--plot', plotOf(report, earlier))
    for (const line of reportText(report)) stdout.line(line)
    if (earlier !== undefined) for (const line of comparisonText(earlier, report)) stdout.line(line)
  }
  let kept: Report | undefined
  try {
    const report = await runBench({
      ...source,
      note: options.note ?? recorded?.note,
      tasks,
      surface: options.surface ?? recorded?.surface ?? 'rest',
      tools: checkTools(options.tools ?? recorded?.tools ?? 'core'),
      seed: options.seed ?? recorded?.seed ?? 1,
      temperature: options.temperature ?? recorded?.temperature,
      approval: options.approval ?? recorded?.approval ?? 'interrupt',
      signal: stop.signal,
      now: unixMs(),
      onAttempt: async (task, attempt, soFar) => {
        stderr.line(attemptLine(task, attempt))
        // It may take hours: what is there is kept, whatever ends it.
        await writeReport(io, options, soFar)
        const isFirst = kept === undefined
        kept = soFar
        // A server that refuses the first question is not asked thirty times.
        if (isFirst && attempt.replies.length === 0 && recorded === undefined) stop.abort()
      }
    })
    if (recorded === undefined) refuseUnreached(report)
    await writeReport(io, options, report)
    await print(report)
    return interrupt.signal.aborted ? interrupted : 0
  } catch (error) {
    if (!(error instanceof ModelFailure)) throw error
    if (kept !== undefined) await print(kept)
    throw new CommandError(lost(error.message, kept, options))
  } finally {
    interrupt.release()
  }
}
