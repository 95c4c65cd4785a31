import type { CallToolResult, ServerContext } from '@modelcontextprotocol/server'
import type { Principal } from '../../identity/principal.ts'
import { namesType } from '../../lib/http/accept.ts'
import type { FixedJson, Outgoing } from '../../lib/secrets/outgoing.ts'
import { toolSetOf } from '../../tools/tool-sets.ts'
import { authInfoOf } from '../auth-info.ts'
import { addressHeader, proofHeaders } from '../client.ts'
import { metaKey, requestIdHeader } from '../messages.ts'
import { lists, type McpRegistry, type McpTool } from '../registry.ts'
import { cacheHint, capabilities, serverInfo } from '../server-info.ts'
import { structuredOf } from '../structured.ts'
import {
  type HttpMessage,
  type PlainCall,
  type PlainGreeting,
  type PlainList,
  plainMessage
} from './plain-message.ts'

/** A message as it came over HTTP. */
export interface DirectRequest extends HttpMessage {
  /** Of the request, and of the connection. */
  id: string
  ip: string
  /** With its query. */
  url: string
  /** Who sent it, by its token. */
  principal: Principal
  /** Aborted when the caller goes away; the bridge aborts it when it ends. */
  caller: AbortController
}

/** A message under way that needs nothing of the SDK. */
export interface DirectCall {
  /** Whether the client waits for a stream, which is kept alive. */
  streams: boolean
  /** The JSON of the response, empty where none is due; undefined where the bridge ended before there was one. */
  response: Promise<string | undefined>
}

export interface DirectCallsOptions {
  /** What a caller is offered. @throws {BridgeError} for an unknown tool set */
  registryFor: (options: {
    principal: Principal
    toolSet: string | undefined
    structured: boolean
  }) => McpRegistry
  outgoing: Outgoing
}

/** Headers as the web has them, as far as calls read them. */
class PassedHeaders {
  readonly #entries: ReadonlyMap<string, string>

  constructor({ headers, id, ip }: DirectRequest) {
    const entries = new Map<string, string>()
    for (const [name, value] of Object.entries(headers))
      if (typeof value === 'string' && !proofHeaders.has(name)) entries.set(name, value)
    // Those of the client are its own business.
    entries.set(requestIdHeader, id)
    entries.set(addressHeader, ip)
    this.#entries = entries
  }

  get(name: string): string | null {
    return this.#entries.get(name) ?? null
  }

  [Symbol.iterator](): Iterator<[string, string]> {
    return this.#entries[Symbol.iterator]()
  }
}

/** A record as the fields of another. */
const fieldsOf = (record: object): string => JSON.stringify(record).slice(1, -1)

/** What comes with each result of the modern generation. */
const modernParts = (hint: object = {}): string =>
  `,${fieldsOf({ resultType: 'complete', ...hint, _meta: { [metaKey('serverInfo')]: serverInfo } })}`
const afterCall = { legacy: '', modern: modernParts() }
/** Of what stays the same. */
const afterFixed = { legacy: '', modern: modernParts(cacheHint) }

/** The fields of a result in the order in which the SDK writes them; of any but a text as they are. */
function resultJson(result: CallToolResult, outgoing: Outgoing): string {
  const { content, structuredContent, isError, ...others } = result
  const [only] = content
  if (Object.keys(others).length > 0 || content.length !== 1 || only?.type !== 'text')
    return outgoing.json(JSON.stringify(result)).slice(1, -1)
  const text = JSON.stringify(outgoing.text(only.text))
  const structured =
    structuredContent === undefined
      ? ''
      : `,"structuredContent":${outgoing.jsonOf(structuredContent)}`
  const error = isError === undefined ? '' : `,"isError":${isError}`
  return `"content":[{"type":"text","text":${text}}]${structured}${error}`
}

/** @param id as JSON */
const responseOf = (id: string, result: string): string =>
  `{"result":${result},"jsonrpc":"2.0","id":${id}}`
const resultOf = ({ id }: { id: string | number }, fields: string): string =>
  responseOf(JSON.stringify(id), `{${fields}}`)

/** What a client gets to know of the server. */
function greetingOf({ instructions }: McpRegistry, { method, revision }: PlainGreeting): object {
  const told = { capabilities, ...(method === 'initialize' && { serverInfo }), instructions }
  return method === 'initialize'
    ? { protocolVersion: revision, ...told }
    : { supportedVersions: [revision], ...told }
}

/** Lists of a registry as results of each generation: it stays the same, and so do they. */
const written = new WeakMap<McpRegistry, Map<string, FixedJson>>()

function listOf(registry: McpRegistry, { method, generation }: PlainList): FixedJson {
  const results = written.get(registry) ?? new Map<string, FixedJson>()
  written.set(registry, results)
  const key = `${generation} ${method}`
  const result = results.get(key) ?? {
    json: `{${fieldsOf(lists[method](registry))}${afterFixed[generation]}}`
  }
  results.set(key, result)
  return result
}

/**
 * The way of most messages over HTTP: plain calls of tools, the lists, and the greeting before them, without
 * the SDK's schemas, its web requests and a server for each; nor is the SDK loaded for them. What comes
 * back is the same, byte for byte (test/mcp/direct.slow.test.ts).
 */
export class DirectCalls {
  readonly #options: DirectCallsOptions
  /** Ends each call that is under way. */
  readonly #open = new Set<() => void>()
  #onLast: (() => void) | undefined

  constructor(options: DirectCallsOptions) {
    this.#options = options
  }

  /** Begins what a message asks for; undefined for one that is for the SDK. */
  begin(request: DirectRequest): DirectCall | undefined {
    const message = plainMessage(request)
    const registry = message && this.#registryOf(request)
    if (message === undefined || registry === undefined) return undefined
    if (message.method === 'notifications/initialized')
      return { streams: false, response: Promise.resolve('') }
    if (message.method !== 'tools/call')
      return { streams: false, response: Promise.resolve(this.#fixedOf(registry, message)) }
    const tool = registry.hidden.get(message.name) ?? registry.tools.get(message.name)
    if (tool?.plain !== true) return undefined
    const streams =
      message.generation === 'legacy' &&
      tool.slow &&
      namesType(request.headers.accept, 'text/event-stream')
    return { streams, response: this.#run(message, tool, request) }
  }

  /** What stays the same while the bridge runs. */
  #fixedOf(registry: McpRegistry, message: PlainGreeting | PlainList): string {
    const { outgoing } = this.#options
    const id = outgoing.json(JSON.stringify(message.id))
    if (!('revision' in message))
      return responseOf(id, outgoing.fixedJson(listOf(registry, message)))
    const greeting = fieldsOf(greetingOf(registry, message)) + afterFixed[message.generation]
    return responseOf(id, outgoing.json(`{${greeting}}`))
  }

  /** What the caller is offered; undefined for an address that asks for what there is not. */
  #registryOf({ url, principal }: DirectRequest): McpRegistry | undefined {
    try {
      const [toolSet, structured] = url.includes('?')
        ? [toolSetOf(url), structuredOf(url)]
        : [undefined, true]
      return this.#options.registryFor({ principal, toolSet, structured })
    } catch {
      // Refused with the others.
      return undefined
    }
  }

  async #run(call: PlainCall, tool: McpTool, request: DirectRequest): Promise<string | undefined> {
    const { outgoing } = this.#options
    let end = (): void => undefined
    const ended = new Promise<undefined>((resolve) => {
      end = () => {
        request.caller.abort()
        resolve(undefined)
      }
    })
    this.#open.add(end)
    try {
      const result = await Promise.race([
        tool.call(call.args, this.#contextOf(call, request)),
        ended
      ])
      if (result === undefined) return undefined
      const json = resultOf(call, resultJson(result, outgoing) + afterCall[call.generation])
      // An id is the client's own, and is looked through only here.
      return typeof call.id === 'string' ? outgoing.json(json) : json
    } finally {
      this.#open.delete(end)
      if (this.#open.size === 0) this.#onLast?.()
    }
  }

  /** What the SDK would tell of the request, as far as tools read it. */
  #contextOf({ id, meta }: PlainCall, request: DirectRequest): ServerContext {
    const { principal, caller } = request
    const context = {
      http: {
        req: { headers: new PassedHeaders(request) },
        authInfo: authInfoOf(principal)
      },
      mcpReq: {
        id,
        method: 'tools/call',
        _meta: meta,
        envelope: meta,
        signal: caller.signal,
        requestState: () => undefined
      }
    }
    return context as unknown as ServerContext
  }

  /** Resolves when none is under way. */
  async settled(): Promise<void> {
    if (this.#open.size > 0) await new Promise<void>((resolve) => (this.#onLast = resolve))
  }

  /** Ends what is still under way. */
  close(): void {
    for (const end of this.#open) end()
  }
}
