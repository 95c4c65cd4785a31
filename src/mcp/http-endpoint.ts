import {
  createMcpHandler,
  isLegacyRequest,
  SUPPORTED_PROTOCOL_VERSIONS,
  type Server,
  WebStandardStreamableHTTPServerTransport
} from '@modelcontextprotocol/server'
import { jsonRpcCode, jsonRpcError } from './json-rpc-error.ts'
import { idOf, messageProblem } from './message-problem.ts'

/** How requests are answered; made anew for each. */
export interface HttpEndpointOptions {
  createServer: () => Server
  /** Whether a call of this tool may take long. */
  isSlow: (tool: string) => boolean
  onError: (error: Error) => void
}

/** MCP over Streamable HTTP, without sessions. */
export interface HttpEndpoint {
  /** @param body the request's body, parsed; `undefined` where there is none */
  fetch(request: Request, body: unknown): Promise<Response>
  /** Ends open streams. */
  close(): Promise<void>
}

const both = 'application/json, text/event-stream'

/** What a client accepts; one that says nothing, or anything, is taken to want JSON. */
const acceptsStream = (request: Request): boolean =>
  (request.headers.get('accept') ?? '').includes('text/event-stream')

/** The SDK insists on a client that takes both forms; many take only JSON, and get it. */
function acceptingBoth(request: Request): Request {
  const headers = new Headers(request.headers)
  headers.set('accept', both)
  return new Request(request.url, { method: request.method, headers, signal: request.signal })
}

/**
 * The SDK refuses a revision it does not know without the request's id. `initialize` has its revision
 * in the body.
 */
function unknownRevision(request: Request, body: unknown): Response | undefined {
  const revision = request.headers.get('mcp-protocol-version')
  const { method } = (body ?? {}) as Message
  if (revision === null || method === 'initialize') return undefined
  if (SUPPORTED_PROTOCOL_VERSIONS.includes(revision)) return undefined
  const known = SUPPORTED_PROTOCOL_VERSIONS.join(', ')
  const message = `MCP-Protocol-Version ${revision.slice(0, 100)} is not known here: send the one that initialize agreed on (${known})`
  return jsonRpcError(400, jsonRpcCode.http, message, idOf(body))
}

interface Message {
  method?: unknown
  params?: { name?: unknown; _meta?: { progressToken?: unknown } }
}

/**
 * MCP for both eras on one address: revision 2026-07-28 through the SDK's own handler, 2025-11-25 and
 * older through its transport without sessions, a server each. Answers are JSON, unless the call may
 * take long and the client takes a stream.
 */
export function createHttpEndpoint(options: HttpEndpointOptions): HttpEndpoint {
  const { createServer, isSlow, onError } = options
  const modern = createMcpHandler(createServer, { legacy: 'reject', onerror: onError })

  const streams = (request: Request, body: unknown): boolean => {
    if (!acceptsStream(request)) return false
    const { method, params } = (body ?? {}) as Message
    return (
      params?._meta?.progressToken !== undefined ||
      (method === 'tools/call' && typeof params?.name === 'string' && isSlow(params.name))
    )
  }

  async function legacy(request: Request, body: unknown): Promise<Response> {
    const refusal = unknownRevision(request, body)
    if (refusal !== undefined) return refusal
    const server = createServer()
    const transport = new WebStandardStreamableHTTPServerTransport({
      enableJsonResponse: !streams(request, body)
    })
    transport.onerror = onError
    await server.connect(transport)
    const end = (): void => void server.close().catch(onError)
    // A caller who goes away ends the server, and with it what its call has begun.
    const gone = new Promise<Response>((resolve) => {
      request.signal.addEventListener('abort', () => {
        end()
        resolve(new Response(null, { status: 499 }))
      })
    })
    const response = await Promise.race([
      transport.handleRequest(acceptingBoth(request), { parsedBody: body }),
      gone
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
    async fetch(request, body) {
      if (body === undefined)
        return jsonRpcError(
          400,
          jsonRpcCode.parseError,
          'The body is empty: send one JSON-RPC message'
        )
      const problem = messageProblem(body)
      if (problem !== undefined) return jsonRpcError(400, problem.code, problem.message, problem.id)
      return (await isLegacyRequest(request, body))
        ? legacy(request, body)
        : modern.fetch(request, { parsedBody: body })
    },
    close: () => modern.close()
  }
}
