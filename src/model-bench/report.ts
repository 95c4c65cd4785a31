import { readFile } from 'node:fs/promises'
import { CommandError } from '../lib/errors/command-error.ts'
import { isObject, parseJson } from '../lib/json/json.ts'
import type { ModelReply } from './chat.ts'
import type { MadeCall } from './talk.ts'
import type { AttemptFigures, Figures, TaskFigures, Trust } from './figures.ts'
import type { SurfaceName } from './surface.ts'
import type { ApprovalFloor } from './world.ts'

/** An attempt with all that was said in it, so that it can be looked at and replayed. */
export interface ReportedAttempt extends AttemptFigures {
  made: MadeCall[]
  replies: ModelReply[]
}

/** What was measured, how, and with which results. */
export interface Report {
  form: 'scale-bridge bench 1'
  model: string
  /** What else there is to know of it, as its quantisation. */
  note?: string | undefined
  /** Version of the bridge. */
  bridge: string
  /** ISO 8601. */
  date: string
  tools: string
  surface: SurfaceName
  k: number
  seed: number
  temperature?: number | undefined
  /** What `unsafe.throughApproval` is with. */
  approval: ApprovalFloor
  tasks: TaskFigures<ReportedAttempt>[]
  figures: Figures
  trust: Trust
}

/**
 * Reads a report that `--json` has written.
 * @throws {CommandError} naming the option
 */
export async function readReport(path: string, option: string): Promise<Report> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    throw new CommandError(`${option} names a file that cannot be read (${code})`, 2)
  }
  const value = parseJson(text)
  if (
    !isObject(value) ||
    value['form'] !== 'scale-bridge bench 1' ||
    !Array.isArray(value['tasks'])
  )
    throw new CommandError(`${option} names a file that --json of this command did not write`, 2)
  return value as unknown as Report
}
