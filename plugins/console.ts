import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { sessionIdIn } from '../src/console/cookie.ts'
import { OverviewReader } from '../src/console/overview.ts'
import { PrincipalsSeen } from '../src/console/principals-seen.ts'
import { type RecentCall, recentCalls } from '../src/console/recent-calls.ts'
import { type ConsoleSession, ConsoleSessions } from '../src/console/sessions.ts'
import { BridgeError } from '../src/lib/errors/errors.ts'
import { quoteText } from '../src/lib/text/quote.ts'

declare module 'fastify' {
  interface FastifyInstance {
    console: ConsoleParts
    /** Makes every route of this scope require a session of the console. */
    requireConsoleSession(): void
    /** Makes every route of this scope that changes something refuse calls of pages other than our own. */
    requireOwnPage(): void
  }
  interface FastifyRequest {
    /** The id that the browser has shown; undefined where it has shown none. */
    readonly consoleSessionId: string | undefined
    /** On routes that require one. */
    consoleSession: ConsoleSession | null
  }
}

/** What the console consists of. */
export interface ConsoleParts {
  sessions: ConsoleSessions
  overview: OverviewReader
  principals: PrincipalsSeen
  /** The last calls on record, the newest first. */
  calls(max: number): RecentCall[]
}

const maxOriginLength = 253

/** Whether a request comes from a page of this bridge: browsers say so themselves, pages cannot. */
function isOwnPage({ headers }: FastifyRequest): boolean {
  const { origin = '', host = '' } = headers
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin') return false
  return /^https?:\/\//.test(origin) && URL.canParse(origin) && new URL(origin).host === host
}

/** Sessions of people who are signed in at the console, and what it shows them. */
const consoleOfPeople: FastifyPluginAsync = async (app) => {
  const sessions = new ConsoleSessions({ authenticate: (token) => app.authenticate(token) })
  const principals = new PrincipalsSeen()
  const overview = new OverviewReader(app.hypercore)
  app.decorate('console', {
    sessions,
    principals,
    overview,
    calls: (max: number) => recentCalls((count) => app.audit.recent(count), max)
  })
  app.decorateRequest('consoleSession', null)
  app.decorateRequest('consoleSessionId', {
    getter(this: FastifyRequest) {
      return sessionIdIn(this.headers.cookie, this.headers.host ?? '')
    }
  })
  app.addHook('preHandler', async ({ principal }) => {
    if (principal !== null) principals.note(principal)
  })

  app.decorate('requireConsoleSession', function requireConsoleSession() {
    this.addHook('onRequest', async (request) => {
      const { consoleSessionId: id } = request
      const session = id === undefined ? undefined : await sessions.find(id)
      if (session === undefined) {
        if (id !== undefined) await app.countRefusal(request)
        throw new BridgeError('UNAUTHORIZED', 'The session has ended: sign in again at /console')
      }
      request.consoleSession = session
      request.principal = session.principal
    })
  })

  app.decorate('requireOwnPage', function requireOwnPage() {
    this.addHook('onRequest', async (request) => {
      const { method, headers } = request
      if (method === 'GET' || method === 'HEAD' || isOwnPage(request)) return
      throw new BridgeError(
        'ORIGIN_REFUSED',
        headers.origin === undefined
          ? 'The console accepts this only from its own page, and the request names none (Origin): open /console in a browser, or use /approvals with a token'
          : `The console accepts this only from its own page, not from ${quoteText(headers.origin, maxOriginLength)}. Behind a proxy, have it pass the Host header on`
      )
    })
  })
}

export const consolePlugin = fp(consoleOfPeople, {
  name: 'console',
  fastify: '5.x',
  dependencies: ['auth', 'rate-limit', 'hypercore', 'audit']
})
