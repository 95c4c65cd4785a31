import type { Catalog, CatalogDocument, Schema } from '../catalog/load.ts'
import { isAtLeast } from './version-order.ts'

/** Without our `x-` marks, and in the dialect of OpenAPI 3.0: a `$ref` stands alone. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  if ('$ref' in value) return { $ref: value.$ref }
  if ('contentMediaType' in value) return { type: 'string', format: 'binary' }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !key.startsWith('x-'))
      .map(([key, item]) => [key, plain(item)])
  )
}

const errorResponses = {
  '400': 'The request is malformed or was refused',
  '401': 'The credentials are wrong',
  '403': 'No role of the user permits this',
  '500': 'The cluster failed or refused',
  '503': 'The session is missing or has expired'
}

function withErrorBodies(responses: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(responses).map(([status, response]) => [
      status,
      status in errorResponses
        ? {
            description: errorResponses[status as keyof typeof errorResponses],
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } }
          }
        : response
    ])
  )
}

const errorSchema: Schema = { type: 'object', properties: { error: { type: 'string' } } }

/**
 * The document that a cluster serves about itself at /rest/v1/openapi.json, and from 9.7.1 on at
 * /rest/v2/openAPI.json (FACTS 1), written from the catalog: OpenAPI 3.0, its own number 1.2.0 on 9.4
 * and 1.3.2 on 9.6 (19, O).
 */
export function openApiDocument(
  catalog: Catalog,
  version: string,
  base = '/rest/v1'
): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {}
  const used = new Set<string>()
  for (const operation of catalog.operations) {
    if (operation.base !== base || /^\/openapi\.json$/i.test(operation.path)) continue
    const key = base === '/rest/v2' ? base + operation.path : operation.path
    const raw = catalog.document.paths[key]?.[operation.method.toLowerCase()] as {
      responses: Record<string, unknown>
    }
    // The catalog keeps the cluster's names, which POST and PATCH share; a document has no duplicates.
    const name = operation.operationId
    const unique =
      name !== undefined && used.has(name) ? `${name}_${operation.method}_${operation.path}` : name
    if (name !== undefined) used.add(name)
    paths[operation.path] = {
      ...paths[operation.path],
      [operation.method.toLowerCase()]: {
        ...(plain(raw) as object),
        ...(unique === undefined ? {} : { operationId: unique.replaceAll(/[^A-Za-z0-9]+/g, '_') }),
        responses: plain(withErrorBodies(raw.responses))
      }
    }
  }
  return {
    openapi: '3.0.0',
    info: {
      title: 'HyperCore API',
      version: isAtLeast(version, '9.6') ? '1.3.2' : '1.2.0',
      description: 'The REST API of a simulated cluster, described by scale-bridge.'
    },
    servers: [{ url: base }],
    security: [{ basic: [] }],
    paths,
    components: {
      schemas: {
        ...(plain(catalog.document.components.schemas) as CatalogDocument['components']['schemas']),
        Error: errorSchema
      },
      securitySchemes: { basic: { type: 'http', scheme: 'basic' } }
    }
  }
}

/** The page at /rest/v1/docs/. */
export const docsPage = `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>HyperCore API</title></head>
<body>
<h1>HyperCore API</h1>
<p>This is a simulated cluster. Its API is described in <a href="../openapi.json">openapi.json</a>.</p>
</body>
</html>
`
