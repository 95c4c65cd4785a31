import { fieldLine, isWritable, recordOf, typeWords } from './describe-field.ts'
import type { Catalog, Operation, Schema } from './load.ts'
import {
  answerOperation,
  type BodyFields,
  type FoundOperation,
  queryParameters
} from './operation-answer.ts'

/** An operation with everything the catalog knows of it. */
export interface DetailedOperation extends FoundOperation {
  response_fields?: BodyFields
  /** What each failing status means. */
  errors: Record<string, string>
  /** What surprises a caller, in short names (openapi/README.md). */
  quirks: string[]
}

const deepest = 3

/** All fields of a record, each with all that is known of it; a record in a record is nested. */
function allFields(
  catalog: Catalog,
  record: Schema,
  shows: (field: Schema) => boolean,
  depth = 0
): BodyFields {
  const required = new Set(record.required ?? [])
  const entries = Object.entries(record.properties ?? {}).filter(([, field]) => shows(field))
  const fields: BodyFields = {}
  for (const [name, field] of entries.toSorted(
    ([a], [b]) => Number(required.has(b)) - Number(required.has(a))
  )) {
    const line = fieldLine(catalog, field, required.has(name))
    const inner = depth < deepest ? recordOf(catalog, field) : undefined
    fields[name] = line
    if (inner !== undefined)
      fields[catalog.resolve(field).type === 'array' ? `${name}[]` : `${name}.`] = allFields(
        catalog,
        inner,
        shows,
        depth + 1
      )
  }
  return fields
}

interface Described {
  description?: string
}

/** The raw operation in the document, for what only the full answer needs. */
function rawOperation(
  catalog: Catalog,
  { base, path, method }: Operation
): { parameters?: (Described & { name: string })[]; responses?: Record<string, Described> } {
  const key = base === '/rest/v2' ? base + path : path
  return (catalog.document.paths[key]?.[method.toLowerCase()] ?? {}) as ReturnType<
    typeof rawOperation
  >
}

/** Everything about one operation: all fields with their meaning, errors and quirks. */
export function detailOperation(
  catalog: Catalog,
  operation: Operation,
  question: string
): DetailedOperation {
  const brief = answerOperation(catalog, operation, question)
  const { body, response, description } = operation
  const raw = rawOperation(catalog, operation)
  const bodyRecord = body === undefined ? undefined : recordOf(catalog, body.schema)
  const answerRecord = response === undefined ? undefined : recordOf(catalog, response)
  const all = bodyRecord === undefined ? undefined : allFields(catalog, bodyRecord, isWritable)
  const isArray = body !== undefined && catalog.resolve(body.schema).type === 'array'
  const query = queryParameters(catalog, operation)
  return {
    ...brief,
    description: [brief.description, description].filter((text) => text !== '').join('. '),
    request_body: all === undefined ? brief.request_body : isArray ? { '[array of]': all } : all,
    response: response === undefined ? null : (brief.response ?? typeWords(catalog, response)),
    ...(query === undefined
      ? {}
      : {
          query_parameters: Object.fromEntries(
            Object.entries(query).map(([name, type]) => {
              const about = raw.parameters?.find((parameter) => parameter.name === name)
              return [
                name,
                about?.description === undefined ? type : `${type}: ${about.description}`
              ]
            })
          )
        }),
    ...(answerRecord === undefined
      ? {}
      : {
          response_fields: allFields(catalog, answerRecord, (field) => field['x-internal'] !== true)
        }),
    errors: Object.fromEntries(
      Object.entries(raw.responses ?? {})
        .filter(([status]) => !status.startsWith('2'))
        .map(([status, { description: meaning = '' }]) => [status, meaning])
    ),
    quirks: operation.quirks
  }
}
