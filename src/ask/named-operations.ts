import type { Catalog, Operation } from '../catalog/load.ts'
import { httpMethods } from '../lib/http/http-method.ts'

/** What an answer names. */
export interface Named {
  /** Of the operations the model was shown, those that the answer names. */
  operations: Operation[]
  /** What reads like an operation and is none of the catalog: `POST /VirDomain/start`. */
  unknown: string[]
}

interface Mention {
  method: string | undefined
  /** Below /rest/v1, without query and trailing slash; another base stands before it. */
  path: string
  /** The answer itself says that it is one of the API: it stood below /rest/. */
  isApi: boolean
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
  `^[\`'"*_]*\\s*(?:[(|,:–-]|with|via|using|by|as)\\s*(?:an?\\s+|the\\s+|HTTP\\s+|["']?method["']?[:=]?\\s*)*[\`'"*_]*` +
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
    const given = match[1] ?? ''
    const isApi = given.startsWith('/rest/')
    // Any other URL is a link.
    if (!isApi && /^https?:/.test(match[0])) continue
    found.push({ method: before ?? behind?.[1], path: tidyPath(given), isApi })
  }
  return found
}

/** What may stand for a uuid: {uuid}, <uuid>, :uuid, $VM, vmUUID, UUID, or one; not `start`. */
const uuidLike = /^[{<:$]|uuid$|\d/i

/** The operations of the catalog at a path; a word in the place of a uuid is none. */
function operationsAt(catalog: Catalog, path: string): Operation[] {
  const isWhole = /^\/(rest\/v\d|update|support-api)\//.test(path)
  const match = catalog.match(isWhole ? path : `/rest/v1${path}`)
  const fits = Object.entries(match?.parameters ?? {}).every(
    ([name, value]) => !/uuid$/i.test(name) || uuidLike.test(value)
  )
  return fits ? (match?.operations ?? []) : []
}

/** A path without method passes for one of the API where it begins with one of its entities. */
const beginsLikeApi = (catalog: Catalog, path: string): boolean =>
  /^\/[A-Z]/.test(path) && catalog.entities.includes(path.split('/')[1] ?? '')

/**
 * Which operations an answer names, checked against the catalog: a small model may invent some. A
 * path without a method names the one operation the model was shown that has it, if there is one.
 */
export function namedOperations(
  catalog: Catalog,
  given: readonly Operation[],
  response: string
): Named {
  const named = new Set<Operation>()
  const unknown = new Set<string>()
  for (const { method, path, isApi } of mentions(response)) {
    const known = operationsAt(catalog, path)
    const meant = method === undefined ? known : known.filter((each) => each.method === method)
    const told = meant.filter((operation) => given.includes(operation))
    if (meant.length === 0 && (method !== undefined || isApi || beginsLikeApi(catalog, path)))
      unknown.add(method === undefined ? path : `${method} ${path}`)
    else if (told.length === 1) for (const each of told) named.add(each)
  }
  return { operations: given.filter((operation) => named.has(operation)), unknown: [...unknown] }
}
