import {
  type JSONRPCMessage,
  ProtocolError,
  Server,
  type ServerContext,
  type Transport
} from '@modelcontextprotocol/server'
import type { Outgoing } from '../lib/secrets/outgoing.ts'
import { nearest, didYouMean } from '../lib/text/nearest.ts'
import { nearestTool } from '../tools/advice/nearest-tool.ts'
import { noteClient } from './client.ts'
import { invalidParams, mcpError, resourceNotFound } from './failure.ts'
import { jsonRpcCode } from './messages.ts'
import { type Completions, lists, type McpRegistry } from './registry.ts'
import { cacheHint, capabilities, serverInfo } from './server-info.ts'
import { asWord } from '../lib/text/quote.ts'

interface Issue {
  path: (string | number)[]
  message: string
}

/** The words of the SDK's schemas, as JSON has them. */
const plain = (message: string): string =>
  message
    .replace(/^Invalid input: /, '')
    .replace(/\brecord\b/g, 'object')
    .replace(/\breceived undefined$/, 'but it is missing')

/**
 * A sentence for what the SDK says as the JSON of its schema's issues: `Invalid tools/call request: […]`;
 * undefined for any other message.
 */
function plainMessage(message: string): string | undefined {
  const [, start = '', json] = /^([^[]{0,200}?)(?:: )?(\[\s*\{.*\])$/s.exec(message) ?? []
  if (json === undefined) return undefined
  try {
    const issues = (JSON.parse(json) as Issue[]).map(
      ({ path, message: what }) => `${path.join('.')}: ${plain(what)}`
    )
    return `${start || 'Invalid request'}: ${issues.join('; ')}`
  } catch {
    return undefined
  }
}

const noMethod =
  'There is no such method here: there are tools/list, tools/call, resources/list, ' +
  'resources/templates/list, resources/read, prompts/list, prompts/get and completion/complete'

function reworded(message: JSONRPCMessage): JSONRPCMessage {
  if (!('error' in message)) return message
  const { error } = message
  if (error.code === jsonRpcCode.methodNotFound)
    return { ...message, error: { ...error, message: noMethod } }
  const text = plainMessage(error.message)
  if (text === undefined) return message
  return { ...message, error: { ...error, code: jsonRpcCode.invalidParams, message: text } }
}

/**
 * A message as it may leave. What the client identifies it by, its id and its progress token, is
 * returned unchanged.
 */
function presented(message: JSONRPCMessage, outgoing: Outgoing): JSONRPCMessage {
  if ('result' in message) return { ...message, result: outgoing.value(message.result) }
  if ('error' in message) return { ...message, error: outgoing.value(message.error) }
  const { params } = message
  if (params === undefined) return message
  const { progressToken } = params
  const shown = { ...outgoing.value(params), ...(progressToken !== undefined && { progressToken }) }
  return { ...message, params: shown }
}

/**
 * A server that says in a sentence what is wrong with a request. Whatever it sends, over whatever
 * transport, leaves through `outgoing`.
 */
class PlainServer extends Server {
  readonly #outgoing: Outgoing

  constructor(outgoing: Outgoing, ...options: ConstructorParameters<typeof Server>) {
    super(...options)
    this.#outgoing = outgoing
  }

  override connect(transport: Transport): Promise<void> {
    const send = transport.send.bind(transport)
    transport.send = (message, options) =>
      send(presented(reworded(message), this.#outgoing), options)
    return super.connect(transport)
  }
}

/** Most values of one completion (2025-11-25, completion). */
const maxValues = 100

/** What has that name, or an error with the nearest name or where all names are. */
function named<T>(all: ReadonlyMap<string, T>, kind: 'tool' | 'prompt', name: string): T {
  const found = all.get(name)
  if (found !== undefined) return found
  const names = [...all.keys()]
  const meant = didYouMean(kind === 'tool' ? nearestTool(name, names) : nearest(name, names))
  throw invalidParams(`There is no ${kind} ${asWord(name)}${meant || `: ${kind}s/list shows them`}`)
}

function completionsOf(
  registry: McpRegistry,
  ref: { type: 'ref/prompt'; name: string } | { type: 'ref/resource'; uri: string }
): Completions {
  if (ref.type === 'ref/prompt') return named(registry.prompts, 'prompt', ref.name).complete
  const template = registry.templates.find(({ definition }) => definition.uriTemplate === ref.uri)
  if (template === undefined && !registry.resources.has(ref.uri))
    throw invalidParams(
      `There is no resource or template ${asWord(ref.uri)}: resources/templates/list shows them`
    )
  return template?.complete ?? new Map()
}

/**
 * All there is, on one page.
 * @throws {McpError} for a cursor, as there is none
 */
function onOnePage<T>(params: { cursor?: string | undefined } | undefined, all: T): T {
  if (params?.cursor !== undefined)
    throw invalidParams('There is no such cursor: the list has one page, leave cursor out')
  return all
}

/**
 * An MCP server for one request over HTTP, or for one connection over stdio. The lists are built once
 * in the registry; a server only points to them.
 */
export function createMcpServer(registry: McpRegistry): Server {
  const { tools, hidden, resources, templates, prompts, noRead } = registry
  const server = new PlainServer(registry.outgoing, serverInfo, {
    capabilities,
    instructions: registry.instructions,
    cacheHints: {
      'tools/list': cacheHint,
      'prompts/list': cacheHint,
      'resources/list': cacheHint,
      'resources/templates/list': cacheHint,
      'server/discover': cacheHint
    }
  })

  /** What is thrown that is not meant for the caller goes to the log, and not into the response. */
  const plainly =
    <M, R>(handler: (message: M, request: ServerContext) => R | Promise<R>) =>
    async (message: M, request: ServerContext): Promise<R> => {
      noteClient(request, server.getClientVersion())
      try {
        return await handler(message, request)
      } catch (error) {
        // Of the SDK's own, the client is to know as they are.
        throw error instanceof ProtocolError ? error : mcpError(error, registry.onInternal, request)
      }
    }

  server.setRequestHandler(
    'tools/list',
    plainly(({ params }) => onOnePage(params, lists['tools/list'](registry)))
  )
  server.setRequestHandler(
    'tools/call',
    plainly(({ params }, request) =>
      (hidden.get(params.name) ?? named(tools, 'tool', params.name)).call(params.arguments, request)
    )
  )

  server.setRequestHandler(
    'resources/list',
    plainly(({ params }) => onOnePage(params, lists['resources/list'](registry)))
  )
  server.setRequestHandler(
    'resources/templates/list',
    plainly(({ params }) => onOnePage(params, lists['resources/templates/list'](registry)))
  )
  server.setRequestHandler(
    'resources/read',
    plainly(async ({ params: { uri } }, request) => {
      if (noRead) throw noRead
      const fixed = resources.get(uri)
      if (fixed !== undefined) return fixed.read(request)
      for (const template of templates) {
        const found = await template.read(uri, request)
        if (found !== undefined) return found
      }
      throw resourceNotFound(
        uri,
        `There is nothing at ${asWord(uri)}: resources/list shows what is`
      )
    })
  )

  server.setRequestHandler(
    'prompts/list',
    plainly(({ params }) => onOnePage(params, lists['prompts/list'](registry)))
  )
  server.setRequestHandler(
    'prompts/get',
    plainly(({ params }, request) => {
      if (noRead) throw noRead
      return named(prompts, 'prompt', params.name).get(params.arguments ?? {}, request)
    })
  )

  server.setRequestHandler(
    'completion/complete',
    plainly(async ({ params }, request) => {
      if (noRead) throw noRead
      const { ref, argument, context } = params
      const complete = completionsOf(registry, ref).get(argument.name)
      const values = (await complete?.(argument.value, request, context?.arguments)) ?? []
      return {
        completion: {
          values: values.slice(0, maxValues),
          total: values.length,
          hasMore: values.length > maxValues
        }
      }
    })
  )
  return server
}
