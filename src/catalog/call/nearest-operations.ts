import { distance } from 'fastest-levenshtein'
import type { Catalog, Operation } from '../load.ts'
import type { HttpMethod } from '../../lib/http/http-method.ts'
import type { CatalogSearch } from '../search/search.ts'

/** An operation a caller may have meant. */
export interface NearOperation {
  method: HttpMethod
  path: string
  summary: string
}

const howMany = 3

/** From here on two paths are one with a slip in it. */
const nearlySame = 0.7

/** A path's names: lower case, without ids and parameters. */
const namesOf = (path: string): string =>
  path
    .split('/')
    .filter((part) => !part.startsWith('{') && !/^[0-9a-f-]{20,}$|^\d+$/i.test(part))
    .join('/')
    .toLowerCase()

function likeness(asked: string, path: string): number {
  const name = namesOf(path)
  return 1 - distance(asked, name) / Math.max(asked.length, name.length, 1)
}

/**
 * The three operations nearest to a method and a path that do not exist: first those whose path
 * differs by a slip, then those that search finds for its words, then the most alike.
 * @param slips false where the names of the path are known to be right
 */
export function nearestOperations(
  catalog: Catalog,
  search: CatalogSearch,
  method: HttpMethod,
  path: string,
  { slips = true } = {}
): NearOperation[] {
  const asked = namesOf(path)
  const ranked = catalog.operations
    .filter((each) => each.base === '/rest/v1' && !each.missing && each.method !== 'OPTIONS')
    .map((operation) => ({
      operation,
      like: likeness(asked, operation.path),
      sameMethod: operation.method === method ? 1 : 0
    }))
    .toSorted((a, b) => b.like - a.like || b.sameMethod - a.sameMethod)
    .map(({ operation, like }) => ({ operation, like }))
  const words = asked.replaceAll('/', ' ').trim()
  const found = search
    .search(`${method} ${words}`.slice(0, 300), { limit: howMany })
    .map((hit) => hit.operation)
  const slipped = slips ? ranked.filter(({ like }) => like >= nearlySame) : []
  const all: Operation[] = [
    ...slipped.slice(0, 2).map(({ operation }) => operation),
    ...found.filter(({ base, missing }) => base === '/rest/v1' && !missing),
    ...ranked.slice(0, howMany).map(({ operation }) => operation)
  ]
  return [...new Set(all)].slice(0, howMany).map(({ method: verb, path: template, summary }) => ({
    method: verb,
    path: template,
    summary
  }))
}
