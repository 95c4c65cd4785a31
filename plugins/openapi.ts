import fastify, { type FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { chooseTools, toolSetOf } from '../src/tools/tool-sets.ts'
import { loadOnce } from '../src/lib/load-once.ts'

/** What is served of the documentation: the document as text, and the files of the page. */
interface Documentation {
  /** @throws {BridgeError} for an unknown set of tools. */
  document: (toolSet: string | undefined) => string
  page: (
    path: string
  ) => Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }>
}

/** Headers of the page's files that are passed on; the rest belongs to the connection. */
const passedOn = [
  'content-type',
  'cache-control',
  'etag',
  'last-modified',
  'content-security-policy',
  'location'
]

/**
 * The bridge's OpenAPI document at /openapi.json, with `?tools=core` that of a set of tools, built once and served from memory, and Swagger UI
 * at /docs.
 *
 * Swagger, its page and what they need are a third of the bridge's start: they are loaded once it
 * listens, in the background, or with the first request for them.
 */
const openapi: FastifyPluginAsync = async (app) => {
  async function load(): Promise<Documentation> {
    const { documentationPlugin } = await import('./documentation.ts')
    const documentation = fastify({ routerOptions: { ignoreTrailingSlash: true } })
    await documentation.register(documentationPlugin, { tools: app.tools.values() })
    await documentation.ready()
    const whole = documentation.swagger()
    const text = JSON.stringify(whole)
    return {
      document(toolSet) {
        if (toolSet === undefined) return text
        const chosen = chooseTools(app.tools.values(), toolSet).map(({ name }) => `/${name}`)
        const paths = chosen.map((path) => [path, whole.paths?.[path]])
        return JSON.stringify({ ...whole, paths: Object.fromEntries(paths) as unknown })
      },
      async page(path) {
        const { statusCode, headers, rawPayload } = await documentation.inject(path)
        return { status: statusCode, headers, body: rawPayload }
      }
    }
  }
  const { get: documentation } = loadOnce(load)

  app.addHook('onListen', async () => {
    documentation().catch((err: unknown) => app.log.error({ err }, 'no documentation'))
  })

  app.get('/openapi.json', async (request, reply) => {
    const { document } = await documentation()
    return reply
      .type('application/json; charset=utf-8')
      .header('cache-control', 'no-cache')
      .send(document(toolSetOf(request.url)))
  })

  for (const path of ['/docs', '/docs/*'])
    app.get(path, async (request, reply) => {
      const { page } = await documentation()
      const { status, headers, body } = await page(request.url)
      for (const name of passedOn)
        if (headers[name] !== undefined) void reply.header(name, headers[name])
      return reply.code(status).send(body)
    })
}

export const openapiPlugin = fp(openapi, {
  name: 'openapi',
  fastify: '5.x',
  dependencies: ['tools']
})
