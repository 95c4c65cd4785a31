import { createHash } from 'node:crypto'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { namesType } from '../src/lib/http/accept.ts'
import { packageVersion } from '../src/lib/files/package-info.ts'
import { faviconSvg } from '../src/pages/favicon.ts'
import { landingPage, landingScript, landingStyles } from '../src/pages/landing.ts'

const sourceOf = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`

const contentSecurityPolicy = [
  "default-src 'none'",
  `script-src ${sourceOf(landingScript)}`,
  `style-src ${sourceOf(landingStyles)}`,
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'"
].join('; ')

/** Whether a browser asks for a page: it names HTML, which no client of the tools does. */
const asksForPage = ({ method, url, headers }: FastifyRequest): boolean =>
  (method === 'GET' || method === 'HEAD') &&
  url.split('?', 1)[0] === '/' &&
  namesType(headers.accept, 'text/html')

/**
 * A page for people at `/`, and the icon of all pages. It needs no token, and shows nothing that the
 * public addresses `/ready` and `/openapi.json` do not. Programs that ask `/` still get JSON or MCP.
 */
const landing: FastifyPluginAsync = async (app) => {
  const page = landingPage(packageVersion)
  app.addHook('onRequest', async (request, reply): Promise<unknown> => {
    if (!asksForPage(request)) return undefined
    void reply.varyBy('accept')
    return reply
      .header('content-security-policy', contentSecurityPolicy)
      .header('cache-control', 'no-cache')
      .type('text/html; charset=utf-8')
      .send(page)
  })
  for (const path of ['/favicon.svg', '/favicon.ico'])
    app.get(path, (_request, reply) =>
      reply
        .header('cache-control', 'max-age=86400')
        .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
        .type('image/svg+xml')
        .send(faviconSvg)
    )
}

export const landingPagePlugin = fp(landing, {
  name: 'landing-page',
  fastify: '5.x',
  dependencies: ['responses']
})
