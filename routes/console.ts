import { PassThrough } from 'node:stream'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { endedCookie, sessionCookie } from '../src/console/cookie.ts'
import { ConsoleFeed, sessionView } from '../src/console/feed.ts'
import { sessionMs } from '../src/console/sessions.ts'
import { scopeRequired } from '../src/identity/scope-required.ts'
import { BridgeError } from '../src/lib/errors/errors.ts'
import type { Timings } from '../src/lib/time/timings.ts'
import { consoleFiles } from '../src/pages/console/files.ts'

export interface ConsoleRoutesOptions {
  timings: Timings
}

const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  // Texts of the cluster are put in as texts: what would read one as HTML is refused.
  "require-trusted-types-for 'script'",
  "trusted-types 'none'"
].join('; ')

const types: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8'
}

/** Pages that are open at a time; each asks the cluster now and then. */
const maxPages = 100

/** Bytes that wait for a page that does not read: it is cut off, and comes back for the whole. */
const maxUnread = 1024 * 1024

/** Whether the browser reaches the bridge by HTTPS, which ends at a proxy. */
const isSecure = ({ headers, protocol }: FastifyRequest): boolean =>
  protocol === 'https' ||
  headers.origin?.startsWith('https:') === true ||
  headers['x-forwarded-proto'] === 'https'

/** Takes the cookie of a session away. */
function forget(request: FastifyRequest, reply: FastifyReply): void {
  void reply.header('set-cookie', endedCookie(request.headers.host ?? '', isSecure(request)))
}

/**
 * The page where people decide on plans and see what happens, and all it asks for but the plans
 * themselves. A token is shown once, to sign in; from then on a cookie that no script reads stands for it.
 */
export const consoleRoutes: FastifyPluginAsync<ConsoleRoutesOptions> = async (app, { timings }) => {
  const { sessions, overview, principals } = app.console
  /** Ends of the open pages. */
  const open = new Set<() => void>()

  for (const [name, text] of Object.entries(consoleFiles))
    app.get(name === 'console.html' ? '/console' : `/console/${name}`, (_request, reply) =>
      reply
        .header('content-security-policy', contentSecurityPolicy)
        .header('cache-control', 'no-cache')
        .type(types[name.split('.').at(-1) ?? ''] ?? 'text/plain')
        .send(text)
    )

  await app.register(async (scope) => {
    scope.requireOwnPage()
    scope.requireToken()
    scope.post('/console/login', async (request, reply) => {
      const principal = request.requirePrincipal()
      const { name, scopes } = principal
      if (!scopes.has('read') && !scopes.has('approve'))
        throw scopeRequired(principal, 'The console', ['approve', 'read'])
      const token = (request.headers.authorization ?? '').replace(/^bearer +/i, '').trim()
      if (request.consoleSessionId !== undefined) sessions.close(request.consoleSessionId)
      const { id, expiresAt } = sessions.open(token, principal)
      const cookie = { secure: isSecure(request), maxAgeSeconds: sessionMs / 1000 }
      void reply.header('set-cookie', sessionCookie(id, request.headers.host ?? '', cookie))
      request.log.info({ by: name }, 'signed in at the console')
      return sessionView({ principal, expiresAt })
    })
  })

  // Not an error where no user is signed in: the page asks this first.
  app.get('/console/session', async (request, reply) => {
    const { consoleSessionId: id } = request
    const session = id === undefined ? undefined : await sessions.find(id)
    if (session !== undefined) return sessionView(session)
    if (id !== undefined) forget(request, reply)
    return { signedIn: false }
  })

  await app.register(async (scope) => {
    scope.requireOwnPage()
    scope.post('/console/logout', async (request, reply) => {
      if (request.consoleSessionId !== undefined) sessions.close(request.consoleSessionId)
      forget(request, reply)
      return { signedIn: false }
    })
  })

  await app.register(async (scope) => {
    scope.requireConsoleSession()
    scope.get('/console/events', async (request, reply) => {
      const { consoleSession: session, consoleSessionId: id = '' } = request
      if (session === null) throw new Error('/console/events is reached without a session')
      if (open.size >= maxPages)
        throw new BridgeError('RATE_LIMITED', `${maxPages} pages of the console are open already`, {
          details: { retryAfterSeconds: 30 }
        })
      const stream = new PassThrough()
      const feed = new ConsoleFeed(
        {
          plans: app.plans,
          overview,
          principals,
          calls: (max) => app.console.calls(max),
          session: () => sessions.find(id),
          logger: request.log
        },
        session,
        (event, data) => {
          const text = JSON.stringify(app.outgoing.record(data))
          stream.write(`event: ${event}\ndata: ${text}\n\n`)
          if (stream.writableLength > maxUnread) stream.destroy()
        },
        timings
      )
      const end = (): void => {
        feed.end()
        stream.end()
      }
      open.add(end)
      const stopListening = sessions.onEnd(id, end)
      const over = (): void => {
        open.delete(end)
        stopListening()
        feed.stop()
      }
      stream.once('close', over)
      reply.raw.once('close', () => stream.destroy())
      return (
        reply
          .type('text/event-stream; charset=utf-8')
          // nginx would gather what is sent.
          .header('x-accel-buffering', 'no')
          .send(stream)
      )
    })
  })

  // Before the connections are waited for: an open page would hold them.
  app.addHook('preClose', async () => {
    for (const end of open) end()
  })
}
