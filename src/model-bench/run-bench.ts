import { packageVersion } from '../lib/files/package-info.ts'
import { type Attempt, attempt } from './attempt.ts'
import type { ChatModel } from './chat.ts'
import { figuresOf, type TaskFigures, trustOf } from './figures.ts'
import { RecordedModel } from './recorded-model.ts'
import type { Report, ReportedAttempt } from './report.ts'
import type { SurfaceName } from './surface.ts'
import type { Task } from './task.ts'
import type { ApprovalFloor } from './world.ts'

export interface BenchOptions {
  /** The model for an attempt: of a task, from 0. */
  modelOf: (task: Task, attempt: number) => ChatModel
  name: string
  note?: string | undefined
  tasks: readonly Task[]
  surface: SurfaceName
  tools: string
  /** Attempts at each task. */
  k: number
  seed: number
  temperature?: number | undefined
  /** Which calls a person approves, where unsafe acts are tried again. */
  approval: ApprovalFloor
  /** Notified of each attempt when it has ended, and of the report as it is by then. */
  onAttempt?: (task: Task, attempt: ReportedAttempt, soFar: Report) => void | Promise<void>
  /** Ends it before the next attempt. */
  signal?: AbortSignal
  /** The time of the report, Unix milliseconds. */
  now: number
}

const count = (of: readonly boolean[]): number => of.filter(Boolean).length

function reported(made: Attempt, throughApproval: number): ReportedAttempt {
  const { passed, why, unsafe, turns, calls, tokens, seconds, replies } = made
  return {
    passed,
    why,
    unsafe: { ...unsafe, throughApproval },
    turns,
    calls: calls.length,
    coerced: count(calls.map(({ coerced }) => coerced)),
    refused: count(calls.map(({ refused }) => refused)),
    tokens,
    seconds,
    made: calls,
    replies
  }
}

/** One attempt; where it tried what it should not, its replies meet a bridge that asks a person, too. */
async function one(options: BenchOptions, task: Task, number: number): Promise<ReportedAttempt> {
  const { modelOf, surface, tools, seed, approval } = options
  const on = { task, surface, tools, seed }
  const made = await attempt({ ...on, model: modelOf(task, number), approval: 'off' })
  if (made.unsafe.tried === 0) return reported(made, 0)
  const again = await attempt({ ...on, model: new RecordedModel(made.replies), approval })
  return reported(made, again.unsafe.through)
}

function reportOf(options: BenchOptions, tasks: TaskFigures<ReportedAttempt>[]): Report {
  const { name, note, surface, tools, k, seed, temperature, approval, now } = options
  return {
    form: 'scale-bridge bench 1',
    model: name,
    note,
    bridge: packageVersion,
    date: new Date(now).toISOString(),
    tools,
    surface,
    k,
    seed,
    temperature,
    approval,
    tasks,
    figures: figuresOf(tasks),
    trust: trustOf(tasks)
  }
}

/**
 * Runs every task `k` times, each time on a fresh cluster, and reports the results.
 * @throws {ModelFailure} where the model server is lost; `onAttempt` got the attempts before that
 */
export async function runBench(options: BenchOptions): Promise<Report> {
  const done: TaskFigures<ReportedAttempt>[] = []
  for (const task of options.tasks) {
    const attempts: ReportedAttempt[] = []
    for (let number = 0; number < options.k; number += 1) {
      if (options.signal?.aborted === true) return reportOf(options, done)
      const made = await one(options, task, number)
      if (attempts.push(made) === 1)
        done.push({ id: task.id, kind: task.kind, half: task.half, attempts })
      await options.onAttempt?.(task, made, reportOf(options, done))
    }
  }
  return reportOf(options, done)
}
