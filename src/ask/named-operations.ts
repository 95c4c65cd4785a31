import type { Catalog, Operation } from '../catalog/load.ts'
import { httpMethods } from '../catalog/load.ts'

/** What an answer names. */
export interface Named {
  /** Of the operations the model was told of, those that the answer names. */
  operations: Operation[]
  /** What reads like an operation and is none of the catalog: `POST /VirDomain/start`. */
  unknown: string[]
}

interface Mention {
  method: string | undefined
  /** Below the API, without query and trailing slash; with the base where one was named. */
  path: string
}

const methods = httpMethods.join('|')

/**
 * A path as models write it: bare, behind a host where it says /rest/v1, with {uuid}, <uuid> or
 * :uuid, with a query.
 */
const pathPattern =
  /(?<![\w/.…}>])(?:https?:\/\/[^\s/`'"]+|[\w.:${}<>-]{1,100}(?=\/rest\/v\d))?(\/[A-Za-z{][\w{}<>:.-]*(?:\/[\w{}<>:.-]+)*\/?)(?:\?[^\s`'")]*)?/g

/** The last method before a path, with little between: `POST to the path `, `-X POST `. */
const methodBefore = new RegExp(`^.*\\b(${methods})\\b[^\\n/.;]{0,40}$`, 's')

/**
 * A method behind a path: `/VirDomain/action (POST)`, `/VirDomain with POST`, `/VirDomain | POST`;
 * one that stands before a path belongs to that.
 */
const methodBehind = new RegExp(
  `^[\`'"*_]*\\s*(?:[(|,:–-]|with|via|using|by|as)\\s*(?:an?\\s+|the\\s+|HTTP\\s+|method\\s+)*[\`'"*_]*` +
    `(${methods})\\b(?![\\s\`'"*_]*/)`
)

/** A path without what follows it in a sentence, and without its base where that is /rest/v1. */
function tidyPath(text: string): string {
  const path = text.replace(/[.:-]+$/, '').replace(/^\/rest\/v1(?=\/)/, '')
  return (path.includes('<') ? path : path.replace(/>+$/, '')).replace(/(?<=.)\/+$/, '')
}

/** All paths of a text with the methods they are named with. */
function mentions(text: string): Mention[] {
  const found: Mention[] = []
  let from = 0
  for (const match of text.matchAll(pathPattern)) {
    const end = match.index + match[0].length
    const before = methodBefore.exec(text.slice(Math.max(from, match.index - 60), match.index))?.[1]
    const behind = before === undefined ? methodBehind.exec(text.slice(end)) : null
    from = end + (behind?.[0].length ?? 0)
    found.push({ method: before ?? behind?.[1], path: tidyPath(match[1] ?? '') })
  }
  return found
}

/** A path without method passes for an operation where it begins like one of the API. */
function looksLikeApi(catalog: Catalog, path: string): boolean {
  const [, first = ''] = path.split('/')
  return path.startsWith('/rest/') || catalog.entities.includes(first)
}

/**
 * Which operations an answer names, checked against the catalog: a small model may invent some. A
 * path without a method names the one operation the model was told of that has it, if there is one.
 */
export function namedOperations(
  catalog: Catalog,
  given: readonly Operation[],
  answer: string
): Named {
  const named = new Set<Operation>()
  const unknown = new Set<string>()
  for (const { method, path } of mentions(answer)) {
    const full = /^\/(rest\/v\d|update|support-api)\//.test(path) ? path : `/rest/v1${path}`
    const known = catalog.match(full)?.operations ?? []
    const meant = method === undefined ? known : known.filter((each) => each.method === method)
    const told = meant.filter((operation) => given.includes(operation))
    if (meant.length === 0 && (method !== undefined || looksLikeApi(catalog, path)))
      unknown.add(method === undefined ? path : `${method} ${path}`)
    else if (told.length === 1 || method !== undefined) for (const each of told) named.add(each)
  }
  return { operations: given.filter((operation) => named.has(operation)), unknown: [...unknown] }
}
