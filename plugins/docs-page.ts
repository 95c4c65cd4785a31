import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { faviconSvg } from '../src/pages/favicon.ts'
import type { Tool } from '../src/tools/define-tool.ts'

/** What of the document is said in other words here. */
interface OpenApiDocument {
  info: { description?: string }
  paths?: object
}

export interface DocsPagePluginOptions {
  /** The OpenAPI document of the tools. */
  document: OpenApiDocument
  tools: Iterable<Tool>
}

const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  // Swagger UI writes styles into its elements.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'"
].join('; ')

/** Follows the system, as Swagger UI itself leaves the choice to a bar that is not shown here. */
const followDarkMode = `
const dark = matchMedia('(prefers-color-scheme: dark)')
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
dark.addEventListener('change', follow)
follow()
`

/** Every tool is a POST, and Swagger UI colours methods: what a tool does says its colour instead. */
function styles(tools: readonly Tool[]): string {
  const blocks = (kind: (tool: Tool) => boolean): string =>
    tools
      .filter(kind)
      .map(({ name }) => `[id$="-${name}"]`)
      .join(', ')
  const colour = (kind: (tool: Tool) => boolean, strong: string, faint: string): string => `
.swagger-ui .opblock:is(${blocks(kind)}) { border-color: ${strong}; background: ${faint}; }
.swagger-ui .opblock:is(${blocks(kind)}) .opblock-summary { border-color: ${strong}; }
.swagger-ui .opblock:is(${blocks(kind)}) .opblock-summary-method { background: ${strong}; }`
  return `
${colour(({ annotations }) => annotations.readOnlyHint, '#1f6feb', '#1f6feb14')}
${colour(({ annotations }) => annotations.destructiveHint, '#c9302c', '#c9302c14')}
.swagger-ui .auth-container input[type=text] { width: 100%; min-width: 0; }
`
}

/** What the page says beyond the document that tool clients read. */
function forPeople(document: OpenApiDocument, tools: readonly Tool[]): object {
  const destructive = new Set(
    tools.filter(({ annotations }) => annotations.destructiveHint).map(({ name }) => `/${name}`)
  )
  const items = (document.paths ?? {}) as Record<string, { post?: { summary?: string } }>
  const paths = Object.entries(items).map(([path, item]) => {
    const summary = `⚠ ${item.post?.summary ?? ''}`
    return [path, destructive.has(path) ? { post: { ...item.post, summary } } : item]
  })
  return {
    ...document,
    info: {
      ...document.info,
      description:
        `${document.info.description}\n\nBlue tools only read, green ones change something, ` +
        'red ones with ⚠ can lose data or interrupt a running VM. "Execute" is not a rehearsal: it ' +
        'acts on the cluster. The button Authorize takes the client token.'
    },
    paths: Object.fromEntries(paths) as unknown,
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description:
            'The value of MCP_BEARER_TOKEN, without the word Bearer. It is kept in this browser and ' +
            'not checked here: with a wrong one every call returns 401.'
        }
      }
    }
  }
}

/** Swagger UI at /docs, for an application that does nothing else and never listens. */
const docsPage: FastifyPluginAsync<DocsPagePluginOptions> = async (app, options) => {
  const tools = [...options.tools]
  const document = forPeople(options.document, tools)
  await app.register(swagger, { mode: 'static', specification: { document } } as object)
  // So that a telephone shows it at the width it has.
  app.addHook('onSend', async (_request, reply, payload) =>
    typeof payload === 'string' && String(reply.getHeader('content-type')).startsWith('text/html')
      ? payload.replace(
          '<meta charset="UTF-8">',
          '$&<meta name="viewport" content="width=device-width, initial-scale=1">'
        )
      : payload
  )
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: contentSecurityPolicy,
    theme: {
      title: 'scale-bridge',
      css: [{ filename: 'tools.css', content: styles(tools) }],
      js: [{ filename: 'dark-mode.js', content: followDarkMode }],
      favicon: [
        {
          filename: 'favicon.svg',
          rel: 'icon',
          type: 'image/svg+xml',
          sizes: 'any',
          content: faviconSvg
        }
      ]
    },
    uiConfig: {
      // Without the bar for other documents.
      layout: 'BaseLayout',
      persistAuthorization: true,
      tryItOutEnabled: true,
      docExpansion: 'list'
    }
  })
}

export const docsPagePlugin = fp(docsPage, { name: 'docs-page', fastify: '5.x' })
