import { isObject } from '../../lib/json/json.ts'
import { isWritable, recordOf, typeWords } from './describe-field.ts'
import { effectWords } from '../effects/effect-words.ts'
import type { Catalog, Operation, Schema } from '../load.ts'
import { tokensOfText } from './tokens.ts'

/**
 * Fields of a body or a record, `name: type`. Fields of a record inside are named by their way,
 * `dom.mem`, `blockDevs[].type`, those of a body that is an array `[].actionType`. `…` says how many
 * more there are.
 */
export type FieldLines = Record<string, string>

/** An operation as query_api returns it: what a caller needs to make the call, and no more. */
export interface FoundOperation {
  path: string
  method: string
  description: string
  /** Fields to send, required ones first and marked; null where no body is sent. */
  request_body: FieldLines | null
  /** What a success returns; null where it has no body. */
  response: string | null
  /** Query parameters, where the call takes some. */
  query_parameters?: Record<string, string>
  /** A minimal valid body. */
  example?: unknown
  /** What it does to the cluster, by its values: `change or interrupt`. */
  effect: string
  /** The tool of the bridge that does the same and is to be preferred. */
  tool?: string
  /** What else must be known before the call is sent. */
  note?: string
}

/** Most fields shown of one record; what has more says how many are left out. */
const maxFields = { body: 8, inner: 6, innermost: 3, response: 8 }

/** The example of the records in an array, or of the record itself. */
const exampleRecord = (example: unknown): Record<string, unknown> => {
  const one: unknown = Array.isArray(example) ? example[0] : example
  return isObject(one) ? one : {}
}

/** What decides which fields are shown: the words of the question and the example. */
interface View {
  catalog: Catalog
  asked: ReadonlySet<string>
}

/** Required fields, then those the question names, then those of the example, then the rest. */
function inOrder({ asked }: View, record: Schema, example: Record<string, unknown>): string[] {
  const required = new Set(record.required ?? [])
  const rank = (name: string): number => {
    if (required.has(name)) return 0
    if (tokensOfText(name).some((token) => asked.has(token))) return 1
    return name in example ? 2 : 3
  }
  return Object.entries(record.properties ?? {})
    .filter(([, field]) => isWritable(field))
    .map(([name]) => ({ name, rank: rank(name) }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ name }) => name)
}

/** A field in one line; a record, or an array of them, with its fields: `object {name: string, …}`. */
function briefLine(view: View, field: Schema, example: unknown, depth: number): string {
  const { catalog } = view
  const record = recordOf(catalog, field)
  if (record === undefined) return typeWords(catalog, field)
  const inner = exampleRecord(example)
  const names = inOrder(view, record, inner)
  const isArray = catalog.resolve(field).type === 'array'
  // A list of records is mostly looked after elsewhere, so their names say enough.
  const named = depth > 0 || (isArray && example === undefined)
  const max = named ? maxFields.innermost : maxFields.inner
  const required = new Set(record.required ?? [])
  const shown = names.slice(0, max).map((name) => {
    const mark = required.has(name) ? ', required' : ''
    if (named) return name + (mark === '' ? '' : ' (required)')
    return `${name}: ${briefLine(view, record.properties?.[name] ?? {}, inner[name], depth + 1)}${mark}`
  })
  if (names.length > max) shown.push(`… ${names.length - max} more`)
  const kind = isArray ? 'array of objects' : 'object'
  return `${kind} {${shown.join('; ')}}`
}

function requestBody(view: View, { body, example }: Operation): FieldLines | null {
  if (body === undefined) return null
  const { catalog } = view
  const record = recordOf(catalog, body.schema)
  if (body.contentType !== 'application/json' || record === undefined)
    return { '(whole body)': `${typeWords(catalog, body.schema)}, ${body.contentType}` }
  const prefix = catalog.resolve(body.schema).type === 'array' ? '[].' : ''
  const given = exampleRecord(example)
  const required = new Set(record.required ?? [])
  const names = inOrder(view, record, given)
  const max = Math.max(maxFields.body, required.size)
  const fields: FieldLines = {}
  for (const name of names.slice(0, max))
    fields[prefix + name] =
      briefLine(view, record.properties?.[name] ?? {}, given[name], 0) +
      (required.has(name) ? ', required' : '')
  if (names.length > max)
    fields['…'] = `${names.length - max} more: query_api with detail "full" shows all`
  return fields
}

/** What to do with the tag of a task, where it is not always one (FACTS 4.1). */
const taskWords: Record<string, string> = {
  empty: 'taskTag is empty, there is no task to follow: read the object to see the result',
  mixed: 'follow the task with waitTask unless taskTag is empty'
}

/** What a success returns, in one line. */
export function responseLine(
  catalog: Catalog,
  { response, returnsTask, taskObserved }: Operation
): string | null {
  if (response === undefined) return null
  if (returnsTask)
    return `{taskTag, createdUUID}: ${taskWords[taskObserved ?? ''] ?? 'follow the task with waitTask'}`
  const target = catalog.resolve(response)
  const record = recordOf(catalog, response)
  if (record === undefined) return typeWords(catalog, response)
  const names = Object.entries(record.properties ?? {})
    .filter(([, field]) => field['x-internal'] !== true && field.deprecated !== true)
    .map(([name]) => name)
  const few = names.slice(0, maxFields.response).join(', ')
  const more = names.length > maxFields.response ? ', …' : ''
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

/** Why run_api can never call an operation, whatever is given; undefined where it can. */
export function uncallable({ base, path, tool }: Operation): string | undefined {
  if (base !== '/rest/v1') {
    const instead = tool === undefined ? '' : `, but ${tool} reads it`
    return `${base}${path} is outside /rest/v1: run_api cannot call it${instead}`
  }
  if (path === '/docs/') return `${path} is a page for a browser, run_api cannot show it`
  return undefined
}

/** What must be known before an operation is called through run_api; undefined where nothing is. */
export function callNote(operation: Operation): string | undefined {
  const { path, since, body, missing } = operation
  const notes = [
    uncallable(operation) ?? '',
    since === undefined ? '' : `only from version ${since} on`,
    missing ? "not in this cluster's API document: its version does not offer it" : '',
    body !== undefined && body.contentType !== 'application/json'
      ? 'takes a file: send it straight to the cluster, run_api cannot'
      : '',
    path === '/login' || path === '/logout'
      ? 'run_api does not call it: the bridge holds the session itself'
      : ''
  ].filter((note) => note !== '')
  return notes.length === 0 ? undefined : notes.join('; ')
}

/** Longest description of the best operation, in characters. */
const maxDescriptionLength = 260

/** The first sentences of a description that fit. */
function firstSentences(description: string): string {
  let text = ''
  for (const sentence of description.split(/(?<=[.!?])\s+/)) {
    if (text.length + sentence.length > maxDescriptionLength) break
    text += ` ${sentence}`
  }
  return text
}

/**
 * An operation in short: a typical response with five stays under 1,200 tokens. The words of `question`
 * decide which fields of a long body are shown; the best operation says a little more of what it does.
 */
export function describeOperation(
  catalog: Catalog,
  operation: Operation,
  question: string,
  { best = false } = {}
): FoundOperation {
  const { path, method, summary, example, tool } = operation
  const asked = new Set(tokensOfText(question))
  const query = queryParameters(catalog, operation)
  const note = callNote(operation)
  return {
    path,
    method,
    description: best ? `${summary}.${firstSentences(operation.description)}` : summary,
    request_body: requestBody({ catalog, asked }, operation),
    response: responseLine(catalog, operation),
    ...(query === undefined ? {} : { query_parameters: query }),
    ...(example === undefined ? {} : { example }),
    effect: effectWords(operation),
    ...(tool === undefined ? {} : { tool }),
    ...(note === undefined ? {} : { note })
  }
}
