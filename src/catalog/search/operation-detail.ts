import { fieldLine, isWritable, recordOf, typeWords } from './describe-field.ts'
import type { Catalog, Operation, Schema } from '../load.ts'
import {
  describeOperation,
  type FieldLines,
  type FoundOperation,
  queryParameters
} from './describe-operation.ts'

/** An operation with everything the catalog knows of it. */
export interface DetailedOperation extends FoundOperation {
  response_fields?: FieldLines
  /** What each failing status means. */
  errors: Record<string, string>
  /** What surprises a caller, in short names (openapi/README.md). */
  quirks: string[]
}

const deepest = 3

/** All fields of a record, each with all that is known of it, under the names of FieldLines. */
function allFields(
  catalog: Catalog,
  schema: Schema,
  shows: (field: Schema) => boolean,
  way = '',
  depth = 0
): FieldLines {
  const record = recordOf(catalog, schema)
  if (record === undefined || depth > deepest) return {}
  const start = catalog.resolve(schema).type === 'array' ? `${way}[].` : way === '' ? '' : `${way}.`
  const required = new Set(record.required ?? [])
  const fields: FieldLines = {}
  for (const [name, field] of Object.entries(record.properties ?? {})
    .filter(([, shown]) => shows(shown))
    .toSorted(([a], [b]) => Number(required.has(b)) - Number(required.has(a)))) {
    fields[start + name] = fieldLine(catalog, field, required.has(name))
    Object.assign(fields, allFields(catalog, field, shows, start + name, depth + 1))
  }
  return fields
}

interface Described {
  description?: string
}

/** What of an operation in the document only the full response needs. */
interface RawOperation {
  parameters?: (Described & { name: string })[]
  responses?: Record<string, Described>
}

function rawOperation(catalog: Catalog, { base, path, method }: Operation): RawOperation {
  const key = base === '/rest/v2' ? base + path : path
  return (catalog.document.paths[key]?.[method.toLowerCase()] as RawOperation | undefined) ?? {}
}

/** Everything about one operation: all fields with their meaning, errors and quirks. */
export function detailOperation(
  catalog: Catalog,
  operation: Operation,
  question: string
): DetailedOperation {
  const brief = describeOperation(catalog, operation, question)
  const { body, response, description } = operation
  const raw = rawOperation(catalog, operation)
  const sent = body === undefined ? {} : allFields(catalog, body.schema, isWritable)
  const returned =
    response === undefined
      ? {}
      : allFields(catalog, response, (field) => field['x-internal'] !== true)
  const query = queryParameters(catalog, operation)
  return {
    ...brief,
    description: [brief.description, description].filter((text) => text !== '').join('. '),
    request_body: Object.keys(sent).length === 0 ? brief.request_body : sent,
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
    ...(Object.keys(returned).length === 0 ? {} : { response_fields: returned }),
    errors: Object.fromEntries(
      Object.entries(raw.responses ?? {})
        .filter(([status]) => !status.startsWith('2'))
        .map(([status, { description: meaning = '' }]) => [status, meaning])
    ),
    quirks: operation.quirks
  }
}
