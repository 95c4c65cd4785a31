import { BridgeError } from '../../lib/errors/errors.ts'
import type { RawResponse } from './exchange.ts'
import { NodeFailure } from './node-failure.ts'
import type { ParsedBodies } from './parsed-bodies.ts'
import { parseJson } from '../../lib/json/json.ts'
import { quoteText, quoteWords } from '../../lib/text/quote.ts'

/** What a response was the response to. */
export interface RequestInfo {
  method: string
  path: string
  node: string
  /** It changes nothing, so another node may be asked the same. */
  reads: boolean
  /** Path and query, where the response may be one that is known. */
  target?: string
}

const maxQuoteLength = 10_000

/** What to do about the cluster's own refusals, by status. */
const adviceForStatus: Record<number, string> = {
  400: 'correct the request before sending it again',
  403: 'the roles of the cluster user SCALE_USERNAME do not allow it',
  404: 'check the path, this cluster does not have it',
  405: 'the path does not offer this method'
}

const adviceForRead = 'try again'

/** FACTS 3.4: a 500 is what a write gets that is refused, and what one gets that failed on its way. */
const adviceForWrite =
  'it may have begun: read the object concerned before repeating it: its state may not allow ' +
  'this, or a task is still changing it'

/** Statuses of a write that say nothing about whether it was carried out. */
const undecided: readonly number[] = [408, 429, 502, 503, 504]

/** 4xx of a node that is busy: another one may take the same read. */
const busy: readonly number[] = [408, 429]

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
 * True for a response that may say "no session": 401 in practice, JSON 503 in the document (FACTS 2.3,
 * X). A 401 is certain; a 503 may also come from a node, or from what stands before it, that has
 * other troubles. A 503 page of the front server says nothing of the sort.
 */
export function mayMeanNoSession(response: RawResponse): boolean {
  if (response.status === 401) return true
  return (
    response.status === 503 && !looksLikeHtml(response) && parseJson(response.text) !== undefined
  )
}

/** Whether two responses say the same: one source gave both. */
export function saysTheSame(a: RawResponse, b: RawResponse): boolean {
  return a.status === b.status && errorText(a) === errorText(b)
}

/** True when the node's front server responded because the API behind it did not. */
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

/** Whether what is asked for cannot be empty: reads, but for those of the support tunnel, which act. */
const hasContent = ({ reads, method, path }: RequestInfo): boolean =>
  reads && method === 'GET' && !path.startsWith('/support-api/')

function readBody(asked: RequestInfo, response: RawResponse, bodies?: ParsedBodies): unknown {
  if (response.text === '') {
    if (hasContent(asked) && response.status === 200)
      throw badResponse(asked, response, 'returned 200 without a body', 'try again')
    return undefined
  }
  if (looksLikeHtml(response)) {
    const reason = `returned ${response.status} with an HTML page (${quoteText(errorText(response))})`
    throw badResponse(asked, response, reason, 'check that SCALE_HOST names a HyperCore node')
  }
  const json =
    bodies === undefined || asked.target === undefined
      ? parseJson(response.text)
      : bodies.parse(asked.target, response.text)
  if (json !== undefined) return json
  const isText = /^text\/plain/i.test(response.headers['content-type'] ?? '')
  if (isText && !/^\s*[[{"]/.test(response.text)) return response.text
  throw badResponse(
    asked,
    response,
    'returned JSON that is cut off, broken, or nested without end',
    'try again'
  )
}

/**
 * The body of a 2xx response: parsed JSON, text, or undefined when there is none.
 *
 * Throws `BridgeError` for what the cluster said about this request (CLUSTER_REFUSED keeps its 4xx
 * and its words, CLUSTER_ERROR stands for the 500 of a write), and `NodeFailure` where another node
 * may do better, or where it is unknown whether a write was carried out: pages of the front server,
 * broken JSON, redirects, any 5xx to a read.
 *
 * A front server's 502 to a write counts as "may have acted": it appears when the API is down, but
 * also when the API went down with the request in hand.
 * @param bodies of large lists, which are parsed once as long as they stay the same
 */
export function parseResponse(
  asked: RequestInfo,
  response: RawResponse,
  bodies?: ParsedBodies
): unknown {
  const { status } = response
  if (status >= 200 && status < 300) return readBody(asked, response, bodies)
  const { method, path, node, reads } = asked
  const words = errorText(response)
  const line = joinLines(words).replace(/\.$/, '')
  const saying = line === '' ? '' : `: ${quoteWords(line)}`
  const facts = { node, status, answer: words, mayHaveActed: true }
  if (status < 400)
    throw new NodeFailure({
      code: 'CLUSTER_BAD_ANSWER',
      node,
      reason: `returned a redirect (${status}) for ${method} ${path}`,
      advice: 'check that SCALE_HOST names a HyperCore node',
      mayHaveActed: false,
      repeat: 'nowhere',
      status
    })
  if (isFromFrontServer(response))
    throw new NodeFailure({
      ...facts,
      code: 'CLUSTER_BAD_ANSWER',
      reason: `returned ${status} from its front server (${line === '' ? 'no text' : quoteWords(line)})`,
      advice: 'the API behind it is starting or down, try again in a minute',
      repeat: 'anywhere'
    })
  if (!reads && undecided.includes(status))
    throw new NodeFailure({
      ...facts,
      code: 'CLUSTER_ERROR',
      reason: `returned ${status}${saying}`,
      advice: adviceForWrite,
      repeat: 'nowhere'
    })
  if (reads && (status >= 500 || busy.includes(status)))
    throw new NodeFailure({
      ...facts,
      code: status >= 500 ? 'CLUSTER_ERROR' : 'CLUSTER_REFUSED',
      reason: `${status >= 500 ? 'failed' : 'refused'} ${method} ${path} with ${status}${saying}`,
      advice: adviceForRead,
      repeat: 'elsewhere'
    })
  const details = { node, status, answer: words }
  if (status >= 500)
    throw new BridgeError(
      'CLUSTER_ERROR',
      `The cluster (node ${node}) failed ${method} ${path} with ${status}${saying}; ${adviceForWrite}.`,
      { details }
    )
  const advice = adviceForStatus[status]
  throw new BridgeError(
    'CLUSTER_REFUSED',
    `The cluster (node ${node}) refused ${method} ${path} with ${status}${saying}` +
      `${advice === undefined ? '' : `; ${advice}`}.`,
    { statusCode: status, details }
  )
}
