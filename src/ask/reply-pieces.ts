import type { BridgeError } from '../lib/errors/errors.ts'
import type { CallWatch } from './call-watch.ts'
import type { ChatLimits } from './chat-limits.ts'
import {
  errorEvent,
  errorWords,
  failure,
  type FailingServer,
  looksLikeHtml
} from './chat-failure.ts'
import { EventStream, EventTooLong } from './event-stream.ts'
import { parseJson } from '../lib/json/json.ts'

/** A part of an answer; `finish` is why the model stopped, on the last part. */
export interface ReplyPiece {
  text: string
  finish: string | undefined
}

type Body = AsyncIterable<Uint8Array>

interface Choice {
  delta?: { content?: unknown } | null
  message?: { content?: unknown } | null
  finish_reason?: unknown
}

/** The text of a `content`: plain, or in typed parts. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content
    .map((part: { text?: unknown } | null) => (typeof part?.text === 'string' ? part.text : ''))
    .join('')
}

/**
 * Reads a chunk of a stream, or a whole completion. Only `content` is an answer: what a reasoning
 * model thinks comes as `reasoning_content` or `reasoning`. Undefined for what is neither.
 */
function toPiece(value: unknown): ReplyPiece | undefined {
  const { choices } = (value ?? {}) as { choices?: unknown }
  if (!Array.isArray(choices)) return undefined
  const choice = choices[0] as Choice | null | undefined
  const finish = choice?.finish_reason
  return {
    text: textOf((choice?.delta ?? choice?.message)?.content),
    finish: typeof finish === 'string' && finish !== '' ? finish : undefined
  }
}

/** The body as text, in pieces as they come. Every byte counts as progress. */
async function* textPieces(
  server: FailingServer,
  body: Body,
  limits: ChatLimits,
  watch: CallWatch
): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let bytes = 0
  for await (const chunk of body) {
    watch.heard()
    bytes += chunk.length
    if (bytes > limits.maxBytes)
      throw failure(
        server,
        'LLM_BAD_ANSWER',
        'returned more than the bridge accepts: ask a narrower question'
      )
    yield decoder.decode(chunk, { stream: true })
  }
  yield decoder.decode()
}

/** The whole body as text. */
export async function readText(...given: Parameters<typeof textPieces>): Promise<string> {
  let text = ''
  for await (const piece of textPieces(...given)) text += piece
  return text
}

function readEvent(server: FailingServer, data: string): ReplyPiece | undefined {
  if (data.trim() === '[DONE]') return { text: '', finish: 'stop' }
  const value = parseJson(data)
  const { error } = (value ?? {}) as { error?: unknown }
  if (error !== undefined && error !== null)
    throw errorEvent(server, errorWords(value) ?? 'without a reason')
  if (typeof value !== 'object' || value === null)
    throw failure(server, 'LLM_BAD_ANSWER', 'sent an event that is not JSON: see its log')
  return toPiece(value)
}

const notChat = (server: FailingServer): BridgeError =>
  failure(
    server,
    'LLM_BAD_ANSWER',
    'returned neither whole JSON nor a stream of events: check LLM_BASE_URL, or try again'
  )

/** A completion that came whole. */
function readWhole(server: FailingServer, text: string): ReplyPiece {
  if (looksLikeHtml(text))
    throw failure(
      server,
      'LLM_BAD_ANSWER',
      'returned an HTML page: check LLM_BASE_URL, which ends in /v1 for most servers'
    )
  const value = parseJson(text)
  if (value === undefined) throw notChat(server)
  const piece = toPiece(value)
  if (piece !== undefined) return { ...piece, finish: piece.finish ?? 'stop' }
  const words = errorWords(value)
  if (words !== undefined) throw errorEvent(server, words)
  throw failure(
    server,
    'LLM_BAD_ANSWER',
    'returned JSON that is not a chat completion: check LLM_BASE_URL'
  )
}

/** The parts of a stream of events, whose first text was read already. */
async function* eventPieces(
  server: FailingServer,
  start: string,
  texts: AsyncIterable<string>,
  limits: ChatLimits
): AsyncGenerator<ReplyPiece> {
  const events = new EventStream(limits.maxEventChars)
  let seen = 0
  function* read(data: Iterable<string>): Generator<ReplyPiece> {
    for (const each of data) {
      seen += 1
      const piece = readEvent(server, each)
      if (piece !== undefined) yield piece
    }
  }
  try {
    yield* read(events.push(start))
    for await (const text of texts) yield* read(events.push(text))
    yield* read(events.end())
  } catch (error) {
    if (!(error instanceof EventTooLong)) throw error
    throw failure(server, 'LLM_BAD_ANSWER', 'sent an event without an end: see its log')
  }
  if (seen === 0) throw notChat(server)
}

/**
 * The parts of an answer as they come: one for each event of a stream, or one for all where the
 * server does not stream. Distinguished by the body itself, as not every server names its type.
 * @throws {BridgeError} for everything that is not an answer; other errors are those of the connection.
 */
export async function* replyPieces(
  server: FailingServer,
  body: Body,
  limits: ChatLimits,
  watch: CallWatch
): AsyncGenerator<ReplyPiece> {
  const texts = textPieces(server, body, limits, watch)
  // Read by hand: leaving a loop would close the body.
  let start = ''
  let ended = false
  while (start.trim() === '' && !ended) {
    const { value = '', done = false } = await texts.next()
    start += value
    ended = done
  }
  if (/^\s*([[{<"]|$)/.test(start)) {
    for await (const text of texts) start += text
    yield readWhole(server, start)
  } else {
    yield* eventPieces(server, start, texts, limits)
  }
}
