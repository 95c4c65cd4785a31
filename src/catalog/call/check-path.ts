import { BridgeError } from '../../lib/errors/errors.ts'
import { nearest, didYouMean } from '../../lib/text/nearest.ts'
import type { Catalog, Operation, PathMatch } from '../load.ts'
import type { HttpMethod } from '../../lib/http/http-method.ts'
import { nearestOperations, type NearOperation } from './nearest-operations.ts'
import { uncallable } from '../search/describe-operation.ts'
import type { CatalogSearch } from '../search/search.ts'
import { type CallData, meantOperations } from './wrong-method.ts'
import { quote } from '../../lib/text/quote.ts'
import { uuidProblem } from '../../lib/json/validation-problems.ts'
import { isUuid } from '../../lib/text/uuid.ts'

/** What a caller must know to get past a check that was too strict. */
export const workaround = 'validate: false sends it unchecked'

/**
 * Entities whose id is another text than a uuid (FACTS 3.5): MODEL_SERIAL of a drive, the fixed names
 * of singletons, a version. What those of a NucleusKey and of graphics cards look like is unknown.
 */
const freeFormIds: ReadonlySet<string> = new Set([
  'Drive',
  'Registration',
  'OIDCConfig',
  'AlertEmailTarget',
  'Update',
  'IcosUpdate',
  'NucleusKey',
  'GPU',
  'GPUProfile'
])

const root = '/rest/v1'

const list = (near: readonly NearOperation[]): string =>
  near.map(({ method, path, summary }) => `${method} ${path} (${summary})`).join('; ')

const toNear = ({ method, path, summary }: Operation): NearOperation => ({ method, path, summary })

/** The template that a path fits when the case of its names is ignored. */
function inOtherCase(catalog: Catalog, path: string): string | undefined {
  const parts = path.toLowerCase().split('/')
  return catalog.operations.find(({ base, path: template, missing }) => {
    const names = template.split('/')
    return (
      base === root &&
      !missing &&
      names.length === parts.length &&
      names.every((name, i) => name.startsWith('{') || name.toLowerCase() === parts[i])
    )
  })?.path
}

/** `path` in the case that a template has. */
const inCaseOf = (template: string, path: string): string => {
  const parts = path.split('/')
  return template
    .split('/')
    .map((name, i) => (name.startsWith('{') ? (parts[i] ?? name) : name))
    .join('/')
}

function unknownPath(
  catalog: Catalog,
  search: CatalogSearch,
  method: HttpMethod,
  path: string
): BridgeError {
  const outside = (catalog.match(path) ?? catalog.match(`/rest/v2${path}`))?.operations[0]
  const reason = outside && uncallable(outside)
  if (reason !== undefined) return new BridgeError('NOT_FOUND', `${reason}; nothing was sent`)
  const meant = inOtherCase(catalog, path)
  const near =
    meant === undefined
      ? nearestOperations(catalog, search, method, path)
      : catalog.operations.filter((each) => each.path === meant && !each.missing).map(toNear)
  const advice =
    meant === undefined
      ? `The path is wrong, not the method. Nearest: ${list(near)}. query_api finds others`
      : `Names in paths are case-sensitive: write ${inCaseOf(meant, path)}`
  return new BridgeError(
    'NOT_FOUND',
    `HyperCore has no path ${path}; nothing was sent. ${advice}; ${workaround}`,
    { details: { nearest: near } }
  )
}

function wrongMethod(
  catalog: Catalog,
  match: PathMatch,
  method: HttpMethod,
  path: string,
  data: CallData
): BridgeError {
  const { here, below, templates } = meantOperations(catalog, match, method, data)
  if (here.length === 0)
    return new BridgeError(
      'NOT_FOUND',
      `${path} is not in the API document of this cluster: its version does not offer it; nothing was sent. ${workaround}`
    )
  const meant = below.length === 0 ? '' : `. ${method} is for ${list(below)}`
  return new BridgeError(
    'METHOD_NOT_ALLOWED',
    `The path ${path} is right, the method ${method} is not: it takes ${list(here)}${meant}; nothing was sent. ${workaround}`,
    { details: { nearest: templates } }
  )
}

/** A value of a uuid parameter, as the cluster writes it, or why it is none. */
function checkId(
  catalog: Catalog,
  operation: Operation,
  name: string,
  value: string
): { value: string } | { problem: string } {
  const free = operation.imported || freeFormIds.has(operation.entity)
  if (!/uuid$/i.test(name) || free) return { value }
  if (isUuid(value)) return { value: value.toLowerCase() }
  const list = `/${operation.path.split('/')[1]}`
  const where = catalog.find('GET', list)?.tool ?? `GET ${list}`
  return { problem: uuidProblem(name, decodeURIComponent(value), `${where} lists them`) }
}

/** An operation that a call means, and its path with uuids in the cluster's form. */
export interface MatchedCall {
  operation: Operation
  /** Below /rest/v1, encoded. */
  path: string
}

/**
 * Finds the operation that a method and a path mean.
 * @param path from `parseApiPath`
 * @param data the rest of the call, which may name what is meant
 * @throws {BridgeError} NOT_FOUND with the three nearest operations, METHOD_NOT_ALLOWED with those of
 * the path, INVALID_ARGUMENT for a parameter that cannot be one.
 */
export function matchCall(
  catalog: Catalog,
  search: CatalogSearch,
  method: HttpMethod,
  path: string,
  data: CallData = {}
): MatchedCall {
  const match = catalog.match(root + path)
  if (match === undefined) throw unknownPath(catalog, search, method, path)
  const operation = match.operations.find((each) => each.method === method && !each.missing)
  if (operation === undefined) throw wrongMethod(catalog, match, method, path, data)
  let checked = operation.path
  const problems: string[] = []
  for (const [name, given] of Object.entries(match.parameters)) {
    const found = checkId(catalog, operation, name, given)
    if ('problem' in found) problems.push(found.problem)
    else checked = checked.replace(`{${name}}`, () => found.value)
  }
  if (problems.length > 0) {
    // A word where an id belongs is likely meant as a call of its own: /VirDomain/start.
    const isWord = Object.values(match.parameters).some((value) => /^[A-Za-z]+$/.test(value))
    const near = isWord ? nearestOperations(catalog, search, method, path, { slips: false }) : []
    const advice = near.length > 0 ? `. Nearest: ${list(near)}` : ''
    throw new BridgeError(
      'INVALID_ARGUMENT',
      `${method} ${operation.path}: ${problems.join('; ')}. Nothing was sent${advice}`,
      { details: { problems, ...(near.length > 0 ? { nearest: near } : {}) } }
    )
  }
  return { operation, path: checked.replace(/(?<=.)\/$/, '') }
}

const valuePatterns: Record<string, RegExp> = {
  boolean: /^(?:true|false)$/,
  integer: /^-?\d+$/,
  number: /^-?\d+(?:\.\d+)?$/
}

/** What is wrong with the query parameters of a call, one sentence each. */
export function queryProblems(
  catalog: Catalog,
  operation: Operation,
  query: Record<string, string | string[]>
): string[] {
  const defined = operation.parameters.filter((parameter) => parameter.in === 'query')
  const names = defined.map((parameter) => parameter.name)
  const problems: string[] = []
  for (const [name, given] of Object.entries(query)) {
    const parameter = defined.find((each) => each.name === name)
    if (parameter === undefined) {
      const allowed =
        names.length > 0
          ? `allowed: ${names.join(', ')}`
          : 'this call takes none, and the API does not filter lists'
      problems.push(
        `unknown query parameter ${quote(name)}${didYouMean(nearest(name, names))} (${allowed})`
      )
      continue
    }
    const schema = catalog.resolve(parameter.schema)
    const item = schema.type === 'array' ? catalog.resolve(schema.items ?? {}) : schema
    const values = [given].flat()
    if (schema.type !== 'array' && values.length > 1)
      problems.push(`query parameter ${name} is given ${values.length} times`)
    for (const value of values) {
      if (valuePatterns[item.type ?? '']?.test(value) === false)
        problems.push(`query parameter ${name} must be of type ${item.type}; got ${quote(value)}`)
      else if (item.enum !== undefined && !item.enum.map(String).includes(value))
        problems.push(
          `query parameter ${name} must be one of ${item.enum.join(', ')}; got ${quote(value)}`
        )
    }
  }
  for (const { name, required } of defined)
    if (required && !Object.hasOwn(query, name)) problems.push(`query parameter ${name} is missing`)
  return problems
}
