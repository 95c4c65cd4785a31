import type { Test } from 'tap'
import { type TestBridge, testToken, type ToolAnswer } from './bridge.ts'
import type { Era } from './mcp-client.ts'

/** The newest revision. */
export const modernRevision = '2026-07-28'

const key = (name: string): string => `io.modelcontextprotocol/${name}`

/** What every request of the modern era carries; `changes` may break it. */
export const envelope = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  [key('protocolVersion')]: modernRevision,
  [key('clientInfo')]: { name: 'raw', version: '1.0.0' },
  [key('clientCapabilities')]: {},
  ...changes
})

/** One JSON-RPC request. */
export interface RpcRequest {
  jsonrpc: '2.0'
  id: number | string
  method: string
  params?: Record<string, unknown>
}

/** A request in the form of its era. */
export function rpc(
  era: Era,
  method: string,
  params: Record<string, unknown> = {},
  id: number | string = 1
): RpcRequest {
  if (era === 'legacy') return { jsonrpc: '2.0', id, method, params }
  const meta = { ...envelope(), ...(params['_meta'] as object | undefined) }
  return { jsonrpc: '2.0', id, method, params: { ...params, _meta: meta } }
}

/** The headers an official client sends with a request. */
export function rpcHeaders(
  era: Era,
  token: string,
  method = 'tools/list',
  name?: string
): Record<string, string> {
  return {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...(era === 'legacy'
      ? { 'mcp-protocol-version': '2025-11-25' }
      : {
          'mcp-protocol-version': modernRevision,
          'mcp-method': method,
          ...(name === undefined ? {} : { 'mcp-name': name })
        })
  }
}

/** One call of a tool with nothing of the SDK's: the request and what came back. */
export function callRaw(
  bridge: Pick<TestBridge, 'fetch' | 'token'>,
  era: Era,
  name: string,
  args: Record<string, unknown> = {}
): Promise<ToolAnswer> {
  return bridge.fetch('/mcp', {
    method: 'POST',
    headers: rpcHeaders(era, bridge.token, 'tools/call', name),
    body: JSON.stringify(rpc(era, 'tools/call', { name, arguments: args }))
  })
}

const plainHeaders = {
  authorization: `Bearer ${testToken}`,
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream'
}

/** Headers of a request; those given as undefined are left out. */
export type RawHeaders = Record<string, string | undefined>

/** Posts a body to the bridge with the token, as it is or as JSON. */
export function post(
  bridge: TestBridge,
  body: unknown,
  headers: RawHeaders = {},
  path = '/mcp'
): Promise<ToolAnswer> {
  const all = Object.entries({ ...plainHeaders, ...headers })
  return bridge.fetch(path, {
    method: 'POST',
    headers: Object.fromEntries(
      all.filter((each): each is [string, string] => each[1] !== undefined)
    ),
    body: typeof body === 'string' ? body : JSON.stringify(body)
  })
}

/** How a request is refused. */
export interface Refused {
  status: number
  code: number
  /** What the message must say. */
  says: RegExp
  id?: string | number | null
}

/** Tests that an answer is this error of JSON-RPC, in words for people. */
export function isRefused(
  t: Pick<Test, 'equal' | 'match' | 'notMatch'>,
  answer: ToolAnswer,
  wanted: Refused
): void {
  t.equal(answer.status, wanted.status, 'status')
  t.match(answer.headers['content-type'], /^application\/json/, 'as JSON')
  t.equal(answer.body.jsonrpc, '2.0')
  t.equal(answer.body.error.code, wanted.code, 'code')
  t.match(answer.body.error.message, wanted.says, 'message')
  t.notMatch(answer.body.error.message, /\n|"path"|Bad Request/, 'in plain words')
  t.equal(answer.body.id, wanted.id ?? null, 'id')
}
