import { isUuid } from '../../lib/text/uuid.ts'
import type { HttpMethod } from '../../lib/http/http-method.ts'
import type { Catalog, Operation, PathMatch } from '../load.ts'
import type { NearOperation } from './nearest-operations.ts'

/** Where else than in its path a call may carry the id of what it means. */
export interface CallData {
  query?: Record<string, string | string[]>
  body?: unknown
}

/** How many paths below the given one are named. */
const maxBelow = 3

/** The one uuid that a call carries beside its path; undefined where there is none, or more. */
function uuidIn({ query = {}, body }: CallData): string | undefined {
  const [only, ...others] = Array.isArray(body) ? (body as unknown[]) : [body]
  const record = typeof only === 'object' && only !== null && others.length === 0 ? only : {}
  const values: unknown[] = [
    ...Object.values(query).flat(),
    ...(typeof body === 'string' ? [body] : Object.values(record))
  ]
  const found = new Set(values.filter((value) => typeof value === 'string' && isUuid(value)))
  const [uuid] = found
  return found.size === 1 ? (uuid as string).toLowerCase() : undefined
}

/** Where a method was meant that its path does not take. */
export interface MeantOperations {
  /** What the path takes. */
  here: NearOperation[]
  /** What takes the method below it, with the ids that the call has. */
  below: NearOperation[]
  /** All of them as the catalog has them. */
  templates: NearOperation[]
}

/** What a call may have meant whose path is right and whose method is not. */
export function meantOperations(
  catalog: Catalog,
  match: PathMatch,
  method: HttpMethod,
  data: CallData
): MeantOperations {
  const uuid = uuidIn(data)
  const withIds = ({ method: verb, path, summary }: Operation): NearOperation => {
    const known = Object.entries(match.parameters).reduce(
      (text, [name, value]) => text.replace(`{${name}}`, () => value),
      path
    )
    return {
      method: verb,
      path: uuid === undefined ? known : known.replace(/\{\w*uuid\}/i, () => uuid),
      summary
    }
  }
  const here = match.operations.filter(({ missing }) => !missing)
  const [template = ''] = here.map(({ path }) => path)
  const isBelow = ({ base, path, missing, method: verb }: Operation): boolean =>
    !missing && base === '/rest/v1' && verb === method && path.startsWith(`${template}/`)
  const below = catalog.operations
    .filter(isBelow)
    .toSorted((a, b) => a.path.split('/').length - b.path.split('/').length)
  const named = below.slice(0, maxBelow)
  return {
    here: here.map(withIds),
    below: named.map(withIds),
    templates: [...here, ...named].map(({ method: verb, path, summary }) => ({
      method: verb,
      path,
      summary
    }))
  }
}
