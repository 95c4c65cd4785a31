import { BridgeError } from '../lib/errors.ts'
import type { HttpMethod } from '../lib/http-method.ts'
import type { Entities, EntityPath } from './entities.ts'
import type { Cluster } from './records.ts'
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
  /** How long the response to a write may take, for those that are slow by nature. */
  timeoutMs?: number
}

/** A 2xx response. */
export interface ClusterResponse {
  status: number
  /** Parsed JSON, or text, or undefined when there was no body. */
  body: unknown
  /** Host (and port, unless 443) of the node that responded. */
  node: string
  /** What became of a write, as far as its response tells; undefined for a read. */
  written?: WriteReply
}

interface ReadOptions {
  signal?: AbortSignal
}

interface ListOptions extends ReadOptions {
  query?: ClusterRequest['query']
}

/** Lists, records and writes by their types, on top of one way to send a request. */
export abstract class ClusterApi {
  /** Any call. Only 2xx is a response; everything else is thrown as `BridgeError`. */
  abstract request(request: ClusterRequest): Promise<ClusterResponse>

  /** A GET that must return an array, as all lists do (FACTS 3.1, S). */
  list<P extends EntityPath>(path: P, options: ListOptions = {}): Promise<Entities[P][]> {
    return this.#array(path, options)
  }

  /**
   * GET /X/{uuid}: the record as it is now, or undefined for the cluster's `[]` (FACTS 3.1, S) and
   * for a 404, which official clients take for the same.
   */
  async record<P extends EntityPath>(
    path: P,
    uuid: string,
    options: ReadOptions = {}
  ): Promise<Entities[P] | undefined> {
    try {
      const [record] = await this.#array<Entities[P]>(`${path}/${uuid}`, options)
      return record
    } catch (error) {
      if (
        error instanceof BridgeError &&
        error.code === 'CLUSTER_REFUSED' &&
        error.statusCode === 404
      )
        return undefined
      throw error
    }
  }

  /** The one Cluster record. */
  async cluster(options: ReadOptions = {}): Promise<Cluster> {
    const [cluster] = await this.list('/Cluster', options)
    if (cluster !== undefined) return cluster
    throw new BridgeError(
      'CLUSTER_BAD_ANSWER',
      'The cluster returned no Cluster record; check that SCALE_HOST names a HyperCore node.'
    )
  }

  /** A write that returns a WriteResult (FACTS 3.2, S), or leaves its outcome in `doubt`. */
  async write(
    method: 'POST' | 'PATCH' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
    options: { signal?: AbortSignal; timeoutMs?: number } = {}
  ): Promise<WriteReply> {
    const { written } = await this.request({ method, path, body, ...options })
    return written ?? { taskTag: '', createdUUID: '' }
  }

  async #array<T>(path: string, options: ListOptions): Promise<T[]> {
    const { body, node } = await this.request({ method: 'GET', path, ...options })
    if (Array.isArray(body)) return body as T[]
    throw new BridgeError(
      'CLUSTER_BAD_ANSWER',
      `The cluster node ${node} answered GET ${path} with something that is not a list; check that ` +
        'SCALE_HOST names a HyperCore node.',
      { details: { node, status: 200 } }
    )
  }
}
