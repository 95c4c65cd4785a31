import type { IncomingHttpHeaders } from 'node:http'
import { isObject, type JsonObject } from '../../lib/json.ts'

/** A request with one message of MCP, its body parsed. */
export interface HttpMessage {
  headers: IncomingHttpHeaders
  body: unknown
}

/** A call of a tool that asks for nothing but its result. */
export interface PlainCall {
  era: 'legacy' | 'modern'
  id: string | number
  name: string
  args: JsonObject | undefined
  meta: JsonObject | undefined
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
const ofLegacyParams = new Set(['name', 'arguments'])
const ofModernParams = new Set(['name', 'arguments', '_meta'])
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
function eraOf(headers: IncomingHttpHeaders, tool: string): PlainCall['era'] | undefined {
  if (!/^application\/json(?:; ?charset=utf-8)?$/i.test(headers['content-type'] ?? ''))
    return undefined
  const { 'mcp-protocol-version': revision, 'mcp-method': method, 'mcp-name': name } = headers
  if (revision === modernRevision)
    return method === 'tools/call' && name === tool ? 'modern' : undefined
  if (method !== undefined || name !== undefined) return undefined
  const isLegacy =
    revision === undefined || (typeof revision === 'string' && legacyRevisions.has(revision))
  return isLegacy ? 'legacy' : undefined
}

/**
 * A message as the plain call of a tool that it is; undefined for every other, also for one of which it is
 * not certain that the SDK would take it as it stands. This is most of what clients send, and the SDK
 * spends a millisecond on each.
 */
export function plainCall({ headers, body }: HttpMessage): PlainCall | undefined {
  if (!isObject(body) || !hasOnly(body, ofMessage)) return undefined
  const { jsonrpc, id, method, params } = body
  if (jsonrpc !== '2.0' || method !== 'tools/call' || !isObject(params)) return undefined
  if (typeof id !== 'string' && !Number.isSafeInteger(id)) return undefined
  const { name, arguments: args, _meta: meta } = params
  if (typeof name !== 'string' || (args !== undefined && !isObject(args))) return undefined
  const era = eraOf(headers, name)
  if (era === undefined) return undefined
  if (!hasOnly(params, era === 'modern' ? ofModernParams : ofLegacyParams)) return undefined
  const plain = era === 'modern' ? plainMeta(meta) : undefined
  if (era === 'modern' && plain === undefined) return undefined
  return { era, id: id as string | number, name, args, meta: plain }
}
