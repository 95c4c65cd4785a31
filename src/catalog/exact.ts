import type { Catalog, Operation } from './load.ts'
import { fieldsOf, pathNames } from './operation-names.ts'
import { bareName } from './words.ts'

const methodWord = /^(get|post|put|patch|delete|options)\s+(?=\/|[A-Z]\w*$)/i

/** A question that begins with a method, as in `DELETE /User/{uuid}` or `GET VirDomain`. */
export function splitMethod(question: string): { method: string | undefined; rest: string } {
  const found = methodWord.exec(question)
  return {
    method: found?.[1]?.toUpperCase(),
    rest: found === null ? question : question.slice(found[0].length)
  }
}

/** Where a name leads: points by operation; what is asked for by name comes before all else. */
export type Named = Map<Operation, number>

/** Finds operations by what they are called: path, method and path, operationId, entity, field, tool. */
export class Names {
  readonly #catalog: Catalog
  readonly #operations: readonly Operation[]
  readonly #byName = new Map<string, Map<Operation, number>>()

  constructor(catalog: Catalog, operations: readonly Operation[]) {
    this.#catalog = catalog
    this.#operations = operations
    for (const operation of operations) {
      const { entity, operationId, tool, body, response, method } = operation
      this.#add(operationId, operation, 12)
      this.#add(entity, operation, 10)
      this.#add(tool, operation, 8)
      this.#add(pathNames(operation).join(''), operation, 11)
      this.#add(pathNames(operation).at(-1), operation, 8)
      for (const parameter of operation.parameters)
        if (parameter.in === 'query') this.#add(parameter.name, operation, 7)
      for (const [field, depth] of fieldsOf(this.#catalog, body?.schema, 2))
        this.#add(field, operation, (method === 'POST' && isUpdate(operation) ? 4 : 6) - depth)
      for (const [field, depth] of fieldsOf(this.#catalog, response, 1))
        this.#add(field, operation, 5 - depth)
    }
  }

  #add(name: string | undefined, operation: Operation, points: number): void {
    if (name === undefined || name.length < 3) return
    const key = bareName(name)
    const known = this.#byName.get(key)
    if (known === undefined) this.#byName.set(key, new Map([[operation, points]]))
    else if ((known.get(operation) ?? 0) < points) known.set(operation, points)
  }

  /** The operations of a path as it is written in a call, `METHOD /path` or `/rest/v1/path`. */
  byPath(question: string): Operation[] {
    const { method, rest } = splitMethod(question)
    const path = rest.split(/[?\s]/)[0] ?? ''
    if (!path.startsWith('/')) return []
    const below = path
      .replace(/^\/rest\/v1(?=\/)/, '')
      .replace(/\/+$/, '')
      .toLowerCase()
    const fits = (operation: Operation): boolean =>
      method === undefined || operation.method === method
    const same = this.#operations.filter(
      (operation) => operation.path.toLowerCase().replace(/\/+$/, '') === below && fits(operation)
    )
    if (same.length > 0) return same
    const concrete = this.#catalog.match(`/rest/v1${path.replace(/^\/rest\/v1(?=\/)/, '')}`)
    const matched = concrete?.operations.filter(
      (operation) => fits(operation) && this.#operations.includes(operation)
    )
    if (matched !== undefined && matched.length > 0) return matched
    return this.#operations.filter(
      (operation) => operation.path.toLowerCase().startsWith(`${below}/`) && fits(operation)
    )
  }

  /** The operations a single name leads to. */
  byName(name: string): Named {
    return this.#byName.get(bareName(name)) ?? new Map<Operation, number>()
  }

  /** Whether a name is one the API uses. */
  has(name: string): boolean {
    return this.#byName.has(bareName(name))
  }
}

/** `POST /X/{uuid}` changes a record as PATCH does, but wants all of it. */
export const isUpdate = ({ kind }: Operation): boolean => kind === 'update'
