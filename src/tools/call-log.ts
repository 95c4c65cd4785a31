import { toBridgeError } from '../lib/errors.ts'
import type { Logger } from '../lib/logger.ts'
import { isSecretName } from '../lib/secrets.ts'
import type { Tool } from './define-tool.ts'
import { isUuid } from '../lib/uuid.ts'

/** Where a call comes from, for its line of the log. */
export interface CallSource {
  /** Writes the request's id into every line. */
  log: Pick<Logger, 'debug' | 'info'>
  surface: 'rest' | 'mcp' | 'stdio'
  /** Who calls and in which chat, where a caller with the token says it. */
  user?: string
  chat?: string
}

/** The form in which a value of this argument may be logged, besides uuids. */
const forms: Record<string, RegExp> = {
  taskTag: /^\d+$/,
  // Of run_api: the address without what is asked of it.
  method: /^[a-z]{3,6}$/i,
  query: /^(?:[a-z]{3,6} )?\/?[\w/.-]{1,200}/i
}

/** What a call of a writing tool acts on: ids and words of the schema, never a secret or free text. */
function actedOn(tool: Tool, args: Record<string, unknown>): Record<string, string> {
  const acted: Record<string, string> = {}
  for (const [name, value] of Object.entries(args)) {
    if (typeof value !== 'string' || isSecretName(name)) continue
    const listed = (tool.input.properties[name]?.['enum'] as string[] | undefined)?.includes(value)
    const shown = listed || isUuid(value) ? value : forms[name]?.exec(value)?.[0]
    if (shown !== undefined && shown !== '') acted[name] = shown
  }
  return acted
}

/** What came of it, as writing tools answer it; an error may know it, too. */
function cameOfIt(response: unknown): Record<string, string> {
  const record = (response ?? {}) as Record<string, unknown>
  const { taskTag, createdUUID, state } = (record['task'] ?? record) as Record<string, unknown>
  const found = Object.entries({ taskTag, createdUUID, state })
  return Object.fromEntries(
    found.filter((pair): pair is [string, string] => typeof pair[1] === 'string' && pair[1] !== '')
  )
}

/** A call that runs, until its line is written. */
export interface RunningCall {
  /** What the tool runs with, once that is known. */
  args?: Record<string, unknown>
}

/**
 * Runs a call and writes its one line: tool, outcome (`ok`, the code of the error, or `gone` where
 * nobody was left to answer), ms, surface and caller; of a tool that changes something also `on`, what
 * it acted on and what came of it.
 */
export async function logged<T>(
  tool: Tool,
  source: CallSource,
  signal: AbortSignal,
  run: (call: RunningCall) => Promise<T>
): Promise<T> {
  const { log, ...caller } = source
  const startedAt = performance.now()
  const call: RunningCall = {}
  const write = (outcome: string, result: unknown): void => {
    const ms = Math.round(performance.now() - startedAt)
    const on =
      tool.annotations.readOnlyHint || call.args === undefined
        ? {}
        : { on: { ...actedOn(tool, call.args), ...cameOfIt(result) } }
    log.info({ tool: tool.name, outcome, ms, ...caller, ...on }, 'tool called')
  }
  try {
    const response = await run(call)
    write(signal.aborted ? 'gone' : 'ok', response)
    return response
  } catch (error) {
    const { code, details } = toBridgeError(error)
    if (code !== 'INTERNAL') log.debug({ err: error }, 'call failed')
    write(code === 'CALLER_GONE' ? 'gone' : code, details)
    throw error
  }
}
