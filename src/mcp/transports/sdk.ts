import {
  createMcpHandler,
  isLegacyRequest,
  PROTOCOL_VERSION_META_KEY,
  SUPPORTED_PROTOCOL_VERSIONS,
  type Server,
  WebStandardStreamableHTTPServerTransport
} from '@modelcontextprotocol/server'
import { namesType } from '../../lib/http/accept.ts'
import type { Principal } from '../../identity/principal.ts'
import { toBridgeError } from '../../lib/errors/errors.ts'
import { toolSetOf } from '../../tools/tool-sets.ts'
import { authInfoOf, principalIn } from '../auth-info.ts'
import { modernRevision } from '../direct/plain-message.ts'
import { structuredOf } from '../structured.ts'
import {
  bridgeStopped,
  idOf,
  jsonRpcCode,
  jsonRpcError,
  messageProblem,
  withOpenArguments
} from '../messages.ts'

/** What a server offers, and to which principal. */
export interface ServerOptions {
  principal: Principal
  /** The tools to offer, as the address names them; undefined for all. */
  toolSet?: string | undefined
  /** Whether results carry their data beside the text; default true. */
  structured?: boolean
}

/** How requests are served; created again for each. */
export interface SdkEndpointOptions {
  createServer: (options: ServerOptions) => Promise<Server>
  /** @throws {BridgeError} for an unknown tool set */
  checkToolSet: (toolSet: string | undefined) => void
  /** Whether a call of this tool may take long. */
  isSlow: (tool: string) => boolean
  onError: (error: Error) => void
}

/** MCP over Streamable HTTP, without sessions, by the servers of the SDK. */
export interface SdkEndpoint {
  /**
   * @param body the request's body, parsed; `undefined` where there is none
   * @param principal who sent it, by its token
   */
  fetch(request: Request, body: unknown, principal: Principal): Promise<Response>
  /** Resolves when no server is open. */
  settled(): Promise<void>
  /** Ends what is still open. */
  close(): Promise<void>
}

const both = 'application/json, text/event-stream'

/** A client that says nothing, or that anything will do, gets JSON. */
const acceptsStream = (request: Request): boolean =>
  namesType(request.headers.get('accept') ?? undefined, 'text/event-stream')

/** The SDK insists on a client that takes both forms; many take only JSON, and get it. */
function acceptingBoth(request: Request): Request {
  const headers = new Headers(request.headers)
  headers.set('accept', both)
  return new Request(request.url, { method: request.method, headers, signal: request.signal })
}

/** Every revision that is spoken here; of the modern generation the SDK tells none. */
const knownRevisions = [modernRevision, ...SUPPORTED_PROTOCOL_VERSIONS]

/**
 * The SDK refuses a revision it does not know without the request's id, or, where the text sorts
 * behind the newest, by what the body lacks. `initialize` has its revision in the body, and so has a
 * message of the modern generation: of that the SDK says which it knows.
 */
function unknownRevision(request: Request, body: unknown): Response | undefined {
  const revision = request.headers.get('mcp-protocol-version')
  const { method, params } = (body ?? {}) as Message
  if (revision === null || method === 'initialize') return undefined
  if (knownRevisions.includes(revision)) return undefined
  if (params?._meta?.[PROTOCOL_VERSION_META_KEY] !== undefined) return undefined
  const known = knownRevisions.join(', ')
  const message = `MCP-Protocol-Version ${revision.slice(0, 100)} is not known here: send the one that initialize agreed on (${known})`
  return jsonRpcError(400, jsonRpcCode.http, message, idOf(body))
}

/** For a call that is cut off because the bridge ends; a caller that went away does not read it. */
const bridgeEnds = (body: unknown): Response =>
  jsonRpcError(503, jsonRpcCode.http, bridgeStopped, idOf(body))

interface Message {
  method?: unknown
  params?: { name?: unknown; _meta?: Record<string, unknown> }
}

/**
 * MCP for both protocol generations on one address: revision 2026-07-28 through the SDK's own handler,
 * 2025-11-25 and older through its transport without sessions, a server each. Responses are JSON, unless
 * the call may take long and the client takes a stream.
 */
export function createSdkEndpoint(options: SdkEndpointOptions): SdkEndpoint {
  const { checkToolSet, isSlow, onError } = options
  const open = new Set<Server>()
  let lastClosed: (() => void) | undefined

  async function createServer(request: Request, principal: Principal): Promise<Server> {
    const server = await options.createServer({
      principal,
      toolSet: toolSetOf(request.url),
      structured: structuredOf(request.url)
    })
    open.add(server)
    server.onclose = () => {
      open.delete(server)
      if (open.size === 0) lastClosed?.()
    }
    return server
  }

  const modern = createMcpHandler(
    ({ requestInfo, authInfo }) => createServer(requestInfo as Request, principalIn(authInfo)),
    { legacy: 'reject', onerror: onError }
  )

  const streams = (request: Request, body: unknown): boolean => {
    if (!acceptsStream(request)) return false
    const { method, params } = (body ?? {}) as Message
    return (
      params?._meta?.['progressToken'] !== undefined ||
      (method === 'tools/call' && typeof params?.name === 'string' && isSlow(params.name))
    )
  }

  async function legacy(request: Request, body: unknown, principal: Principal): Promise<Response> {
    const server = await createServer(request, principal)
    const transport = new WebStandardStreamableHTTPServerTransport({
      enableJsonResponse: !streams(request, body)
    })
    transport.onerror = onError
    await server.connect(transport)
    const end = (): void => void server.close().catch(onError)
    // A caller who goes away ends the server, and with it what its call has begun.
    request.signal.addEventListener('abort', end)
    const noted = server.onclose
    const ended = new Promise<Response>((resolve) => {
      server.onclose = () => {
        noted?.()
        resolve(bridgeEnds(body))
      }
    })
    const response = await Promise.race([
      transport.handleRequest(acceptingBoth(request), {
        parsedBody: body,
        authInfo: authInfoOf(principal)
      }),
      ended
    ])
    if (response.body === null || !response.headers.get('content-type')?.includes('event-stream')) {
      end()
      return response
    }
    const { readable, writable } = new TransformStream()
    response.body.pipeTo(writable).then(end, end)
    return new Response(readable, { status: response.status, headers: response.headers })
  }

  return {
    async fetch(request, given, principal) {
      if (given === undefined)
        return jsonRpcError(
          400,
          jsonRpcCode.parseError,
          'The body is empty: send one JSON-RPC message'
        )
      const problem = messageProblem(given)
      if (problem !== undefined) return jsonRpcError(400, problem.code, problem.message, problem.id)
      const body = withOpenArguments(given)
      try {
        checkToolSet(toolSetOf(request.url))
        structuredOf(request.url)
      } catch (error) {
        const { message } = toBridgeError(error)
        return jsonRpcError(400, jsonRpcCode.invalidParams, message, idOf(body))
      }
      const refusal = unknownRevision(request, body)
      if (refusal !== undefined) return refusal
      if (await isLegacyRequest(request, body)) return legacy(request, body, principal)
      const response = await modern.fetch(request, {
        parsedBody: body,
        authInfo: authInfoOf(principal)
      })
      // So the SDK responds when the server was closed before it could.
      return response.status === 499 ? bridgeEnds(body) : response
    },
    async settled() {
      if (open.size > 0) await new Promise<void>((resolve) => (lastClosed = resolve))
    },
    async close() {
      await modern.close()
      for (const server of open) await server.close().catch(onError)
    }
  }
}
