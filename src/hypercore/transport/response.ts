import { BridgeError } from '../../lib/errors.ts'
import type { RawResponse } from './exchange.ts'
import { NodeFailure } from './node-failure.ts'
import { parseJson } from '../../lib/json.ts'
import { quoteText } from '../../lib/quote.ts'

/** What an answer was the answer to, for the messages. */
export interface RequestInfo {
  method: string
  path: string
  node: string
}

const maxQuoteLength = 10_000

/** Longest words of the cluster in a sentence; `answer` in the details has more. */
const maxWordsLength = 500

/** What to do about the cluster's own refusals, by status. */
const adviceForStatus: Record<number, string> = {
  400: 'correct the request before sending it again',
  403: 'the roles of the cluster user SCALE_USERNAME do not allow it',
  404: 'check the path, this cluster does not have it',
  405: 'the path does not offer this method'
}

function adviceForFailure({ method }: RequestInfo): string {
  return method === 'GET'
    ? 'try again'
    : 'read the object concerned: its state may not allow this, or a task is still changing it'
}

function looksLikeHtml({ headers, text }: RawResponse): boolean {
  return /^text\/html/i.test(headers['content-type'] ?? '') || text.trimStart().startsWith('<')
}

/** Replaces what looks like a session id; the cluster's own words may name one. */
export function withoutSessionIds(text: string): string {
  return text.replaceAll(/(session(?:\s*id)?["'\s:=]{0,4})[\w-]*\d[\w-]{7,}/gi, '$1…')
}

/** The cluster's own words: its JSON `error`, or its plain text as it is (FACTS 3.4, S and O). */
export function errorText(response: RawResponse): string {
  if (looksLikeHtml(response)) {
    const title = /<(?:title|h1)[^>]*>([^<]*)</i.exec(response.text)?.[1]?.trim() ?? ''
    return title === '' ? 'an HTML page' : title
  }
  const json = parseJson(response.text)
  const error =
    typeof json === 'object' && json !== null ? (json as { error?: unknown }).error : undefined
  return withoutSessionIds(typeof error === 'string' ? error : response.text).slice(
    0,
    maxQuoteLength
  )
}

/**
 * A text of many lines as one: what stands deeper explains the line above it and follows `: `, what
 * does not is one more point and follows `; `.
 */
export function joinLines(text: string): string {
  let line = ''
  let depth = 0
  for (const raw of text.split(/\r?\n/)) {
    const words = raw.trim()
    if (words === '') continue
    const indent = raw.search(/\S/)
    if (line === '') line = words
    else line += (indent > depth ? ': ' : '; ') + words
    depth = indent
  }
  return line.replaceAll('::', ':')
}

/**
 * True for an answer that says "no session": 401 in practice, JSON 503 in the document (FACTS 2.3,
 * X). A 503 page of the front server says nothing of the sort.
 */
export function isDeadSession(response: RawResponse): boolean {
  if (response.status === 401) return true
  return (
    response.status === 503 && !looksLikeHtml(response) && parseJson(response.text) !== undefined
  )
}

/** True when the node's front server answered because the API behind it did not. */
export function isFromFrontServer(response: RawResponse): boolean {
  if (response.status < 500) return false
  if (looksLikeHtml(response)) return true
  return [502, 503, 504].includes(response.status) && parseJson(response.text) === undefined
}

function badResponse(
  asked: RequestInfo,
  response: RawResponse,
  reason: string,
  advice: string
): NodeFailure {
  return new NodeFailure({
    code: 'CLUSTER_BAD_ANSWER',
    node: asked.node,
    reason,
    advice,
    mayHaveActed: true,
    repeat: 'anywhere',
    status: response.status
  })
}

function readBody(asked: RequestInfo, response: RawResponse): unknown {
  if (response.text === '') return undefined
  if (looksLikeHtml(response)) {
    const reason = `answered ${response.status} with an HTML page (${quoteText(errorText(response))})`
    throw badResponse(asked, response, reason, 'check that SCALE_HOST names a HyperCore node')
  }
  const json = parseJson(response.text)
  if (json !== undefined) return json
  const isText = /^text\/plain/i.test(response.headers['content-type'] ?? '')
  if (isText && !/^\s*[[{"]/.test(response.text)) return response.text
  throw badResponse(asked, response, 'answered with JSON that is cut off or broken', 'try again')
}

/**
 * The body of a 2xx answer: parsed JSON, text, or undefined when there is none.
 *
 * Throws `BridgeError` for what the cluster said itself (CLUSTER_REFUSED keeps its 4xx and its
 * words, CLUSTER_ERROR stands for its 5xx), and `NodeFailure` where the node gave no HyperCore
 * answer: pages of its front server, broken JSON, redirects.
 *
 * A front server's 502 to a write counts as "may have acted": it appears when the API is down, but
 * also when the API went down with the request in hand.
 */
export function parseResponse(asked: RequestInfo, response: RawResponse): unknown {
  const { status } = response
  if (status >= 200 && status < 300) return readBody(asked, response)
  const { method, path, node } = asked
  const words = errorText(response)
  const line = joinLines(words).replace(/\.$/, '')
  const details = { node, status, answer: words }
  const saying = line === '' ? '' : `: ${quoteText(line, maxWordsLength)}`
  if (status < 400) {
    throw new NodeFailure({
      code: 'CLUSTER_BAD_ANSWER',
      node,
      reason: `answered ${method} ${path} with a redirect (${status})`,
      advice: 'check that SCALE_HOST names a HyperCore node',
      mayHaveActed: false,
      repeat: 'nowhere',
      status
    })
  }
  if (status < 500) {
    const advice = adviceForStatus[status]
    throw new BridgeError(
      'CLUSTER_REFUSED',
      `The cluster (node ${node}) refused ${method} ${path} with ${status}${saying}` +
        `${advice === undefined ? '' : `; ${advice}`}.`,
      { statusCode: status, details }
    )
  }
  if (isFromFrontServer(response)) {
    throw new NodeFailure({
      code: 'CLUSTER_BAD_ANSWER',
      node,
      reason: `answered ${status} from its front server (${line === '' ? 'no text' : line})`,
      advice: 'the API behind it is starting or down, try again in a minute',
      mayHaveActed: true,
      repeat: 'anywhere',
      status,
      answer: words
    })
  }
  throw new BridgeError(
    'CLUSTER_ERROR',
    `The cluster (node ${node}) failed ${method} ${path} with ${status}${saying}; ${adviceForFailure(asked)}.`,
    { details }
  )
}
