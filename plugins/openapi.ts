import fastify, { type FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { jsonType } from '../src/lib/accept.ts'
import { loadOnce } from '../src/lib/load-once.ts'
import { chooseTools, toolSetOf } from '../src/tools/tool-sets.ts'

/** Headers of the page's files that are passed on; the rest belongs to the connection. */
const passedOn = [
  'content-type',
  'cache-control',
  'etag',
  'last-modified',
  'content-security-policy',
  'location'
]

const isolated = (): ReturnType<typeof fastify> =>
  fastify({ routerOptions: { ignoreTrailingSlash: true } })

/**
 * The bridge's OpenAPI document at /openapi.json, with `?tools=core` that of a set of tools, built
 * once and served from memory, and Swagger UI at /docs.
 *
 * What makes them is loaded when it is needed, for applications of their own: the document before the
 * bridge listens, the page when somebody opens it.
 */
const openapi: FastifyPluginAsync = async (app) => {
  const document = loadOnce(async () => {
    const { documentationPlugin } = await import('./documentation.ts')
    const documentation = isolated()
    await documentation.register(documentationPlugin, { tools: app.tools.values() })
    await documentation.ready()
    const whole = documentation.swagger()
    return { whole, text: JSON.stringify(whole) }
  })
  const page = loadOnce(async () => {
    const { docsPagePlugin } = await import('./docs-page.ts')
    const { whole } = await document.get()
    const docs = isolated()
    await docs.register(docsPagePlugin, { document: whole, tools: app.tools.values() })
    await docs.ready()
    return docs
  })
  app.addWarmUp('The OpenAPI document', document.get)

  app.get('/openapi.json', async (request, reply) => {
    const { whole, text } = await document.get()
    void reply.type(jsonType).header('cache-control', 'no-cache')
    const toolSet = toolSetOf(request.url)
    if (toolSet === undefined) return reply.send(text)
    const chosen = chooseTools(app.tools.values(), toolSet).map(({ name }) => `/${name}`)
    const paths = chosen.map((path) => [path, whole.paths?.[path]])
    return reply.send(JSON.stringify({ ...whole, paths: Object.fromEntries(paths) as unknown }))
  })

  for (const path of ['/docs', '/docs/*'])
    app.get(path, async (request, reply) => {
      const docs = await page.get()
      const { statusCode, headers, rawPayload } = await docs.inject(request.url)
      for (const name of passedOn)
        if (headers[name] !== undefined) void reply.header(name, headers[name])
      return reply.code(statusCode).send(rawPayload)
    })
}

export const openapiPlugin = fp(openapi, {
  name: 'openapi',
  fastify: '5.x',
  dependencies: ['tools', 'warm-up']
})
