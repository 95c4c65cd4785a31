import { BridgeError } from '../../lib/errors/errors.ts'
import { isObject } from '../../lib/json/json.ts'
import { refuseTooMuch } from '../../lib/json/refuse-too-much.ts'
import { unixMs } from '../../lib/time/unix-time.ts'
import { noteLines, responseText, textValue } from '../../views/text/text-form.ts'
import { withNextStep, withOrder } from '../advice/advice.ts'
import { CallLog, type CallSource } from './call-log.ts'
import { failedTask } from './failed-task.ts'
import type { Tool, ToolContext } from '../define-tool.ts'
import { DryRun } from '../../policy/dry-run.ts'
import { dryRunResponse } from '../writes/dry-run.ts'
import { underTerms } from '../writes/with-approval.ts'
import { lookForUpdate } from '../writes/during-update.ts'
import { type CallInfo, isWrite, runWrite, withNotes } from '../writes/run-write.ts'
import {
  errorInOfferedWords,
  type OfferedWords,
  responseInOfferedWords
} from '../advice/offered-words.ts'
import { requireUsable, requireWritable } from '../tool-sets.ts'
import { coerceArguments } from '../arguments/coerce.ts'
import { present } from './present.ts'
import { resolveNames } from '../arguments/resolve-names.ts'
import { validateArguments } from '../arguments/validate.ts'

/** More arguments than any tool has are not looked at one by one. */
const maxNamed = 100

/** Arguments as a tool runs with them. */
export interface PreparedCall {
  args: Record<string, unknown>
  /** How the caller's arguments were understood, where that is worth saying. */
  notes: string[]
}

/**
 * Refuses arguments that are nested too deep or hold too much, before anything is coerced or checked. The
 * one that does is named.
 * @throws {BridgeError} INVALID_ARGUMENT
 */
export function refuseBeyondLimits(given: unknown): void {
  try {
    refuseTooMuch('the body', given)
  } catch (error) {
    if (isObject(given) && Object.keys(given).length <= maxNamed)
      for (const [name, value] of Object.entries(given)) refuseTooMuch(name.slice(0, 100), value)
    throw error
  }
}

/** @throws {BridgeError} READ_ONLY, SCOPE_REQUIRED, which is on record then */
function refuseUnusable(tool: Tool, { authority, onRefused, readOnly }: ToolContext): void {
  try {
    requireWritable(tool, readOnly)
    requireUsable(tool, authority.principal)
  } catch (error) {
    if (error instanceof BridgeError) onRefused(tool.name, error)
    throw error
  }
}

/**
 * What happens to arguments before the tool runs: coercion, validation, then names become uuids. The
 * cluster is asked only once everything else is right.
 * @throws {BridgeError} with a message for the caller.
 */
export async function prepareArguments(
  tool: Tool,
  context: ToolContext,
  given: unknown
): Promise<PreparedCall> {
  refuseBeyondLimits(given)
  const { args, notes, problems, duplicates } = coerceArguments(tool, given)
  // Without the right to call it, that is the first error. What sends nothing requires the right to look.
  if (!isObject(args) || args['dry_run'] !== true) refuseUnusable(tool, context)
  validateArguments(tool, args, problems)
  // One that checks its call further asks when that is done.
  if (isWrite(tool, args) && tool.vmsOf === undefined) lookForUpdate(context)
  const resolved = await resolveNames(tool, context, args, duplicates)
  return { args: resolved.args, notes: [...notes, ...resolved.notes] }
}

async function run(
  tool: Tool,
  context: ToolContext,
  args: Record<string, unknown>,
  info: CallInfo
): Promise<unknown> {
  try {
    return context.authority.dryRun !== true && isWrite(tool, args)
      ? await runWrite(tool, context, args, info)
      : await tool.run(context, args)
  } catch (error) {
    if (error instanceof DryRun) return dryRunResponse(tool, error)
    throw error
  }
}

/** A caller of a tool has it, whatever was listed. */
const wordsFor = ({ name }: Tool, { tools, offered }: ToolContext): OfferedWords => ({
  all: tools.keys(),
  offered: offered && new Set([...offered, name])
})

/** A failure as the caller sees it: with what to call next, of the tools that it is offered. */
export function errorForCaller(tool: Tool, context: ToolContext, error: unknown): unknown {
  const inWords = errorInOfferedWords(withNextStep(tool, error), wordsFor(tool, context))
  return withOrder(tool, context.tools, inWords)
}

async function carryOut(
  tool: Tool,
  context: ToolContext,
  given: unknown,
  source: CallSource
): Promise<unknown> {
  const info = { at: unixMs(), idempotencyKey: source.idempotencyKey }
  const log = new CallLog(tool, source, context.meter)
  try {
    const { args, notes } = await prepareArguments(tool, context, given)
    log.runsWith(args)
    const { plan, dry_run: dryRun, ...own } = args
    const terms = await underTerms(context, tool.name, { plan, dryRun })
    const response = await run(tool, terms, own, info)
    const shaped = responseInOfferedWords(
      present(tool, context, args, withNotes(response, notes)),
      wordsFor(tool, context)
    )
    log.ended(shaped, context.signal.aborted)
    return shaped
  } catch (error) {
    log.failed(error)
    throw errorForCaller(tool, context, error)
  }
}

/**
 * One call of one tool, the same for every surface: argument coercion, validation, names, run,
 * redaction, its line in the log, and its trace.
 * @throws {BridgeError} with a message for the caller.
 */
export function callTool(
  tool: Tool,
  context: ToolContext,
  given: unknown,
  source: CallSource
): Promise<unknown> {
  const { meter } = context
  const run = (): Promise<unknown> => carryOut(tool, context, given, source)
  if (meter?.within === undefined) return run()
  const { origin, traceparent } = source
  const { surface, request } = origin
  return meter.within({ tool: tool.name, surface, request, traceparent }, run)
}

/** The response of a tool as text, in the tool's own way or the general one. */
export function toolResponseText(tool: Tool, response: unknown): string {
  const failed = failedTask(tool, response)
  // The first line is what every reader sees, and all that some do.
  const head = failed === undefined ? '' : `ERROR: ${textValue(failed.message)}\n`
  if (tool.text === undefined || !isObject(response)) return head + responseText(response)
  const { notes, ...rest } = response
  return head + [tool.text(rest), ...noteLines(notes)].join('\n')
}
