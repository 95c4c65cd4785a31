import type { IncomingHttpHeaders } from 'node:http'
import { isObject, type JsonObject } from '../../lib/json.ts'

/** A request with one message of MCP, its body parsed. */
export interface HttpMessage {
  headers: IncomingHttpHeaders
  body: unknown
}

interface Plain {
  era: 'legacy' | 'modern'
  id: string | number
  meta: JsonObject | undefined
}

/** A call of a tool that asks for nothing but its result. */
export interface PlainCall extends Plain {
  method: 'tools/call'
  name: string
  args: JsonObject | undefined
}

/** Which tools there are. */
export interface PlainList extends Plain {
  method: 'tools/list'
}

/** The revision of which every request says what it is, and all before it that are spoken here. */
export const modernRevision = '2026-07-28'
export const legacyRevisions: ReadonlySet<string> = new Set([
  '2025-11-25',
  '2025-06-18',
  '2025-03-26',
  '2024-11-05',
  '2024-10-07'
])

const metaKey = (name: string): string => `io.modelcontextprotocol/${name}`

/** Whether a record has no fields but these. */
const hasOnly = (record: JsonObject, names: ReadonlySet<string>): boolean =>
  Object.keys(record).every((name) => names.has(name))

const ofMessage = new Set(['jsonrpc', 'id', 'method', 'params'])
const ofParams = {
  'tools/call': ['name', 'arguments'],
  'tools/list': []
}
const ofMeta = new Set(['protocolVersion', 'clientInfo', 'clientCapabilities'].map(metaKey))
const ofClient = new Set(['name', 'version', 'title'])

function isClient(client: unknown): boolean {
  if (!isObject(client) || !hasOnly(client, ofClient)) return false
  const { name, version, title = '' } = client
  return [name, version, title].every((word) => typeof word === 'string')
}

/** What a modern request says of its client; undefined where it is more, or less, than who sends it. */
function plainMeta(meta: unknown): JsonObject | undefined {
  if (!isObject(meta) || !hasOnly(meta, ofMeta)) return undefined
  const capabilities = meta[metaKey('clientCapabilities')]
  const isPlain =
    meta[metaKey('protocolVersion')] === modernRevision &&
    isClient(meta[metaKey('clientInfo')]) &&
    isObject(capabilities) &&
    // What a client can do beside may be asked of it meanwhile.
    Object.keys(capabilities).length === 0
  return isPlain ? meta : undefined
}

/** By the headers alone; undefined where they are anything unusual. */
function eraOf(
  headers: IncomingHttpHeaders,
  called: PlainCall['method'] | PlainList['method'],
  tool: string | undefined
): Plain['era'] | undefined {
  if (!/^application\/json(?:; ?charset=utf-8)?$/i.test(headers['content-type'] ?? ''))
    return undefined
  const { 'mcp-protocol-version': revision, 'mcp-method': method, 'mcp-name': name } = headers
  if (revision === modernRevision) return method === called && name === tool ? 'modern' : undefined
  if (method !== undefined || name !== undefined) return undefined
  const isLegacy =
    revision === undefined || (typeof revision === 'string' && legacyRevisions.has(revision))
  return isLegacy ? 'legacy' : undefined
}

/**
 * A message as the plain one that it is; undefined for every other, also for one of which it is not
 * certain that the SDK would take it as it stands. This is most of what clients send, and the SDK spends
 * a millisecond on each.
 */
export function plainMessage({ headers, body }: HttpMessage): PlainCall | PlainList | undefined {
  if (!isObject(body) || !hasOnly(body, ofMessage)) return undefined
  const { jsonrpc, id, method, params = {} } = body
  if (jsonrpc !== '2.0' || (method !== 'tools/call' && method !== 'tools/list')) return undefined
  if (typeof id !== 'string' && !Number.isSafeInteger(id)) return undefined
  if (!isObject(params)) return undefined
  const { name, arguments: args, _meta: meta } = params
  if (method === 'tools/call' && typeof name !== 'string') return undefined
  if (args !== undefined && !isObject(args)) return undefined
  const era = eraOf(headers, method, method === 'tools/call' ? String(name) : undefined)
  if (era === undefined) return undefined
  const known = new Set([...ofParams[method], ...(era === 'modern' ? ['_meta'] : [])])
  if (!hasOnly(params, known)) return undefined
  const plain = era === 'modern' ? plainMeta(meta) : undefined
  if (era === 'modern' && plain === undefined) return undefined
  const message = { era, id: id as string | number, meta: plain }
  return method === 'tools/list'
    ? { ...message, method }
    : { ...message, method, name: String(name), args }
}
