import { BridgeError } from '../../lib/errors/errors.ts'
import { type ClusterRequest, isRead } from '../cluster-api.ts'
import { StreamBody } from './stream-body.ts'

function isDotSegment(segment: string): boolean {
  return /^(?:\.|%2e){1,2}$/i.test(segment)
}

/**
 * The request target below `/rest/v1`. Throws PATH_REFUSED for a path that could lead elsewhere or
 * break the request line; who builds paths from arguments must have checked those already.
 */
export function toTarget(path: string, query: ClusterRequest['query'] = {}): string {
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

/** A request as it goes to a node. */
export interface WireRequest {
  request: ClusterRequest
  target: string
  /** JSON text. */
  body: string | undefined
  /** What is sent in its place, and can be sent once. */
  stream: StreamBody | undefined
  reads: boolean
}

/** Of a request as the bridge has it. */
export function toWireRequest(request: ClusterRequest): WireRequest {
  const { method, path, query, body, stream } = request
  if (stream !== undefined && !(stream instanceof StreamBody))
    throw new Error('A stream was to be sent of which only the facts are there')
  return {
    request,
    stream,
    target: toTarget(path, query),
    body: body === undefined ? undefined : JSON.stringify(body),
    reads: isRead(method, path)
  }
}
