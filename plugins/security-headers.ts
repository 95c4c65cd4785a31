import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'

/**
 * What a page of ours needs more than this, it says in its place. HTTPS is a proxy's, and so is the header
 * that insists on it.
 */
const headers = {
  'content-security-policy':
    "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cache-control': 'no-store'
}

/**
 * Headers for browsers on every response. Whatever is not a page of ours loads and runs nothing; the pages
 * at / and /docs say in its place what they need. Nothing is kept by a cache unless a route says so:
 * responses tell of a cluster.
 */
const securityHeaders: FastifyPluginAsync = async (app) => {
  app.addHook('onRequest', (_request, reply, done) => {
    void reply.headers(headers)
    done()
  })
}

export const securityHeadersPlugin = fp(securityHeaders, {
  name: 'security-headers',
  fastify: '5.x'
})
