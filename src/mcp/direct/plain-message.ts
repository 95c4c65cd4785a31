import type { IncomingHttpHeaders } from 'node:http'
import { isObject, type JsonObject } from '../../lib/json/json.ts'
import { metaKey } from '../messages.ts'
import { lists, type ListMethod } from '../registry.ts'

/** A request with one message of MCP, its body parsed. */
export interface HttpMessage {
  headers: IncomingHttpHeaders
  body: unknown
}

interface Plain {
  /** Of the protocol. */
  generation: 'legacy' | 'modern'
  id: string | number
  meta: JsonObject | undefined
}

/** A call of a tool that asks for nothing but its result. */
export interface PlainCall extends Plain {
  method: 'tools/call'
  name: string
  args: JsonObject | undefined
}

/** What there is of a kind. */
export interface PlainList extends Plain {
  method: ListMethod
}

/** The greeting of a client: of the legacy generation with its revision, which is one that is spoken here. */
export interface PlainGreeting extends Plain {
  method: 'initialize' | 'server/discover'
  revision: string
}

/** That the client has taken the greeting in; it gets no response. */
export interface PlainNotice {
  method: 'notifications/initialized'
}

export type PlainMessage = PlainCall | PlainList | PlainGreeting | PlainNotice

/** The revision of which every request says what it is, and all before it that are spoken here. */
export const modernRevision = '2026-07-28'
export const legacyRevisions: ReadonlySet<string> = new Set([
  '2025-11-25',
  '2025-06-18',
  '2025-03-26',
  '2024-11-05',
  '2024-10-07'
])

/** Whether a record has no fields but these. */
const hasOnly = (record: JsonObject, names: ReadonlySet<string>): boolean =>
  Object.keys(record).every((name) => names.has(name))

const ofRequest = new Set(['jsonrpc', 'id', 'method', 'params'])
const ofNotice = new Set(['jsonrpc', 'method'])
const ofMeta = new Set(['protocolVersion', 'clientInfo', 'clientCapabilities'].map(metaKey))
const ofClient = new Set(['name', 'version', 'title'])

type Parameters = Partial<Record<Plain['generation'], ReadonlySet<string>>>

const ofList: Parameters = { legacy: new Set(), modern: new Set(['_meta']) }

/** The parameters of each request that may be plain, in the protocol generations that have it. */
const parameters = new Map<unknown, Parameters>([
  [
    'tools/call',
    { legacy: new Set(['name', 'arguments']), modern: new Set(['name', 'arguments', '_meta']) }
  ],
  ['initialize', { legacy: new Set(['protocolVersion', 'capabilities', 'clientInfo']) }],
  ['server/discover', { modern: new Set(['_meta']) }],
  ...Object.keys(lists).map((method) => [method, ofList] as const)
])

function isClient(client: unknown): boolean {
  if (!isObject(client) || !hasOnly(client, ofClient)) return false
  const { name, version, title = '' } = client
  return [name, version, title].every((word) => typeof word === 'string')
}

const isEmpty = (record: JsonObject): boolean => Object.keys(record).length === 0

const abilities: Record<string, (ability: JsonObject) => boolean> = {
  roots: ({ listChanged = true, ...more }) => typeof listChanged === 'boolean' && isEmpty(more),
  sampling: isEmpty,
  elicitation: isEmpty
}

/** What clients say that they can do; nothing of it changes a response of the legacy generation. */
function isAble(capabilities: unknown): boolean {
  if (!isObject(capabilities) || !hasOnly(capabilities, new Set(Object.keys(abilities))))
    return false
  return Object.entries(capabilities).every(
    ([name, ability]) => isObject(ability) && abilities[name]?.(ability) === true
  )
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
    isEmpty(capabilities)
  return isPlain ? meta : undefined
}

/** By the headers alone; undefined where they are anything unusual. */
function generationOf(
  headers: IncomingHttpHeaders,
  called: unknown,
  tool: unknown
): Plain['generation'] | undefined {
  if (!/^application\/json(?:; ?charset=utf-8)?$/i.test(headers['content-type'] ?? ''))
    return undefined
  const { 'mcp-protocol-version': revision, 'mcp-method': method, 'mcp-name': name } = headers
  if (revision === modernRevision) return method === called && name === tool ? 'modern' : undefined
  if (method !== undefined || name !== undefined) return undefined
  const isLegacy =
    revision === undefined || (typeof revision === 'string' && legacyRevisions.has(revision))
  return isLegacy ? 'legacy' : undefined
}

/** The parameters of a request in its own words; undefined where they are unusual. */
function plainRequest(request: Plain, method: unknown, params: JsonObject) {
  switch (method) {
    case 'tools/call': {
      const { name, arguments: args } = params
      if (typeof name !== 'string' || (args !== undefined && !isObject(args))) return undefined
      return { ...request, method, name, args } as const
    }
    case 'initialize': {
      const { protocolVersion: revision, capabilities, clientInfo } = params
      if (typeof revision !== 'string' || !legacyRevisions.has(revision)) return undefined
      if (!isAble(capabilities) || !isClient(clientInfo)) return undefined
      return { ...request, method, revision } as const
    }
    case 'server/discover':
      return { ...request, method, revision: modernRevision } as const
    default:
      return { ...request, method: method as ListMethod }
  }
}

/**
 * A message as the plain one that it is; undefined for every other, also for one of which it is not
 * certain that the SDK would take it as it stands. This is most of what clients send, and the SDK spends
 * a millisecond on each.
 */
export function plainMessage({ headers, body }: HttpMessage): PlainMessage | undefined {
  if (!isObject(body) || body['jsonrpc'] !== '2.0') return undefined
  const { id, method, params = {} } = body
  if (method === 'notifications/initialized')
    return hasOnly(body, ofNotice) && generationOf(headers, method, undefined) === 'legacy'
      ? { method }
      : undefined
  const parametersOf = parameters.get(method)
  if (parametersOf === undefined || !hasOnly(body, ofRequest) || !isObject(params)) return undefined
  if (typeof id !== 'string' && !Number.isSafeInteger(id)) return undefined
  const tool = method === 'tools/call' ? params['name'] : undefined
  const generation = generationOf(headers, method, tool)
  if (generation === undefined) return undefined
  const known = parametersOf[generation]
  if (known === undefined || !hasOnly(params, known)) return undefined
  const meta = generation === 'modern' ? plainMeta(params['_meta']) : undefined
  if (generation === 'modern' && meta === undefined) return undefined
  return plainRequest({ generation, id: id as string | number, meta }, method, params)
}
