import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { BridgeError } from '../src/lib/errors/errors.ts'
import { wellKnownPath } from '../src/identity/oidc-resource.ts'
import { addressHeader, proofHeaders } from '../src/mcp/client.ts'
import {
  bridgeStopped,
  idOf,
  jsonRpcCode,
  jsonRpcErrorBody,
  requestIdHeader
} from '../src/mcp/messages.ts'
import { jsonType, namesType } from '../src/lib/http/accept.ts'
import { maxLargeBodyBytes } from '../src/lib/http/http-limits.ts'
import { loadOnce } from '../src/lib/flow/load-once.ts'
import { isObject } from '../src/lib/json/json.ts'
import type { Tool } from '../src/tools/define-tool.ts'
import { requireUsable } from '../src/tools/tool-sets.ts'
import type { DirectCall } from '../src/mcp/direct/direct-calls.ts'
import { eventsOf, streamHeaders } from '../src/mcp/direct/stream.ts'
import type { McpService } from '../src/mcp/service.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The MCP server's parts, loaded with the first use. */
    mcp(): Promise<McpService>
  }
}

/** Codes of JSON-RPC for what fails before a message is understood. */
const codes: Partial<Record<BridgeError['code'], number>> = {
  INVALID_JSON: jsonRpcCode.parseError,
  BODY_TOO_LARGE: jsonRpcCode.invalidRequest,
  INTERNAL: jsonRpcCode.internalError
}

/** Where a tool's sentence would not fit. */
const messages: Partial<Record<BridgeError['code'], string>> = {
  INVALID_JSON:
    'The body is not valid JSON: send one JSON-RPC message as {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}'
}

/** The request as the web has it, its query included, without its body, which is parsed already. */
function webRequest(request: FastifyRequest, signal: AbortSignal): Request {
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers))
    if (typeof value === 'string' && !proofHeaders.has(name)) headers.set(name, value)
  // The one of the client is its own business.
  headers.set(requestIdHeader, request.id)
  headers.set(addressHeader, request.ip)
  const [, query] = request.url.split('?', 2)
  return new Request(`http://bridge/mcp${query === undefined ? '' : `?${query}`}`, {
    method: request.method,
    headers,
    signal
  })
}

/** Sends a response of the web; one that is JSON as text, so that it leaves as every other. */
async function sendWeb(reply: FastifyReply, response: Response): Promise<FastifyReply> {
  const type = response.headers.get('content-type') ?? ''
  if (!type.startsWith('application/json')) return reply.send(response)
  const text = await response.text()
  return reply.code(response.status).headers(Object.fromEntries(response.headers)).send(text)
}

/** Sends what a call returns, as JSON or in a stream. It has come through `outgoing`. */
async function sendCall(
  reply: FastifyReply,
  { streams, response }: DirectCall
): Promise<FastifyReply> {
  const sent = streams ? await eventsOf(response) : await response
  if (sent === undefined)
    return reply
      .code(503)
      .type(jsonType)
      .send(jsonRpcErrorBody(jsonRpcCode.http, bridgeStopped, idOf(reply.request.body)))
  if (sent === '') return reply.code(202).send()
  if (streams) void reply.headers(streamHeaders)
  else void reply.type(jsonType)
  return typeof sent === 'string' ? reply.sendPassed(sent) : reply.send(sent)
}

/** In the form of OAuth's errors (RFC 7591). */
const noRegistration = (issuer: string | undefined): object => ({
  error: 'access_denied',
  error_description:
    issuer === undefined
      ? 'This bridge has no sign-in: the token that was sent is missing or wrong. Set the header "Authorization: Bearer <MCP_BEARER_TOKEN>" in the settings of the client'
      : `This bridge registers no clients: its authorization server is ${issuer}, as ${wellKnownPath} says. Register the client there, or set the header "Authorization: Bearer <MCP_BEARER_TOKEN>" in the settings of the client`
})

/** The tool that a message calls; undefined where it calls none that there is. */
function toolCalled(body: unknown, tools: ReadonlyMap<string, Tool>): Tool | undefined {
  if (!isObject(body) || body['method'] !== 'tools/call' || !isObject(body['params']))
    return undefined
  return tools.get(String(body['params']['name']))
}

const sessionless = 'This server keeps no sessions and pushes nothing: send every message with POST'

/**
 * MCP over Streamable HTTP at `/mcp` and `/`, for the same tools, with the same token; `?tools=core`
 * offers a set of them. Errors before a message is understood are JSON-RPC errors, too.
 *
 * The SDK is loaded on demand: plain messages, and commands that serve no MCP, do without it.
 */
const mcp: FastifyPluginAsync = async (app) => {
  let closing = false

  async function load(): Promise<McpService> {
    const { createMcpService } = await import('../src/mcp/service.ts')
    const service = createMcpService({
      tools: [...app.tools.values()],
      toolsFor: (principal, toolSet) => app.toolsFor(principal, toolSet),
      catalog: app.catalog,
      toolContext: (call) => app.toolContext(call),
      chatProgress: (headers) => app.chatProgress(headers),
      atStdio: app.operator,
      log: app.log,
      outgoing: app.outgoing
    })
    // The bridge may have begun to shut down meanwhile.
    if (closing) await service.http.close()
    return service
  }
  const service = loadOnce(load)
  app.decorate('mcp', service.get)
  app.addWarmUp('MCP', service.get)
  app.addLateWarmUp('The SDK of MCP', async () => (await service.get()).http.load())
  // Before the connections are waited for: an open stream would hold them.
  app.addHook('preClose', async () => {
    closing = true
    // A failure to load is reported to its requester.
    const loaded = await service.now()?.catch(() => undefined)
    await loaded?.http.close()
  })

  // A client whose token is refused requests sign-in next, and shows only the message sent here.
  const answer = noRegistration(app.signIn.issuer)
  app.post(
    '/register',
    { onRequest: async (_request, reply) => reply.code(400).send(answer) },
    () => answer
  )

  await app.register(async (scope) => {
    scope.setErrorHandler((thrown, request, reply) => {
      const error = request.toBridgeError(thrown)
      if (error.code === 'INTERNAL') request.log.error({ err: error.cause }, 'internal error')
      else if (request.principal !== null) request.log.debug({ err: error }, 'MCP request refused')
      app.signIn.challenge(request, reply, error)
      const { retryAfterSeconds } = error.details
      if (typeof retryAfterSeconds === 'number') void reply.header('retry-after', retryAfterSeconds)
      return reply
        .code(error.statusCode)
        .type('application/json; charset=utf-8')
        .send(
          jsonRpcErrorBody(
            codes[error.code] ?? jsonRpcCode.http,
            messages[error.code] ?? error.message
          )
        )
    })
    // A person who opens the bridge's address in a browser speaks no MCP.
    scope.addHook('onRequest', async (request, reply) => {
      const { method, headers, routeOptions } = request
      const isRoot = (method === 'GET' || method === 'HEAD') && routeOptions.url === '/'
      if (isRoot && !namesType(headers.accept, 'text/event-stream')) return reply.callNotFound()
    })
    scope.requireOrigin()
    scope.requireToken()

    for (const path of ['/mcp', '/']) {
      // As much as the largest call needs: which tool it is for is only known once it is read.
      scope.post(path, { bodyLimit: maxLargeBodyBytes }, async (request, reply) => {
        const { http } = await app.mcp()
        const principal = request.requirePrincipal()
        const { id, ip, url, headers, body } = request
        // By its status, so that a client that signed in can ask for more, and call again.
        if (principal.kind === 'oidc') requireUsable(toolCalled(body, app.tools), principal)
        const caller = reply.callerControl()
        const call = http.call({ id, ip, url, headers, body, principal, caller })
        if (call !== undefined) return sendCall(reply, call)
        return sendWeb(reply, await http.fetch(webRequest(request, caller.signal), body, principal))
      })
      scope.route({
        method: ['GET', 'DELETE', 'PUT', 'PATCH'],
        url: path,
        handler: async (_request, reply) => {
          void reply.header('allow', 'POST')
          throw new BridgeError('METHOD_NOT_ALLOWED', sessionless)
        }
      })
    }
  })
}

export const mcpPlugin = fp(mcp, {
  name: 'mcp',
  fastify: '5.x',
  dependencies: [
    'tools',
    'catalog',
    'chat-progress',
    'errors',
    'auth',
    'oidc',
    'host-guard',
    'caller-signal',
    'warm-up',
    'outgoing'
  ]
})
