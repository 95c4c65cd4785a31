import { Type } from '@sinclair/typebox'
import { searchCatalog } from '../src/catalog/search.ts'
import { defineTool, readOnly } from '../src/tools/define-tool.ts'
import { Input } from '../src/tools/schemas.ts'

export const queryApi = defineTool({
  name: 'query_api',
  title: 'Search the HyperCore API',
  description:
    'Finds endpoints of the HyperCore API by words or by a part of the path, for use with run_api: ' +
    'path, method, what it does, fields of the body, answer. Changes nothing.',
  tag: 'api',
  annotations: readOnly,
  input: Input({
    query: Type.String({
      minLength: 1,
      maxLength: 500,
      description: 'words such as "snapshot schedule", or a part of the path'
    }),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 50, default: 5, description: 'most endpoints to return' })
    )
  }),
  output: Type.Object({
    available_paths: Type.Array(
      Type.Object({
        path: Type.String(),
        method: Type.String(),
        description: Type.String(),
        request_body: Type.Unsafe<Record<string, unknown> | null>({
          type: 'object',
          description: 'fields of the body; null when none is sent'
        }),
        response: Type.Unsafe<string | null>({ type: 'string' })
      })
    ),
    hint: Type.Optional(Type.String())
  }),

  async run({ catalog }, { query, limit = 5 }) {
    const available_paths = searchCatalog(catalog, query, limit)
    if (available_paths.length > 0) return { available_paths }
    return {
      available_paths,
      hint: `nothing matches: try one of the entities ${catalog.entities.join(', ')}`
    }
  }
})
