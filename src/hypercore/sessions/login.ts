import {
  errorText,
  isFromFrontServer,
  joinLines,
  parseResponse,
  type RequestInfo
} from '../transport/response.ts'
import type { Credentials } from '../access.ts'
import type { ClusterNode } from '../transport/cluster-node.ts'
import type { RawResponse } from '../transport/exchange.ts'
import { NodeFailure } from '../transport/node-failure.ts'
import type { LoginRefusal } from './refusals.ts'
import { quoteWords } from '../../lib/text/quote.ts'
import { secretPattern } from '../../lib/secrets/secret-pattern.ts'
import { isSessionID } from './session-file.ts'

/** The node's API says that it cannot log anyone in; another node may. */
function loginFailure(node: string, response: RawResponse): NodeFailure {
  const { status } = response
  const words = errorText(response)
  const line = joinLines(words).replace(/\.$/, '')
  return new NodeFailure({
    code: 'CLUSTER_ERROR',
    node,
    reason: `failed the login with ${status}${line === '' ? '' : `: ${quoteWords(line)}`}`,
    advice: 'try again, or use another node of SCALE_HOST',
    mayHaveActed: true,
    repeat: 'elsewhere',
    status,
    answer: words
  })
}

/** A response that is not a session and quotes the password, without it: it will be shown. */
function withoutPassword(response: RawResponse, password: string): RawResponse {
  if (response.status < 300 || password === '') return response
  const text = response.text.replaceAll(new RegExp(secretPattern(password), 'g'), '…')
  return { ...response, text }
}

/**
 * The id in the response to a login: in its body, or else in its cookie (FACTS 2.1, S). Quotes nothing
 * of a response it cannot read.
 */
function sessionIDOf(asked: RequestInfo, response: RawResponse): string {
  const body = parseResponse(asked, response)
  const inBody =
    typeof body === 'object' && body !== null ? (body as { sessionID?: unknown }).sessionID : ''
  // undici gives a single one as a string.
  const cookies = [response.headers['set-cookie'] ?? []].flat()
  const inCookie = /^\s*sessionID=([^;]*)/.exec(cookies.find((c) => /^\s*sessionID=/.test(c)) ?? '')
  const id = typeof inBody === 'string' && inBody !== '' ? inBody : (inCookie?.[1] ?? '')
  if (isSessionID(id)) return id
  throw new NodeFailure({
    code: 'CLUSTER_BAD_ANSWER',
    node: asked.node,
    reason: 'returned no session for the login',
    advice: 'check that SCALE_HOST names a HyperCore node',
    mayHaveActed: true,
    repeat: 'nowhere',
    status: response.status
  })
}

/** 4xx of a node that is busy; they say nothing about the credentials. */
const busy: readonly number[] = [408, 429]

/**
 * Logs in to one node (FACTS 2.1, S). A 4xx is a refusal; throws `NodeFailure` when the node gave no
 * usable response, a 5xx, or was too busy.
 */
export async function logIn(
  node: ClusterNode,
  { username, password, useOidc }: Credentials
): Promise<{ sessionID: string } | LoginRefusal> {
  const body = JSON.stringify({ username, password, useOIDC: useOidc })
  const raw = await node.send({ method: 'POST', target: '/login', body })
  const response = withoutPassword(raw, password)
  const { status } = response
  if (status >= 400 && status < 500 && !busy.includes(status))
    return { status, said: joinLines(errorText(response)), useOidc }
  if (status >= 400 && !isFromFrontServer(response)) throw loginFailure(node.name, response)
  const asked = { method: 'POST', path: '/login', node: node.name, reads: false }
  return { sessionID: sessionIDOf(asked, response) }
}
