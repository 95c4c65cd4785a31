import type { HttpMethod } from '../lib/http-method.ts'
import { BridgeError } from '../lib/errors.ts'

type Query = Record<string, string | number | boolean | readonly string[] | undefined>

/** A POST that only reads (FACTS 6.2 and 21, O). */
const readingPost = /^\/VirDomainBlockDevice\/[^/]+\/snapDiff\/?$/

/** Whether a call changes nothing and may be repeated. */
export function isRead(method: HttpMethod, path: string): boolean {
  if (method === 'GET' || method === 'OPTIONS') return true
  return method === 'POST' && readingPost.test(path)
}

function isDotSegment(segment: string): boolean {
  return /^(?:\.|%2e){1,2}$/i.test(segment)
}

/**
 * The request target below `/rest/v1`. Throws PATH_REFUSED for a path that could lead elsewhere or
 * break the request line; who builds paths from arguments must have checked those already.
 */
export function toTarget(path: string, query: Query = {}): string {
  const clean = /^\/[\x21-\x7e]*$/.test(path) && !/[\\#?]|^\/\/|%2f|%5c/i.test(path)
  if (!clean || path.split('/').some(isDotSegment))
    throw new BridgeError(
      'PATH_REFUSED',
      'The path must be one below /rest/v1, percent-encoded, without . and .. segments.'
    )
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue
    if (typeof value === 'object') for (const item of value) parameters.append(name, item)
    else parameters.append(name, String(value))
  }
  return parameters.size === 0 ? path : `${path}?${parameters.toString()}`
}
