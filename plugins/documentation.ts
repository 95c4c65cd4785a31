import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import fastify, { type FastifyInstance, type FastifySchema } from 'fastify'
import { packageVersion } from '../src/lib/package-info.ts'
import type { Tool } from '../src/tools/define-tool.ts'
import { type PublishedSchema, publishedSchema } from '../src/tools/published-schema.ts'

const errorBody = {
  type: 'object',
  properties: {
    error: {
      type: 'object',
      properties: {
        code: { type: 'string', description: 'kind of error' },
        message: { type: 'string', description: 'what happened and what to change' }
      }
    }
  }
}

const tags = [
  { name: 'vm', description: 'Virtual machines' },
  { name: 'snapshot', description: 'Snapshots of VMs' },
  { name: 'transfer', description: 'Clone, export, import' },
  { name: 'task', description: 'What the cluster is busy with' },
  { name: 'cluster', description: 'Cluster, nodes, drives, health, users' },
  { name: 'api', description: 'The HyperCore API itself: search it, call it' },
  { name: 'session', description: "The bridge's session at the cluster" }
]

/**
 * The body that Swagger UI fills in: the arguments that are needed, and no others, so that a tool
 * without any can be tried at once. Stands beside the schema, where tool clients do not look.
 */
function exampleBody({ properties, required }: PublishedSchema): Record<string, unknown> {
  return Object.fromEntries(
    (required ?? []).map((name) => {
      const field = properties?.[name]
      return [name, field?.enum?.[0] ?? field?.description]
    })
  )
}

const failure = (description: string): object => ({ description, ...errorBody })

/** The OpenAPI operation of a tool, shaped by what tool clients read (all of it inline). */
function operationOf(tool: Tool): FastifySchema {
  const input = publishedSchema(tool.input)
  return {
    operationId: tool.name,
    summary: tool.title,
    description: tool.description,
    tags: [tool.tag],
    security: [{ bearer: [] }],
    consumes: ['application/json'],
    produces: ['application/json'],
    body: { type: 'object', properties: {}, ...input, examples: [exampleBody(input)] },
    response: {
      200: { description: 'Success', ...publishedSchema(tool.output) },
      '4xx': failure('The call has to be changed; the message says how'),
      '5xx': failure('The cluster or the bridge failed; the message says what to do')
    }
  }
}

/**
 * An application that knows the tools only to describe them: `swagger()` is the OpenAPI document, in
 * which every operation is a tool, and /docs is Swagger UI. It never listens.
 */
export async function createDocumentation(tools: Iterable<Tool>): Promise<FastifyInstance> {
  const documentation = fastify({ routerOptions: { ignoreTrailingSlash: true } })
  await documentation.register(swagger, {
    openapi: {
      openapi: '3.1.1',
      info: {
        title: 'scale-bridge',
        version: packageVersion,
        description: 'Tools to read and operate a SCALE Computing HyperCore cluster and its VMs.'
      },
      tags,
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'The value of MCP_BEARER_TOKEN' }
        }
      }
    },
    hideUntagged: true
  })
  await documentation.register(swaggerUi, {
    routePrefix: '/docs',
    theme: { title: 'scale-bridge' },
    uiConfig: {
      // Without the bar for other documents.
      layout: 'BaseLayout',
      persistAuthorization: true,
      tryItOutEnabled: true,
      docExpansion: 'list'
    }
  })
  for (const tool of tools)
    documentation.post(`/${tool.name}`, { schema: operationOf(tool) }, (_request, reply) =>
      reply.code(404).send()
    )
  await documentation.ready()
  return documentation
}
