import type { FastifyError, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { BridgeError, type ErrorCode, toBridgeError } from '../src/lib/errors/errors.ts'
import { inBinaryUnits, maxPathLength } from '../src/lib/http/http-limits.ts'
import { nearestTool } from '../src/tools/advice/nearest-tool.ts'
import { jsonType, prefersText, textType } from '../src/lib/http/accept.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Refuses an address that is not a URL, which Fastify meets before any route or hook. */
    refuseUrl(request: FastifyRequest, reply: FastifyReply): void
  }
  interface FastifyRequest {
    /** Whatever was thrown while this request was handled, as an error that is fit for the caller. */
    toBridgeError(thrown: unknown): BridgeError
  }
}

/** What Fastify itself refuses, in our words. */
const frameworkErrors: Record<string, [ErrorCode, string]> = {
  FST_ERR_CTP_INVALID_JSON_BODY: [
    'INVALID_JSON',
    'The body is not valid JSON: send an object such as {"filter": "web"}'
  ],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'UNSUPPORTED_MEDIA_TYPE',
    'The body must be JSON: send the header "Content-Type: application/json"'
  ],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    'INVALID_JSON',
    'The body does not have the length its Content-Length says: send it whole'
  ]
}

/** Fastify's own errors are among those thrown. */
function fromFramework(error: unknown, request: FastifyRequest): BridgeError {
  if (error instanceof BridgeError) return error
  const { code, statusCode, name } = error as Partial<FastifyError>
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return new BridgeError(
      'BODY_TOO_LARGE',
      `The body exceeds the limit of ${inBinaryUnits(request.routeOptions.bodyLimit)}: send less, files go straight to the cluster`
    )
  const known = frameworkErrors[code ?? '']
  if (known !== undefined) return new BridgeError(...known)
  if (name === 'SyntaxError' && statusCode === 400)
    return new BridgeError(
      ...(frameworkErrors['FST_ERR_CTP_INVALID_JSON_BODY'] as [ErrorCode, string])
    )
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new BridgeError('INVALID_ARGUMENT', 'The request is not valid HTTP for this bridge', {
      statusCode,
      cause: error
    })
  return toBridgeError(error, request.id)
}

/**
 * The body of every error: `{"error": {"code", "message", …}}`, or one plain sentence for a caller
 * that requested text.
 */
function sendError(request: FastifyRequest, reply: FastifyReply, error: BridgeError): FastifyReply {
  const { message } = error
  void reply.code(error.statusCode)
  request.server.signIn.challenge(request, reply, error)
  const { retryAfterSeconds } = error.details
  if (typeof retryAfterSeconds === 'number') void reply.header('retry-after', retryAfterSeconds)
  // Decorators do not reach a request that Fastify refuses before it has a route.
  if (prefersText(request.headers.accept)) return reply.type(textType).send(message)
  const requestId = error.statusCode === 500 ? { requestId: request.id } : {}
  return reply
    .type(jsonType)
    .send(JSON.stringify({ error: { code: error.code, message, ...error.details, ...requestId } }))
}

function refuseUrl(request: FastifyRequest, reply: FastifyReply): void {
  const error = new BridgeError(
    'INVALID_ARGUMENT',
    'The address is not a valid URL: write % as %25. GET /openapi.json lists all tools'
  )
  void sendError(request, reply, error)
}

/** One place that shapes every error, and says what a wrong path was meant to be. */
const errors: FastifyPluginAsync = async (app) => {
  app.decorate('refuseUrl', refuseUrl)
  app.decorateRequest('toBridgeError', function toBridgeError(thrown) {
    return fromFramework(thrown, this)
  })

  app.setErrorHandler((thrown, request, reply) => {
    const error = request.toBridgeError(thrown)
    if (error.code === 'INTERNAL') request.log.error({ err: error.cause }, 'internal error')
    // Without a token the request's own line has to do: a stack for each would fill a disk.
    else if (request.principal !== null && !request.isLogged)
      request.log.debug({ err: error }, 'call failed')
    return sendError(request, reply, error)
  })

  /** Paths that are read, without the token. */
  const readable = [
    '/health',
    '/ready',
    '/openapi.json',
    '/docs',
    '/console',
    '/favicon.svg',
    '/favicon.ico'
  ]

  function notFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const [path = '/'] = request.url.split('?')
    if (path === '/')
      return sendError(
        request,
        reply,
        new BridgeError(
          'ROUTE_NOT_FOUND',
          'GET / has a page for browsers only. This is scale-bridge: /docs shows its tools, /openapi.json lists them, /mcp serves MCP'
        )
      )
    const tool = path.replace(/^\/+|\/+$/g, '')
    if (app.tools.has(tool)) {
      void reply.header('allow', 'POST')
      return sendError(
        request,
        reply,
        new BridgeError(
          'METHOD_NOT_ALLOWED',
          `${tool} is a tool: call it with POST /${tool} and a JSON body`
        )
      )
    }
    if (readable.includes(path) && request.method !== 'GET') {
      void reply.header('allow', 'GET')
      return sendError(
        request,
        reply,
        new BridgeError('METHOD_NOT_ALLOWED', `${path} is only read: call it with GET`)
      )
    }
    const meant = nearestTool(tool, [...app.tools.keys()])
    return sendError(
      request,
      reply,
      new BridgeError(
        'ROUTE_NOT_FOUND',
        `There is nothing at ${path.slice(0, maxPathLength)}${meant === undefined ? '.' : `; did you mean POST /${meant}?`} GET /openapi.json lists all tools`
      )
    )
  }
  app.setNotFoundHandler(notFound)
  // For unknown routes only the headers are read.
  app.addHook('onRequest', (request, reply, done) => {
    if (request.is404) notFound(request, reply)
    else done()
  })
}

export const errorsPlugin = fp(errors, {
  name: 'errors',
  fastify: '5.x',
  dependencies: ['tools', 'request-log', 'auth', 'oidc']
})
