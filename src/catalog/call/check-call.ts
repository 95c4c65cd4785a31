import type { ErrorObject } from 'ajv'
import { BridgeError } from '../../lib/errors/errors.ts'
import { coerceBody, wholeBody } from './coerce-body.ts'
import { BodyValidators } from './body-validators.ts'
import { matchCall, queryProblems } from './check-path.ts'
import type { Catalog, Operation } from '../load.ts'
import type { HttpMethod } from '../../lib/http/http-method.ts'
import { sampleOf } from '../import/sample.ts'
import type { CatalogSearch } from '../search/search.ts'
import { describeProblem, type ProblemWords } from '../../lib/json/validation-problems.ts'

/** A call below /rest/v1, with path and query from `parseApiPath`. */
export interface ApiCall {
  method: HttpMethod
  path: string
  query: Record<string, string | string[]>
  /** undefined: none is sent. */
  body: unknown
}

/** A call that passed all checks. */
export interface CheckedCall extends ApiCall {
  operation: Operation
  /** What was brought into form, and what looks odd, one sentence each. */
  notes: string[]
}

const maxProblems = 50
const maxExampleLength = 800

/** What says nothing, as JSON. */
const emptyBodies: ReadonlySet<string> = new Set(['{}', '[]', '""', 'null'])

const words: ProblemWords = { one: 'field', whole: wholeBody, explain: false }

const validators = new WeakMap<Catalog, BodyValidators>()

function validatorsOf(catalog: Catalog): BodyValidators {
  const known = validators.get(catalog)
  if (known !== undefined) return known
  const made = new BodyValidators(catalog)
  validators.set(catalog, made)
  return made
}

/** A minimal body that the operation takes: the catalog's own if that fits, else a made one. */
export function exampleBody(catalog: Catalog, operation: Operation): unknown {
  if (operation.body === undefined) return undefined
  const { example } = operation
  if (example !== undefined && validatorsOf(catalog).errors(operation, example).length === 0)
    return example
  return sampleOf(operation.body.schema, (schema) => catalog.resolve(schema))
}

/** The fields a caller may send, those of one record where the body is an array of them. */
function writableFields(catalog: Catalog, operation: Operation): string[] {
  const schema = operation.body === undefined ? {} : catalog.resolve(operation.body.schema)
  const record = schema.items === undefined ? schema : catalog.resolve(schema.items)
  return Object.entries(record.properties ?? {})
    .filter(([, field]) => field.readOnly !== true && field['x-internal'] !== true)
    .map(([name]) => name)
}

/** Why a field of the record is not one of the body: it is read-only, or set only at the start. */
function recordFieldProblem(
  catalog: Catalog,
  { entity }: Operation,
  error: ErrorObject
): string | undefined {
  const { schemas } = catalog.document.components
  const { additionalProperty: name } = error.params as { additionalProperty?: unknown }
  if (error.keyword !== 'additionalProperties' || typeof name !== 'string') return undefined
  if (error.instancePath !== '' || !Object.hasOwn(schemas, entity)) return undefined
  const properties = schemas[entity]?.properties ?? {}
  const field = Object.hasOwn(properties, name) ? properties[name] : undefined
  if (field === undefined) return undefined
  if (field.readOnly === true) return `${name} is read-only: the cluster sets it, leave it out`
  if (field['x-create-only'] === true)
    return `${name} is set when the record is created and not changed later: leave it out`
  return `${name} is a field of the record that this call does not take: leave it out`
}

function bodyProblems(catalog: Catalog, operation: Operation, body: unknown): string[] {
  const errors = validatorsOf(catalog).errors(operation, body)
  const problems = [
    ...new Set(
      errors
        .slice(0, maxProblems)
        .map(
          (error) => recordFieldProblem(catalog, operation, error) ?? describeProblem(error, words)
        )
    )
  ]
  const more = errors.length - maxProblems
  return more > 0 ? [...problems, `and ${more} more`] : problems
}

/** Fields that the cluster takes when a record is created, sent to change one. */
function createOnlyNotes(catalog: Catalog, operation: Operation, body: unknown): string[] {
  if (operation.kind !== 'update' || typeof body !== 'object' || body === null) return []
  const { properties = {} } =
    operation.body === undefined ? {} : catalog.resolve(operation.body.schema)
  return Object.keys(body)
    .filter((name) => Object.hasOwn(properties, name))
    .filter((name) => properties[name]?.['x-create-only'] === true)
    .map(
      (name) => `${name} is set when the record is created: the cluster may ignore a change of it`
    )
}

function checkBody(
  catalog: Catalog,
  operation: Operation,
  given: unknown
): { body: unknown; notes: string[]; problems: string[] } {
  if (operation.body === undefined) {
    // Many clients fill in every argument. What a cluster does with such a body is not attested.
    const empty = given === undefined || emptyBodies.has(JSON.stringify(given))
    const notes = empty ? [] : [`${wholeBody} was left out: this call takes no body`]
    return { body: undefined, notes, problems: [] }
  }
  if (given === undefined)
    return {
      body: undefined,
      notes: [],
      problems: operation.body.required ? [`${wholeBody} is required: this call has a body`] : []
    }
  const { body, notes } = coerceBody(
    catalog,
    operation.body.schema,
    given,
    operation.ignoresReadOnly
  )
  return {
    body,
    notes: [...notes, ...createOnlyNotes(catalog, operation, body)],
    problems: bodyProblems(catalog, operation, body)
  }
}

function refusal(
  catalog: Catalog,
  operation: Operation,
  problems: string[],
  aboutBody: boolean
): BridgeError {
  const name = `${operation.method} ${operation.path}`
  const details: Record<string, unknown> = { problems, operation: name }
  const said = problems.join('; ')
  let message = `${name}: ${said}${said.endsWith('?') ? '' : '.'} Nothing was sent`
  if (aboutBody && operation.body !== undefined) {
    const fields = writableFields(catalog, operation)
    const example = exampleBody(catalog, operation)
    const text = JSON.stringify(example)
    if (fields.length > 0) message += `. Fields: ${fields.join(', ')}`
    if (text.length <= maxExampleLength) message += `. A minimal valid body: ${text}`
    details['fields'] = fields
    details['example'] = example
  }
  return new BridgeError('INVALID_ARGUMENT', message, { details })
}

/**
 * Checks a call against the catalog before anything is sent: method and path, parameters, body.
 * As strict as the cluster's own schemas and no stricter.
 * @throws {BridgeError} NOT_FOUND or METHOD_NOT_ALLOWED where there is no such operation;
 * INVALID_ARGUMENT with every problem and a minimal valid body.
 */
export function checkCall(catalog: Catalog, search: CatalogSearch, call: ApiCall): CheckedCall {
  const { operation, path } = matchCall(catalog, search, call.method, call.path, call)
  const { body, notes, problems } = checkBody(catalog, operation, call.body)
  const all = [...queryProblems(catalog, operation, call.query), ...problems]
  if (all.length > 0) throw refusal(catalog, operation, all, problems.length > 0)
  return { ...call, path, body, operation, notes }
}
