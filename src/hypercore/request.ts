import type { HttpMethod } from '../lib/http-method.ts'
import type { WriteReply } from './write-result.ts'

/** One call of the HyperCore API. */
export interface ClusterRequest {
  method: HttpMethod
  /** Below `/rest/v1`; begins with `/`, already percent-encoded. */
  path: string
  /** An array repeats its key; undefined is left out. */
  query?: Record<string, string | number | boolean | readonly string[] | undefined>
  /** Sent as JSON. */
  body?: unknown
  /** Ends the call at the cluster at once when the caller goes away. */
  signal?: AbortSignal
  /** How long the answer to a write may take, for those that are slow by nature. */
  timeoutMs?: number
}

/** A 2xx answer. */
export interface ClusterResponse {
  status: number
  /** Parsed JSON, or text, or undefined when there was no body. */
  body: unknown
  /** Host (and port, unless 443) of the node that answered. */
  node: string
  /** What became of a write, as far as its answer tells; undefined for a read. */
  written?: WriteReply
}
