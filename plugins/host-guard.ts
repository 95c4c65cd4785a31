import cors from '@fastify/cors'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { BridgeError } from '../src/lib/errors/errors.ts'
import { loopbackNames } from '../src/lib/http/loopback.ts'
import { quoteText } from '../src/lib/text/quote.ts'
import { toolSetHeader } from '../src/tools/tool-sets.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Makes every route of this scope refuse calls from web pages that are not known. */
    requireOrigin(): void
  }
}

export interface HostGuardPluginOptions {
  /** Names the bridge may be called by, lower case, without port. */
  allowedHosts: string[]
  /** Origins of pages that may call it from a browser. */
  corsOrigins: string[]
}

/** What of a refused name is repeated: as long as DNS allows. */
const maxNameLength = 253

/** The name in a Host header, lower case, without port. */
const hostName = (header: string): string => header.toLowerCase().replace(/:\d+$/, '')

/**
 * Who may call: only by a known name (a page that rebinds its DNS name to this machine has another
 * one), and from a browser only pages of a listed origin.
 */
const hostGuard: FastifyPluginAsync<HostGuardPluginOptions> = async (app, options) => {
  const allowed = new Set(options.allowedHosts.map((name) => hostName(name)))

  // First, so that a page of a listed origin can read every refusal, also of the name.
  await app.register(cors, {
    origin: options.corsOrigins.includes('*') ? '*' : options.corsOrigins,
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    allowedHeaders: [
      'content-type',
      'authorization',
      'accept',
      'x-session-id',
      toolSetHeader,
      'mcp-protocol-version',
      'mcp-session-id',
      'mcp-method',
      'mcp-name'
    ],
    exposedHeaders: ['content-disposition', 'location', 'www-authenticate', 'x-request-id'],
    maxAge: 600,
    strictPreflight: false
  })

  app.addHook('onRequest', (request, _reply, done) => {
    const name = hostName(request.headers.host ?? '')
    if (loopbackNames.has(name) || allowed.has(name)) return done()
    // Listed names are not repeated: they are kept from callers that guess.
    const refusal = new BridgeError(
      'HOST_REFUSED',
      name === ''
        ? 'The request has no Host header: send the name the bridge is called by'
        : `Unknown host name ${quoteText(name, maxNameLength)}: add it to ALLOWED_HOSTS, or call the bridge by a name that is listed there`
    )
    done(refusal)
  })

  /** A page's own name decides, without port, or its whole origin where CORS_ORIGINS lists it. */
  function isKnown(origin: string): boolean {
    if (options.corsOrigins.includes('*') || options.corsOrigins.includes(origin)) return true
    const name = URL.canParse(origin) ? new URL(origin).hostname : ''
    return loopbackNames.has(name) || allowed.has(name)
  }

  app.decorate('requireOrigin', function requireOrigin() {
    this.addHook('onRequest', async ({ headers: { origin } }) => {
      // Programs send none.
      if (origin === undefined || origin === '' || isKnown(origin)) return
      throw new BridgeError(
        'ORIGIN_REFUSED',
        `Web pages of ${quoteText(origin, maxNameLength)} may not call the bridge: add this origin to CORS_ORIGINS`
      )
    })
  })
}

export const hostGuardPlugin = fp(hostGuard, { name: 'host-guard', fastify: '5.x' })
