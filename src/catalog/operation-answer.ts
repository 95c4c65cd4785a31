import { isWritable, recordOf, typeWords } from './describe-field.ts'
import type { Catalog, Operation, Risk, Schema } from './load.ts'

/** Fields of a body, `name: type`; a record in a record is nested. `…` says how many more there are. */
export interface BodyFields {
  [name: string]: string | BodyFields
}

/** An operation as query_api answers it: what a caller needs to make the call, and no more. */
export interface FoundOperation {
  path: string
  method: string
  description: string
  /** Fields to send, required ones first and marked; null where no body is sent. */
  request_body: BodyFields | null
  /** What a success answers; null where it has no body. */
  response: string | null
  /** Query parameters, where the call takes some. */
  query_parameters?: Record<string, string>
  /** A minimal valid body. */
  example?: unknown
  risk: Risk
  /** The tool of the bridge that does the same and is to be preferred. */
  tool?: string
  /** What else must be known before the call is made. */
  note?: string
}

/** Most fields shown of one record; a body with more says how many are left out. */
const mostFields = { top: 8, nested: 6, answer: 8 }

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The example of the records in an array, or of the record itself. */
const exampleRecord = (example: unknown): Record<string, unknown> => {
  const one: unknown = Array.isArray(example) ? example[0] : example
  return isRecord(one) ? one : {}
}

/** Required fields, then those of the example, then those the question names, then the rest. */
function inOrder(
  record: Schema,
  example: Record<string, unknown>,
  asked: ReadonlySet<string>
): string[] {
  const required = new Set(record.required ?? [])
  const rank = (name: string): number =>
    required.has(name) ? 0 : asked.has(name.toLowerCase()) ? 1 : name in example ? 2 : 3
  return Object.entries(record.properties ?? {})
    .filter(([, field]) => isWritable(field))
    .map(([name]) => name)
    .toSorted((a, b) => rank(a) - rank(b))
}

interface Shown {
  catalog: Catalog
  asked: ReadonlySet<string>
}

/** An array of records in one line, with the fields that matter: `array of {type: …, capacity: …}`. */
function arrayLine(shown: Shown, field: Schema, example: unknown): string {
  const record = recordOf(shown.catalog, field)
  if (record === undefined) return typeWords(shown.catalog, field)
  const names = inOrder(record, exampleRecord(example), shown.asked)
  const few = names.slice(0, 4).map((name) => name)
  return `array of {${few.join(', ')}${names.length > few.length ? ', …' : ''}}`
}

function bodyFields(
  shown: Shown,
  record: Schema,
  example: Record<string, unknown>,
  depth: number
): BodyFields {
  const { catalog, asked } = shown
  const required = new Set(record.required ?? [])
  const names = inOrder(record, example, asked)
  const most = Math.max(depth === 0 ? mostFields.top : mostFields.nested, required.size)
  const fields: BodyFields = {}
  for (const name of names.slice(0, most)) {
    const field = record.properties?.[name] ?? {}
    const target = catalog.resolve(field)
    const mark = required.has(name) ? ', required' : ''
    if (target.properties !== undefined && depth < 2)
      fields[required.has(name) ? `${name} (required)` : name] = bodyFields(
        shown,
        target,
        exampleRecord(example[name]),
        depth + 1
      )
    else if (target.type === 'array') fields[name] = arrayLine(shown, field, example[name]) + mark
    else fields[name] = typeWords(catalog, field) + mark
  }
  if (names.length > most)
    fields['…'] = `${names.length - most} more; query_api with detail "full" shows all`
  return fields
}

function requestBody(shown: Shown, { body, example }: Operation): BodyFields | null {
  if (body === undefined) return null
  const { catalog } = shown
  const record = recordOf(catalog, body.schema)
  if (record === undefined)
    return {
      '(whole body)':
        body.contentType === 'application/json'
          ? typeWords(catalog, body.schema)
          : `${body.contentType}: a file, not JSON`
    }
  const fields = bodyFields(shown, record, exampleRecord(example), 0)
  return catalog.resolve(body.schema).type === 'array' ? { '[array of]': fields } : fields
}

/** What a success answers, in one line. */
export function responseLine(
  catalog: Catalog,
  { response, returnsTask }: Operation
): string | null {
  if (response === undefined) return null
  if (returnsTask) return '{taskTag, createdUUID}: follow the task with waitTask'
  const target = catalog.resolve(response)
  const record = recordOf(catalog, response)
  if (record === undefined) return typeWords(catalog, response)
  const names = Object.entries(record.properties ?? {})
    .filter(([, field]) => field['x-internal'] !== true && field.deprecated !== true)
    .map(([name]) => name)
  const few = names.slice(0, mostFields.answer).join(', ')
  const more = names.length > mostFields.answer ? ', …' : ''
  return `${target.type === 'array' ? 'array of ' : ''}{${few}${more}}`
}

/** Query parameters in a few words each; undefined where there are none. */
export function queryParameters(
  catalog: Catalog,
  { parameters }: Operation
): Record<string, string> | undefined {
  const query = parameters.filter((parameter) => parameter.in === 'query')
  if (query.length === 0) return undefined
  return Object.fromEntries(
    query.map(({ name, required, schema }) => [
      name,
      typeWords(catalog, schema) + (required ? ', required' : '')
    ])
  )
}

/** What must be known before an operation is called through run_api; undefined where nothing is. */
export function callNote({ base, path, since, body }: Operation): string | undefined {
  const notes = [
    base === '/rest/v1' ? '' : `${base}${path} is outside /rest/v1: run_api cannot call it`,
    since === undefined ? '' : `only from version ${since} on`,
    body !== undefined && body.contentType !== 'application/json'
      ? 'takes a file: send it straight to the cluster, run_api cannot'
      : '',
    path === '/login' || path === '/logout'
      ? 'run_api does not call it: the bridge holds the session itself'
      : ''
  ].filter((note) => note !== '')
  return notes.length === 0 ? undefined : notes.join('; ')
}

/**
 * An operation in short: a typical answer of five stays under 1,200 tokens. `question` decides which
 * fields of a long body are shown.
 */
export function answerOperation(
  catalog: Catalog,
  operation: Operation,
  question: string
): FoundOperation {
  const { path, method, summary, example, risk, tool } = operation
  const asked = new Set(question.toLowerCase().split(/[^a-z0-9]+/))
  const query = queryParameters(catalog, operation)
  const note = callNote(operation)
  return {
    path,
    method,
    description: summary,
    request_body: requestBody({ catalog, asked }, operation),
    response: responseLine(catalog, operation),
    ...(query === undefined ? {} : { query_parameters: query }),
    ...(example === undefined ? {} : { example }),
    risk,
    ...(tool === undefined ? {} : { tool }),
    ...(note === undefined ? {} : { note })
  }
}
