import { BridgeError } from '../../lib/errors/errors.ts'
import { type HttpMethod, httpMethods } from '../../lib/http/http-method.ts'

/** A path below /rest/v1 that is safe to send, and the query that came with it. */
export interface ApiPath {
  /** Begins with `/`, no trailing slash, encoded. */
  path: string
  query: Record<string, string | string[]>
}

const refuse = (reason: string): BridgeError =>
  new BridgeError(
    'PATH_REFUSED',
    `${reason}. Pass a path below /rest/v1, for example /VirDomain or /Condition/filter?includeSet=true; query_api finds paths`
  )

/** Signs of RFC 3986 path segments, and what a regular expression of /Condition/{name} needs. */
const segmentPattern = /^[A-Za-z0-9._~!$&'()*+,;=:|^-]+$/

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw refuse('query holds a broken percent-encoding')
  }
}

function safeSegment(segment: string): string {
  const decoded = decode(segment)
  if (/^\{.*\}$/.test(decoded))
    throw refuse(`query still holds the placeholder ${decoded}: put the uuid or name there`)
  // Decoded once more by any server on the way, it must still be one segment.
  if (/[/\\%?#\p{Cc}]/u.test(decoded))
    throw refuse('query holds an encoded character that is not allowed')
  if (/^\.+$/.test(decoded)) throw refuse('query must not hold . or .. as a step')
  const plain = decoded.replace(/[[\]{} ]/g, '')
  if (plain !== '' && !segmentPattern.test(plain))
    throw refuse('query holds a character that is not allowed')
  return encodeURIComponent(decoded)
}

/**
 * Brings a caller's `query` into a path that cannot leave /rest/v1 whatever it holds: no other
 * scheme or host, no `..`, no backslash, no encoded slash, no control character.
 * @throws {BridgeError} PATH_REFUSED
 */
export function parseApiPath(given: string): ApiPath {
  // SECURITY: every test below runs before anything is sent; undici gets only what is rebuilt here.
  if (/\p{Cc}/u.test(given)) throw refuse('query holds a control character')
  const text = given.trim()
  if (text.includes('\\')) throw refuse('query holds a backslash')
  if (/^[a-z][a-z0-9+.-]*:/i.test(text)) throw refuse('query holds a scheme')
  if (text.startsWith('//')) throw refuse('query names another host')
  if (text.includes('#')) throw refuse('query holds a fragment')
  const cut = text.indexOf('?')
  const rawPath = cut < 0 ? text : text.slice(0, cut)
  const rawQuery = cut < 0 ? '' : text.slice(cut + 1)
  if (rawPath.includes('@')) throw refuse('query holds @')
  let segments = rawPath.replace(/^\//, '').replace(/\/$/, '').split('/')
  if (segments.includes('') && rawPath !== '/' && rawPath !== '')
    throw refuse('query holds an empty step (//)')
  if (segments[0] === 'rest') {
    if (segments[1] !== 'v1') throw refuse(`query leads outside /rest/v1`)
    segments = segments.slice(2)
  }
  if (segments.length === 0 || segments[0] === '') throw refuse('query is empty')
  const path = `/${segments.map(safeSegment).join('/')}`
  // A caller's names may be those of a prototype.
  const query = Object.create(null) as ApiPath['query']
  for (const [name, value] of new URLSearchParams(rawQuery)) {
    if (/\p{Cc}/u.test(name + value)) throw refuse('query holds an encoded control character')
    const before = query[name]
    query[name] = before === undefined ? value : [before, value].flat()
  }
  return { path, query }
}

/**
 * Reads an HTTP method in any case.
 * @throws {BridgeError} INVALID_ARGUMENT naming the allowed ones.
 */
export function parseMethod(given: string): HttpMethod {
  const method = httpMethods.find((name) => name === given.trim().toUpperCase())
  if (method === undefined)
    throw new BridgeError(
      'INVALID_ARGUMENT',
      `method must be one of ${httpMethods.join(', ')}; got ${JSON.stringify(given.slice(0, 20))}`
    )
  return method
}
