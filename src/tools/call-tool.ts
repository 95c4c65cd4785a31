import { isObject, refuseDeepNesting } from '../lib/json.ts'
import { redactSecrets } from '../lib/secrets.ts'
import { noteLines, responseText } from '../views/text/text-form.ts'
import { withNextStep } from './advice.ts'
import { CallLog, type CallSource } from './call-log.ts'
import type { Tool, ToolContext } from './define-tool.ts'
import { coerceArguments } from './arguments/coerce.ts'
import { resolveNames } from './arguments/resolve-names.ts'
import { validateArguments } from './arguments/validate.ts'

/** Arguments as a tool runs with them. */
export interface PreparedCall {
  args: Record<string, unknown>
  /** How the caller's arguments were understood, where that is worth saying. */
  notes: string[]
}

/** The one that is nested too deep is named. */
function refuseDeepArguments(given: unknown): void {
  if (!isObject(given)) return refuseDeepNesting('the body', given)
  for (const [name, value] of Object.entries(given)) refuseDeepNesting(name.slice(0, 100), value)
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
  refuseDeepArguments(given)
  const { args, notes, problems, doubles } = coerceArguments(tool, given)
  validateArguments(tool, args, problems)
  const resolved = await resolveNames(tool, context, args, doubles)
  return { args: resolved.args, notes: [...notes, ...resolved.notes] }
}

/** The response with the notes at its end, before those of the tool itself. */
function withNotes(response: unknown, notes: readonly string[]): unknown {
  if (notes.length === 0 || typeof response !== 'object' || response === null) return response
  if (Array.isArray(response)) return response
  const { notes: own, ...rest } = response as Record<string, unknown>
  return { ...rest, notes: [...notes, ...(Array.isArray(own) ? (own as unknown[]) : [])] }
}

/**
 * One call of one tool, the same for every surface: argument coercion, validation, names, run,
 * redaction, and its line in the log.
 * @throws {BridgeError} with a message for the caller.
 */
export async function callTool(
  tool: Tool,
  context: ToolContext,
  given: unknown,
  source: CallSource
): Promise<unknown> {
  const log = new CallLog(tool, source)
  try {
    const { args, notes } = await prepareArguments(tool, context, given)
    log.runsWith(args)
    const response = await tool.run(context, args)
    const shaped = withNotes(tool.redact === false ? response : redactSecrets(response), notes)
    log.ended(shaped, context.signal.aborted)
    return shaped
  } catch (error) {
    log.failed(error)
    throw withNextStep(tool, error)
  }
}

/** The answer of a tool as text, in the tool's own way or the general one. */
export function toolResponseText(tool: Tool, response: unknown): string {
  if (tool.text === undefined || !isObject(response)) return responseText(response)
  const { notes, ...rest } = response
  return [tool.text(rest), ...noteLines(notes)].join('\n')
}
