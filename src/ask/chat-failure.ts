import { BridgeError, type ErrorCode } from '../lib/errors/errors.ts'
import type { HttpFailure, HttpFailureKind } from '../lib/http/http.ts'
import { isObject, parseJson } from '../lib/json/json.ts'
import { redactKey, withoutControls } from './text-filters.ts'

/** The model server that failed, as the messages need it. */
export interface FailingServer {
  /** Host and port. */
  host: string
  model: string
  apiKey: string | undefined
}

const maxQuoteLength = 300
const maxModelNames = 20
const defaultRetrySeconds = 10

export const looksLikeHtml = (text: string): boolean => /^\s*</.test(text)

/** What a server calls its error, in any of the usual shapes; undefined where it names none. */
export function errorWords(value: unknown): string | undefined {
  if (!isObject(value)) return undefined
  const { error, message, detail } = value
  const words = isObject(error) ? error['message'] : (error ?? message ?? detail)
  return typeof words === 'string' && words.trim() !== '' ? words : undefined
}

/** A server's words as a part of one sentence, without the key. */
function quoteServer(
  words: string,
  apiKey: string | undefined,
  maxLength = maxQuoteLength
): string {
  const line = withoutControls(redactKey(words, apiKey).replaceAll(/\s+/g, ' ')).trim()
  return line.slice(0, maxLength).replace(/[.:;\s]+$/, '')
}

export function failure(
  { host }: FailingServer,
  code: ErrorCode,
  what: string,
  extras: { details?: Record<string, unknown>; cause?: unknown } = {}
): BridgeError {
  return new BridgeError(code, `The model server ${host} ${what}.`, extras)
}

const checkServer = 'check that it runs, and LLM_BASE_URL'

const connectionFailures: Record<HttpFailureKind, [code: ErrorCode, advice: string]> = {
  unreachable: ['LLM_UNREACHABLE', checkServer],
  'connect-timeout': ['LLM_TIMEOUT', checkServer],
  timeout: ['LLM_TIMEOUT', 'try again'],
  'not-http': ['LLM_BAD_ANSWER', checkServer],
  cut: ['LLM_BAD_ANSWER', 'try again'],
  'too-large': ['LLM_BAD_ANSWER', 'ask a narrower question']
}

/** Why no whole response came. What the server sent may hold the key: the log gets it without. */
export function connectionFailure(server: FailingServer, failed: HttpFailure): BridgeError {
  const { kind, reason, cause } = failed
  const [code, advice] = connectionFailures[kind]
  const words = cause instanceof Error ? cause.message : reason
  return failure(server, code, `${reason}: ${advice}`, {
    cause: new Error(redactKey(words, server.apiKey))
  })
}

/** Seconds of a `Retry-After`, which is a number of seconds or a date; a default without it. */
function retrySeconds(header: string | string[] | undefined): number {
  const text = String(header ?? '').trim()
  if (/^\d{1,9}$/.test(text)) return Number(text)
  const date = Date.parse(text)
  return Number.isNaN(date)
    ? defaultRetrySeconds
    : // oxlint-disable-next-line no-restricted-properties -- compared with a date
      Math.max(0, Math.ceil((date - Date.now()) / 1000))
}

/** Whether a response means that the server does not have the model. */
export function saysNoModel(status: number, text: string): boolean {
  if (status === 404) return true
  const words = errorWords(parseJson(text)) ?? ''
  return (
    status === 400 && /model.*(not found|not exist)|(invalid|unknown|no such) model/i.test(words)
  )
}

/** The server does not have the model; `models` are those that it lists. */
export function modelFailure(server: FailingServer, status: number, models: string[]): BridgeError {
  if (models.length === 0 || models.includes(server.model))
    return failure(
      server,
      'LLM_MODEL_NOT_FOUND',
      `returned ${status} for the model ${server.model}: check LLM_MODEL, and LLM_BASE_URL, which ends in /v1 for most servers`
    )
  const names = models.slice(0, maxModelNames).join(', ')
  const more = models.length > maxModelNames ? ` and ${models.length - maxModelNames} more` : ''
  return failure(
    server,
    'LLM_MODEL_NOT_FOUND',
    `does not have the model ${server.model}: set LLM_MODEL to one of those it has, ${quoteServer(names, server.apiKey, 1_000)}${more}`,
    { details: { models: models.slice(0, maxModelNames) } }
  )
}

/** The server ended its answer with an error. */
export const errorEvent = (server: FailingServer, words: string): BridgeError =>
  failure(
    server,
    'LLM_ERROR',
    `failed in its answer (${quoteServer(words, server.apiKey)}): see its log`
  )

/** Any response that is neither 2xx nor about the model. */
export function statusFailure(
  server: FailingServer,
  status: number,
  headers: Record<string, string | string[] | undefined>,
  text: string
): BridgeError {
  const words = errorWords(parseJson(text))
  const said = looksLikeHtml(text)
    ? ' with an HTML page'
    : words === undefined
      ? ''
      : ` (${quoteServer(words, server.apiKey)})`
  if (status === 401 || status === 403)
    return failure(
      server,
      'LLM_REFUSED',
      server.apiKey === undefined
        ? `requires a key (${status}): set LLM_API_KEY`
        : `refused the key (${status}): check LLM_API_KEY, and that it may use the model ${server.model}`
    )
  if (status === 429 || status === 503) {
    const retryAfterSeconds = retrySeconds(headers['retry-after'])
    return failure(
      server,
      'LLM_BUSY',
      `is busy${status === 429 ? ', or its quota is used up' : ' or loading its model'}${said}: try again in ${retryAfterSeconds} s`,
      { details: { retryAfterSeconds } }
    )
  }
  if (status >= 300 && status < 400)
    return failure(
      server,
      'LLM_ERROR',
      `returned a redirect (${status}): set LLM_BASE_URL to the address it leads to`
    )
  const advice =
    words === undefined ? 'check LLM_BASE_URL, and the log of that server' : 'see its log'
  return failure(server, 'LLM_ERROR', `returned ${status}${said}: ${advice}`)
}
