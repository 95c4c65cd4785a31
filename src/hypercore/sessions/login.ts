import { BridgeError } from '../../lib/errors.ts'
import {
  type RequestInfo,
  isFromFrontServer,
  errorText,
  parseResponse,
  joinLines
} from '../transport/response.ts'
import type { ClusterNode } from '../transport/cluster-node.ts'
import type { RawResponse } from '../transport/exchange.ts'
import type { Credentials } from '../access.ts'
import { NodeFailure } from '../transport/node-failure.ts'
import { isSessionID } from './session-file.ts'

/** The cluster did not take the credentials. */
export interface LoginRefusal {
  /** Unix milliseconds. */
  at: number
  node: string
  status: number
  /** The cluster's words, without the password. */
  said: string
  useOidc: boolean
}

/** How long the cluster is not asked again: more would lock accounts and fill its logs. */
const refusalMs = 30_000

/** True when a refusal is so old that the cluster may be asked again. */
export function isForgotten({ at }: LoginRefusal): boolean {
  return Date.now() - at >= refusalMs
}

/** What the one is told whose login was refused. */
export function refusalError(refusal: LoginRefusal): BridgeError {
  return refused(refusal, '')
}

/** What those are told who come too soon after it: the cluster was not asked for them. */
export function rememberedRefusalError(refusal: LoginRefusal): BridgeError {
  const seconds = Math.max(1, Math.ceil((refusal.at + refusalMs - Date.now()) / 1000))
  return refused(refusal, `; the cluster is not asked again for ${seconds} s`)
}

function refused({ node, status, said, useOidc }: LoginRefusal, more: string): BridgeError {
  return new BridgeError(
    'CLUSTER_LOGIN_REFUSED',
    `The cluster (node ${node}) refused the login with ${status}${said === '' ? '' : ` (${said})`}; ` +
      `check SCALE_USERNAME and SCALE_PASSWORD${useOidc ? ', and whether SCALE_USE_OIDC fits' : ''}${more}.`,
    { details: { node, status, answer: said } }
  )
}

/** The node's API answered that it cannot log anyone in; another node may. */
function loginFailure(node: string, response: RawResponse): NodeFailure {
  const { status } = response
  const words = errorText(response)
  const line = joinLines(words).replace(/\.$/, '')
  return new NodeFailure({
    code: 'CLUSTER_ERROR',
    node,
    reason: `failed the login with ${status}${line === '' ? '' : `: ${line}`}`,
    advice: 'try again, or use another node of SCALE_HOST',
    mayHaveActed: true,
    repeat: 'elsewhere',
    status,
    answer: words
  })
}

/** An answer that is no session and quotes the password, without it: it will be shown. */
function withoutPassword(response: RawResponse, password: string): RawResponse {
  if (response.status < 300 || password === '') return response
  const inJson = JSON.stringify(password).slice(1, -1)
  const text = response.text.replaceAll(password, '…').replaceAll(inJson, '…')
  return { ...response, text }
}

/**
 * The id in the answer of a login: in its body, or else in its cookie (FACTS 2.1, S). Quotes nothing
 * of an answer it cannot read.
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
    reason: 'answered the login without a session',
    advice: 'check that SCALE_HOST names a HyperCore node',
    mayHaveActed: true,
    repeat: 'nowhere',
    status: response.status
  })
}

/**
 * Logs in to one node (FACTS 2.1, S). Any 4xx is a refusal; throws `NodeFailure` when the node gave
 * no usable answer or a 5xx.
 */
export async function logIn(
  node: ClusterNode,
  { username, password, useOidc }: Credentials
): Promise<{ sessionID: string } | LoginRefusal> {
  const body = JSON.stringify({ username, password, useOIDC: useOidc })
  const raw = await node.send({ method: 'POST', target: '/login', body })
  const response = withoutPassword(raw, password)
  const { status } = response
  if (status >= 400 && status < 500)
    return {
      at: Date.now(),
      node: node.name,
      status,
      said: joinLines(errorText(response)),
      useOidc
    }
  if (status >= 500 && !isFromFrontServer(response)) throw loginFailure(node.name, response)
  return { sessionID: sessionIDOf({ method: 'POST', path: '/login', node: node.name }, response) }
}
