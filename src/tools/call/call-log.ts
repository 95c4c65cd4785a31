import type { CallOrigin } from '../../identity/authority.ts'
import { toBridgeError } from '../../lib/errors/errors.ts'
import type { Logger } from '../../lib/process/logger.ts'
import type { Meter } from '../../lib/process/meter.ts'
import { isSecretName } from '../../lib/secrets/secrets.ts'
import type { Tool } from '../define-tool.ts'
import { describePayload } from './log-payload.ts'
import { isUuid } from '../../lib/text/uuid.ts'
import { ownValue } from '../../lib/json/own-value.ts'

/** Where a call comes from, for its line of the log. */
export interface CallSource {
  /** Writes the request's id into every line. */
  log: Pick<Logger, 'debug' | 'info'>
  /** Name of the token. */
  token: string
  /** How the call came, who calls and in which chat. */
  origin: CallOrigin
  /** The caller's own name for this call, by which its repetition is known. */
  idempotencyKey?: string | undefined
  /** Of the trace that the call belongs to, as the caller sent it. */
  traceparent?: string | undefined
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
    const shown = listed || isUuid(value) ? value : ownValue(forms, name)?.exec(value)?.[0]
    if (shown !== undefined && shown !== '') acted[name] = shown
  }
  return acted
}

/** The outcome, as writing tools return it; an error may know it, too. */
function cameOfIt(response: unknown): Record<string, string> {
  const record = (response ?? {}) as Record<string, unknown>
  const { taskTag, createdUUID, state } = (record['task'] ?? record) as Record<string, unknown>
  const found = Object.entries({ taskTag, createdUUID, state })
  return Object.fromEntries(
    found.filter((pair): pair is [string, string] => typeof pair[1] === 'string' && pair[1] !== '')
  )
}

/**
 * The one line of the log that a call writes: tool, outcome (`ok`, the code of the error, or `gone`
 * where no client was left to respond to), ms, surface and caller; of a tool that changes something also
 * `on`, what it acted on and its outcome.
 */
export class CallLog {
  readonly #tool: Tool
  readonly #source: CallSource
  readonly #meter: Meter | undefined
  readonly #startedAt = performance.now()
  #args: Record<string, unknown> | undefined

  constructor(tool: Tool, source: CallSource, meter: Meter | undefined) {
    this.#tool = tool
    this.#source = source
    this.#meter = meter
  }

  /** What the tool runs with, once that is known. */
  runsWith(args: Record<string, unknown>): void {
    this.#args = args
  }

  /** @param gone the caller disconnected before the response */
  ended(response: unknown, gone: boolean): void {
    this.#write(gone ? 'gone' : 'ok', response)
  }

  failed(error: unknown): void {
    const { code, details } = toBridgeError(error)
    if (code !== 'INTERNAL') this.#source.log.debug({ err: error }, 'call failed')
    this.#write(code === 'CALLER_GONE' ? 'gone' : code, details)
  }

  #write(outcome: string, result: unknown): void {
    const { log, token, origin } = this.#source
    const { surface, user, chat } = origin
    const caller = {
      surface,
      token,
      ...(user !== undefined && { user }),
      ...(chat !== undefined && { chat })
    }
    const passed = performance.now() - this.#startedAt
    this.#meter?.called({ tool: this.#tool.name, outcome, surface, seconds: passed / 1000 })
    const ms = Math.round(passed)
    const on =
      this.#tool.annotations.readOnlyHint || this.#args === undefined
        ? {}
        : {
            on: {
              ...actedOn(this.#tool, this.#args),
              ...describePayload(this.#args['payload']),
              ...cameOfIt(result)
            }
          }
    log.info({ tool: this.#tool.name, outcome, ms, ...caller, ...on }, 'tool called')
  }
}
