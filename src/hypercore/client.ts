import type { HttpMethod } from '../catalog/load.ts'
import type { BridgeError } from '../errors.ts'
import type { TlsSettings } from './connector.ts'
import type { Logger } from './logger.ts'
import type { WriteResult } from './records.ts'
import { Sessions } from './session.ts'
import { Tasks } from './tasks.ts'

export type { TlsSettings } from './connector.ts'
export type { Logger } from './logger.ts'

export interface HyperCoreOptions {
  /** Origins in order of preference: `https://10.20.0.11`, with a port if it is not 443. */
  nodes: readonly string[]
  username: string
  password: string
  /** The node checks the password against its OIDC provider. */
  useOidc: boolean
  tls: TlsSettings
  /** Where sessions are kept between starts; undefined: they are not, and `close` logs out. */
  sessionFile?: string
  /** A session older than this is renewed. */
  sessionMaxAgeMs: number
  /** Longest wait for a connection, for the headers, for the next piece of the body. */
  timeouts?: Partial<{ connectMs: number; headersMs: number; bodyMs: number }>
  logger?: Logger
}

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
  /** Instead of the headers and body timeouts, for calls that are slow by nature. */
  timeoutMs?: number
}

/** A 2xx answer. */
export interface ClusterResponse {
  status: number
  /** Parsed JSON, or text, or undefined when there was no body. */
  body: unknown
  /** Host (and port, unless 443) of the node that answered. */
  node: string
}

/** Whether one node answers. */
export interface NodeProbe {
  node: string
  ok: boolean
  error?: BridgeError
  latencyMs: number
}

/**
 * The client of a HyperCore cluster: every call to it passes here. All failures are thrown as
 * `BridgeError`.
 */
export class HyperCore {
  readonly sessions: Sessions = new Sessions()
  readonly tasks: Tasks = new Tasks()

  constructor(_options: HyperCoreOptions) {}

  /**
   * Any call. Only 2xx is an answer; everything else is thrown.
   *
   * Reads are repeated once on another node or connection when no usable answer came. Writes go to
   * another node only if it is certain that nothing was sent; otherwise `OUTCOME_UNKNOWN`.
   */
  async request(_request: ClusterRequest): Promise<ClusterResponse> {
    throw new Error('being written')
  }

  /** A GET that must answer an array, as all lists do (FACTS 3.1, S). */
  async list<T>(
    _path: string,
    _options: { query?: ClusterRequest['query']; signal?: AbortSignal } = {}
  ): Promise<T[]> {
    throw new Error('being written')
  }

  /** GET /X/{uuid}: the record, or undefined for the cluster's `[]` (FACTS 3.1, S). */
  async record<T>(_path: string, _options: { signal?: AbortSignal } = {}): Promise<T | undefined> {
    throw new Error('being written')
  }

  /** A write that answers a WriteResult (FACTS 3.2, S); keys the cluster left out become `""`. */
  async write(
    _method: 'POST' | 'PATCH' | 'PUT' | 'DELETE',
    _path: string,
    _body?: unknown,
    _options: { signal?: AbortSignal; timeoutMs?: number } = {}
  ): Promise<WriteResult> {
    throw new Error('being written')
  }

  /**
   * Asks every node for a sign of life, in order of preference, without logging in. A node that
   * wants a session first is alive.
   */
  async probe(_signal?: AbortSignal): Promise<NodeProbe[]> {
    throw new Error('being written')
  }

  /**
   * Ends all connections. Sessions stay in their file; they are logged out if `logout` says so or,
   * unless it says no, if there is no file to keep them in.
   */
  async close(_options: { logout?: boolean } = {}): Promise<void> {}
}
