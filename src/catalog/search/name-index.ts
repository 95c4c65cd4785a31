import type { Catalog, Operation } from '../load.ts'
import { fieldsOf, pathNames } from './operation-names.ts'
import { lettersAndDigits } from '../../lib/text/normalize.ts'

const methodWord = /^(get|post|put|patch|delete|options)\s+(?=\/|[A-Z]\w*$)/i

/** A question that begins with a method, as in `DELETE /User/{uuid}` or `GET VirDomain`. */
export function splitMethod(question: string): { method: string | undefined; rest: string } {
  const found = methodWord.exec(question)
  return {
    method: found?.[1]?.toUpperCase(),
    rest: found === null ? question : question.slice(found[0].length)
  }
}

/** Points of a name, by what it names; a field counts less the deeper it is. */
const points = { operationId: 12, path: 11, entity: 10, tool: 8, query: 7, sent: 6, returned: 5 }

/** Points that a POST which requires the whole record has less than the PATCH of the same record. */
const wholeRecord = 2

/** A path to compare: below /rest/v1, in lower case, parameters without their names. */
const comparable = (path: string): string =>
  path
    .replace(/^\/rest\/v1(?=\/)/, '')
    .replaceAll(/\{[^}]*\}/g, '{}')
    .replace(/\/+$/, '')
    .toLowerCase()

/** The index as it is written to a file: names, each with operations by their place in the list, and points. */
export type SavedNameIndex = [name: string, found: [operation: number, points: number][]][]

/** Finds operations by what they are called: path, method and path, operationId, entity, field, tool. */
export class NameIndex {
  readonly #catalog: Catalog
  readonly #operations: readonly Operation[]
  readonly #byName = new Map<string, Map<Operation, number>>()

  constructor(catalog: Catalog, operations: readonly Operation[]) {
    this.#catalog = catalog
    this.#operations = operations
  }

  /** What `toJSON` has returned, of the same operations. */
  static from(
    saved: SavedNameIndex,
    catalog: Catalog,
    operations: readonly Operation[]
  ): NameIndex {
    const index = new NameIndex(catalog, operations)
    for (const [name, found] of saved) {
      const known = new Map<Operation, number>()
      for (const [at, much] of found) {
        const operation = operations[at]
        if (operation !== undefined) known.set(operation, much)
      }
      index.#byName.set(name, known)
    }
    return index
  }

  toJSON(): SavedNameIndex {
    const places = new Map(this.#operations.map((operation, at) => [operation, at]))
    return [...this.#byName].map(([name, found]) => [
      name,
      [...found].map(([operation, much]) => [places.get(operation) ?? -1, much])
    ])
  }

  /** Indexes the names of all operations. */
  fill(): this {
    for (const operation of this.#operations) {
      const { entity, operationId, tool, body, response, method } = operation
      this.#add(operationId, operation, points.operationId)
      this.#add(entity, operation, points.entity)
      for (const name of tool?.split(' or ') ?? []) this.#add(name, operation, points.tool)
      this.#add(pathNames(operation).join(''), operation, points.path)
      this.#add(pathNames(operation).at(-1), operation, points.tool)
      for (const parameter of operation.parameters)
        if (parameter.in === 'query') this.#add(parameter.name, operation, points.query)
      const sent = points.sent - (isUpdate(operation) && method === 'POST' ? wholeRecord : 0)
      for (const [field, depth] of fieldsOf(this.#catalog, body?.schema, 2))
        this.#add(field, operation, sent - depth)
      for (const [field, depth] of fieldsOf(this.#catalog, response, 1))
        this.#add(field, operation, points.returned - depth)
    }
    return this
  }

  #add(name: string | undefined, operation: Operation, much: number): void {
    if (name === undefined || name.length < 3) return
    const key = lettersAndDigits(name)
    const known = this.#byName.get(key)
    if (known === undefined) this.#byName.set(key, new Map([[operation, much]]))
    else if ((known.get(operation) ?? 0) < much) known.set(operation, much)
  }

  /**
   * The operations of a path as it is written in a call: `METHOD /path`, `/rest/v1/path`, with
   * parameters or with values in their places. Where the path is only the beginning of one, those below
   * it.
   */
  byPath(question: string): Operation[] {
    const { method, rest } = splitMethod(question)
    const given = rest.split(/[?\s]/)[0] ?? ''
    const path = /^[\w-]+\//.test(given) && rest === given ? `/${given}` : given
    if (!path.startsWith('/')) return []
    const asked = comparable(path)
    const candidates = this.#operations.filter(
      (operation) => method === undefined || operation.method === method
    )
    const same = candidates.filter((operation) => comparable(operation.path) === asked)
    if (same.length > 0) return same
    const concrete = this.#catalog.match(`/rest/v1${path.replace(/^\/rest\/v1(?=\/)/, '')}`)
    const matched = candidates.filter((operation) => concrete?.operations.includes(operation))
    if (matched.length > 0 || asked === '') return matched
    return candidates.filter((operation) => comparable(operation.path).startsWith(`${asked}/`))
  }

  /** The operations a single name leads to, with points. */
  byName(name: string): ReadonlyMap<Operation, number> {
    return this.#byName.get(lettersAndDigits(name)) ?? new Map<Operation, number>()
  }

  /** Whether a name is one the API uses. */
  has(name: string): boolean {
    return this.#byName.has(lettersAndDigits(name))
  }
}

/** `POST /X/{uuid}` changes a record as PATCH does, but requires the whole record. */
export const isUpdate = ({ kind }: Operation): boolean => kind === 'update'
