import type { IncomingMessage } from 'node:http'

/** What a request asks for: the path as sent, still encoded, and the query without its `?`. */
export interface RequestTarget {
  path: string
  search: string
}

/**
 * Path and query of a request, from either form of its target: `/rest/v1/ping`, or the absolute
 * `https://node/rest/v1/ping` that a client sends which takes every server for a proxy. A server
 * must accept both (RFC 9112, 3.2.2), and the vendor's first example sends the latter alone
 * (FACTS 24, high).
 */
export function requestTarget({ url = '/' }: Pick<IncomingMessage, 'url'>): RequestTarget {
  const inside = url.replace(/^https?:\/\/[^/?#]*/i, '')
  const [path = '', search = ''] = inside.split(/\?(.*)/s)
  return { path: path === '' ? '/' : path, search }
}
