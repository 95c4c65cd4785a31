import type { Catalog, Operation, Schema } from './load.ts'

/** Words of a question or a name: `VirDomainNetDevice` is vir, domain, net and device. */
const wordsOf = (text: string): string[] =>
  text
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')

/** An operation as query_api answers it. */
export interface FoundOperation {
  path: string
  method: string
  description: string
  request_body: Record<string, unknown> | null
  response: string | null
}

/** A field's type in a few words: `string, one of A | B`. */
function describeType(catalog: Catalog, schema: Schema): string {
  const target = catalog.resolve(schema)
  const unit = (schema['x-unit'] ?? target['x-unit']) as string | undefined
  const name =
    target.type === 'array'
      ? `array of ${target.items === undefined ? 'values' : describeType(catalog, target.items)}`
      : (target.type ?? 'value')
  const allowed = target.enum === undefined ? '' : `, one of ${target.enum.join(' | ')}`
  return `${name}${allowed}${unit === undefined ? '' : ` (${unit})`}`
}

/** The fields a caller may send, required ones first and marked so. */
function writableFields(catalog: Catalog, schema: Schema): Record<string, unknown> {
  const target = catalog.resolve(schema)
  const required = new Set(target.required ?? [])
  const fields = Object.entries(target.properties ?? {}).filter(
    ([, field]) => field.readOnly !== true && field['x-internal'] !== true
  )
  return Object.fromEntries(
    fields
      .toSorted(([a], [b]) => Number(required.has(b)) - Number(required.has(a)))
      .map(([name, field]) => [
        name,
        `${describeType(catalog, field)}${required.has(name) ? ', required' : ''}`
      ])
  )
}

function requestBody(catalog: Catalog, { body }: Operation): Record<string, unknown> | null {
  if (body === undefined) return null
  const schema = catalog.resolve(body.schema)
  if (schema.type === 'array' && schema.items !== undefined)
    return { 'array of': writableFields(catalog, schema.items) }
  if (schema.properties === undefined) return { content: body.contentType }
  return writableFields(catalog, schema)
}

function response(catalog: Catalog, operation: Operation): string | null {
  const { response: schema, returnsTask } = operation
  if (schema === undefined) return null
  if (returnsTask) return 'taskTag and createdUUID'
  const name = (schema.items?.$ref ?? schema.$ref)?.split('/').at(-1)
  return schema.type === 'array'
    ? `array of ${name ?? 'values'}`
    : (name ?? describeType(catalog, schema))
}

/** How well an operation fits: words of the question found in its path, entity and summary. */
function score(operation: Operation, question: string, words: string[]): number {
  const path = operation.path.toLowerCase()
  const text = new Set(wordsOf(`${operation.path} ${operation.entity} ${operation.summary}`))
  const asked = question.toLowerCase().trim()
  const exact = path.replace(/^\//, '') === asked.replace(/^\//, '') ? 100 : 0
  const part = asked !== '' && path.includes(asked.replace(/^\//, '')) ? 10 : 0
  const found = words.filter(
    (word) =>
      text.has(word) || text.has(word.replace(/s$/, '')) || word === operation.method.toLowerCase()
  )
  return exact + part + found.length
}

/**
 * Finds operations of the API by words in their path, entity and summary, the best first.
 * Operations outside /rest/v1 are left out: run_api cannot call them.
 */
export function searchCatalog(catalog: Catalog, question: string, limit: number): FoundOperation[] {
  const words = [...new Set(wordsOf(question))]
  return catalog.operations
    .filter((operation) => operation.base === '/rest/v1' && operation.method !== 'OPTIONS')
    .map((operation) => ({ operation, points: score(operation, question, words) }))
    .filter(({ points }) => points > 0)
    .toSorted((a, b) => b.points - a.points || a.operation.path.length - b.operation.path.length)
    .slice(0, limit)
    .map(({ operation }) => ({
      path: operation.path,
      method: operation.method,
      description: operation.summary,
      request_body: requestBody(catalog, operation),
      response: response(catalog, operation)
    }))
}
