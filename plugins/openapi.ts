import fastify, { type FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { jsonType } from '../src/lib/http/accept.ts'
import { readBuilt } from '../src/lib/files/built-file.ts'
import { loadOnce } from '../src/lib/flow/load-once.ts'
import type { FixedJson } from '../src/lib/secrets/outgoing.ts'
import { RecentMap } from '../src/lib/flow/recent-map.ts'
import { toolSetOf } from '../src/tools/tool-sets.ts'

/** Documents of different tool sets that are kept; each is at most as large as the whole. */
const maxDocuments = 32

/** What of it is read here, and by the page. */
interface Document {
  info: { description?: string }
  paths: Record<string, unknown>
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

const isolated = (): ReturnType<typeof fastify> =>
  fastify({ routerOptions: { ignoreTrailingSlash: true } })

/**
 * The bridge's OpenAPI document at /openapi.json, with `?tools=core` that of a tool set, built
 * once and served from memory, and Swagger UI at /docs. Fetched with a token it shows what that may use;
 * clients and the page fetch it without one, too.
 *
 * The document comes with the build; where the sources run, it is made by an application of its own, as the
 * page is when somebody opens it.
 */
const openapi: FastifyPluginAsync = async (app) => {
  /** With every tool that there is. */
  const whole = loadOnce(async () => {
    const built = readBuilt('openapi')
    if (built !== undefined) return built as Document
    const { documentationPlugin } = await import('./documentation.ts')
    const documentation = isolated()
    await documentation.register(documentationPlugin, { tools: app.tools.values() })
    await documentation.ready()
    return documentation.swagger() as Document
  })
  /** The document of these tools alone. */
  async function documentOf(names: readonly string[]): Promise<Document> {
    const all = await whole.get()
    return {
      ...all,
      paths: Object.fromEntries(names.map((name) => [`/${name}`, all.paths[`/${name}`]]))
    }
  }
  const texts = new RecentMap<FixedJson>(maxDocuments)
  /** The same as it is sent. */
  async function textOf(names: readonly string[]): Promise<string> {
    const key = names.join()
    const text = texts.get(key) ?? { json: JSON.stringify(await documentOf(names)) }
    texts.set(key, text)
    return app.outgoing.fixedJson(text)
  }
  const page = loadOnce(async () => {
    const { docsPagePlugin } = await import('./docs-page.ts')
    const docs = isolated()
    const tools = app.toolsFor(undefined, undefined)
    await docs.register(docsPagePlugin, {
      document: await documentOf(tools.map(({ name }) => name)),
      tools
    })
    await docs.ready()
    return docs
  })
  app.addLateWarmUp('The OpenAPI document', whole.get)

  await app.register(async (scope) => {
    scope.acceptToken()
    scope.get('/openapi.json', async (request, reply) => {
      const principal = request.principal ?? undefined
      const tools = app.toolsFor(principal, toolSetOf(request.url))
      const text = await textOf(tools.map(({ name }) => name))
      void reply.varyBy('authorization')
      return reply
        .type(jsonType)
        .header('cache-control', principal === undefined ? 'no-cache' : 'private, no-cache')
        .sendPassed(text)
    })
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
  dependencies: ['outgoing', 'auth', 'responses', 'tools', 'warm-up']
})
