import { Type } from '@sinclair/typebox'
import { describeOperation } from '../src/catalog/search/describe-operation.ts'
import { detailOperation } from '../src/catalog/search/operation-detail.ts'
import { allowanceOf } from '../src/policy/allowance.ts'
import { foundText } from '../src/views/api-operation.ts'
import { defineTool, readOnly, type Tool } from '../src/tools/define-tool.ts'
import { effects } from '../src/lib/effect.ts'
import { Input, jsonTypes, StringEnum } from '../src/tools/schemas.ts'
import { notBlankPattern } from '../src/lib/json/validation-problems.ts'

export const queryApi = defineTool({
  name: 'query_api',
  title: 'Search the HyperCore API',
  description:
    'Finds endpoints of the HyperCore API: path, method, body, example, effect. Call them with run_api, or with the tool that is named.',
  tag: 'api',
  annotations: readOnly,
  redact: false,
  input: Input({
    query: Type.String({
      minLength: 1,
      maxLength: 500,
      pattern: notBlankPattern,
      description: 'a question, path, entity or field'
    }),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 50, default: 5 })),
    detail: Type.Optional(StringEnum(['brief', 'full'], 'brief, or full for the best alone'))
  }),
  output: Type.Object({
    available_paths: Type.Array(
      Type.Object({
        path: Type.String({ description: 'below /rest/v1' }),
        method: Type.String(),
        description: Type.String(),
        request_body: Type.Unsafe<object | null>({
          type: ['object', 'null'],
          description: 'fields to send, required ones first; null when none is sent'
        }),
        response: Type.Unsafe<string | null>({
          type: ['string', 'null'],
          description: 'what a success returns'
        }),
        query_parameters: Type.Optional(Type.Unsafe<object>({ type: 'object' })),
        example: Type.Optional(
          Type.Unsafe<unknown>({ type: [...jsonTypes], description: 'a minimal valid body' })
        ),
        effect: Type.String({
          description: `what the call does to the cluster, by its values: ${effects.join(', ')}`
        }),
        allowed: Type.Optional(Type.Boolean({ description: 'false: this token may not call it' })),
        restriction: Type.Optional(
          Type.String({ description: 'what of it this token may not do, and why' })
        ),
        tool: Type.Optional(
          Type.String({ description: 'the tool that does the same: prefer it to run_api' })
        ),
        note: Type.Optional(Type.String({ description: 'what to know before calling' }))
      })
    ),
    hint: Type.Optional(Type.String())
  }),

  async run(context, { query, limit = 5, detail = 'brief' }) {
    const { catalog, search } = context
    const rules = { ...context, principal: context.authority.principal }
    const found = search.search(query, { limit: detail === 'full' ? 1 : limit })
    const available_paths = found.map(({ operation }, at) => ({
      ...(detail === 'full'
        ? detailOperation(catalog, operation, query)
        : describeOperation(catalog, operation, query, { best: at === 0 })),
      ...allowanceOf(operation, rules)
    }))
    if (available_paths.length > 0) return { available_paths }
    return {
      available_paths,
      hint: `Nothing in the API matches. Ask in other words, or for one of ${search.nearestEntities(query).join(', ')}`
    }
  },
  text: foundText
})

export const queryApiTools: Tool[] = [queryApi]
