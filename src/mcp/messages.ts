import { randomUUID } from 'node:crypto'
import type { ServerContext } from '@modelcontextprotocol/server'
import { isObject } from '../lib/json/json.ts'

/** The codes of JSON-RPC. */
export const jsonRpcCode = {
  parseError: -32_700,
  invalidRequest: -32_600,
  methodNotFound: -32_601,
  invalidParams: -32_602,
  internalError: -32_603,
  /** Errors of HTTP, such as a missing token, have no code of their own. */
  http: -32_000
} as const

/** The names of MCP in `_meta`. Not the SDK's own: it is loaded late. */
export const metaKey = (name: string): string => `io.modelcontextprotocol/${name}`

/** An error as the body of a response; `id` is null where it belongs to no request. */
export const jsonRpcErrorBody = (
  code: number,
  message: string,
  id: string | number | null = null
): string => JSON.stringify({ jsonrpc: '2.0', error: { code, message }, id })

/** The same as a whole response. */
export const jsonRpcError = (
  status: number,
  code: number,
  message: string,
  id: string | number | null = null
): Response =>
  new Response(jsonRpcErrorBody(code, message, id), {
    status,
    headers: { 'content-type': 'application/json' }
  })

/** For a call that is cut off because the bridge ends. */
export const bridgeStopped = 'The bridge was stopped: call again later'

/** What is wrong with the form of a message, for the client that sent it. */
export interface MessageProblem {
  code: number
  message: string
  /** Of the message, where it has one that can be sent back. */
  id: string | number | null
}

const example = '{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}'

/** MCP's ids are strings and integers. */
const isId = (id: unknown): id is string | number => typeof id === 'string' || Number.isInteger(id)

/** The id to respond with to a message that is not understood otherwise. */
export const idOf = (message: unknown): string | number | null =>
  isObject(message) && isId(message['id']) ? message['id'] : null

/**
 * What keeps parsed JSON from being one JSON-RPC message as MCP has them; undefined where nothing
 * does. The SDK refuses the same, without a word about what.
 */
export function messageProblem(message: unknown): MessageProblem | undefined {
  const problem = (text: string): MessageProblem => ({
    code: jsonRpcCode.invalidRequest,
    message: text,
    id: idOf(message)
  })
  if (Array.isArray(message))
    return problem('Batches are not taken: send one JSON-RPC message at a time')
  if (!isObject(message)) return problem(`Not a JSON-RPC message: send one as ${example}`)
  const { jsonrpc, method, id, params } = message
  if (jsonrpc !== '2.0') return problem(`"jsonrpc" must be "2.0": send a message as ${example}`)
  // A response to a request of the server's has no method.
  if (method === undefined && ('result' in message || 'error' in message)) return undefined
  if (typeof method !== 'string' || method === '')
    return problem(`"method" must say what is called: send a message as ${example}`)
  if ('id' in message && !isId(id))
    return problem('"id" must be a string or an integer; leave it out only of a notification')
  if (params !== undefined && !isObject(params))
    return problem('"params" must be an object: name each parameter')
  return undefined
}

/**
 * A message as the SDK takes it. Some clients send the arguments of a call as JSON text, or null for
 * none: what is not an object is wrapped into one, for the coercion of arguments to open or to refuse, so
 * that a model reads there what to send. Everything else stays as it is.
 */
export function withOpenArguments(message: unknown): unknown {
  if (!isObject(message) || message['method'] !== 'tools/call') return message
  const { params } = message
  if (!isObject(params) || !('arguments' in params) || isObject(params['arguments'])) return message
  const { arguments: given, ...rest } = params
  const open = given === null || given === undefined ? {} : { arguments: { arguments: given } }
  return { ...message, params: { ...rest, ...open } }
}

/** Carries the id of an HTTP request to the calls in it. */
export const requestIdHeader = 'x-request-id'

/** Of calls that came without one. */
const created = new WeakMap<ServerContext, string>()

/** The id of a call in the log: that of its HTTP request, or over stdio one of its own. */
export function requestIdOf(request: ServerContext): string {
  const id = request.http?.req?.headers.get(requestIdHeader) ?? created.get(request) ?? randomUUID()
  created.set(request, id)
  return id
}
