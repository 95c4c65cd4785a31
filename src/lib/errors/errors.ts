/**
 * Every error a caller can meet, by code. The status belongs to the code, so that one kind of
 * failure has one status wherever it happens. 4xx: the caller can fix it. 502, 503, 504: the
 * cluster or another server failed, and the message says which and what to do.
 */
export const errorStatus = {
  UNAUTHORIZED: 401,
  /** The token may not do this; `scope` says which scope it takes. */
  SCOPE_REQUIRED: 403,
  /** READ_ONLY holds: nothing is written, for any caller. */
  READ_ONLY: 403,
  /** A VM, or an address, that this call must not touch. */
  TARGET_REFUSED: 403,
  /** A person has to approve the call first; `plan` names what waits. */
  APPROVAL_REQUIRED: 403,
  PLAN_NOT_FOUND: 404,
  /** The plan was carried out already. */
  PLAN_USED: 409,
  PLAN_DENIED: 403,
  /** What was approved is not what the call would do now. */
  PLAN_STALE: 409,
  /** A requester does not approve its own plan. */
  OWN_PLAN: 403,
  HOST_REFUSED: 403,
  ORIGIN_REFUSED: 403,
  INVALID_JSON: 400,
  INVALID_ARGUMENT: 400,
  PATH_REFUSED: 400,
  NOT_CONFIGURED: 400,
  BODY_TOO_LARGE: 413,
  /** The request did not arrive whole in time. */
  REQUEST_TIMEOUT: 408,
  /** Too many calls with one token, or too many refused tokens from one address; see `retryAfterSeconds`. */
  RATE_LIMITED: 429,
  UNSUPPORTED_MEDIA_TYPE: 415,
  ROUTE_NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  NOT_FOUND: 404,
  AMBIGUOUS_NAME: 409,
  ILLEGAL_STATE: 409,
  CALLER_GONE: 499,
  INTERNAL: 500,
  SHUTTING_DOWN: 503,
  /** The ledger of writes cannot be written, so nothing is sent. */
  LEDGER_UNAVAILABLE: 503,
  /** The record of who did what cannot be written, so nothing is sent. */
  AUDIT_UNAVAILABLE: 503,
  /** Another write to the same VM is still running. */
  VM_BUSY: 409,
  /** An update of the cluster could cut the write off, so it is not sent. */
  UPDATE_IN_PROGRESS: 409,
  /** The cluster returned a 4xx of its own; the status is then the cluster's. */
  CLUSTER_REFUSED: 400,
  /** The cluster returned 5xx with a message of its own. */
  CLUSTER_ERROR: 502,
  /** The response was none of HyperCore's: HTML from the front server, cut JSON, a redirect. */
  CLUSTER_BAD_ANSWER: 502,
  /** No connection to any node. */
  CLUSTER_UNREACHABLE: 503,
  /** The node's certificate is not trusted, or not the pinned one. */
  CLUSTER_TLS: 502,
  /** The cluster refused user name or password. */
  CLUSTER_LOGIN_REFUSED: 502,
  CLUSTER_TIMEOUT: 504,
  /** All places for requests to the cluster are taken; nothing was sent, retry after `retryAfterSeconds`. */
  CLUSTER_BUSY: 503,
  /** A write may have reached the cluster, and no response came back. Never retried. */
  OUTCOME_UNKNOWN: 502,
  /** The identity provider cannot be asked for its keys, so an access token cannot be checked. */
  OIDC_UNAVAILABLE: 503,
  DIRECTORY_ERROR: 502,
  DIRECTORY_UNREACHABLE: 503,
  DIRECTORY_TIMEOUT: 504,
  LLM_NOT_CONFIGURED: 400,
  /** No connection to the model server. */
  LLM_UNREACHABLE: 503,
  LLM_TIMEOUT: 504,
  /** The model server refused the key. */
  LLM_REFUSED: 502,
  LLM_MODEL_NOT_FOUND: 502,
  /** The model server takes no question now; `retryAfterSeconds` says when to come back. */
  LLM_BUSY: 503,
  /** The model server returned an error of its own. */
  LLM_ERROR: 502,
  /** What the model server returned is not an answer: HTML, broken JSON or events, nothing at all. */
  LLM_BAD_ANSWER: 502
} as const

export type ErrorCode = keyof typeof errorStatus

export interface ErrorExtras {
  /** Further facts for the caller, put beside `code` and `message` in the response. */
  details?: Record<string, unknown>
  /** Overrides the status of the code; only `CLUSTER_REFUSED` needs it. */
  statusCode?: number
  /** What really happened, for the log. Never shown to the caller. */
  cause?: unknown
}

/**
 * A failure whose message is written for the caller: one sentence that says what happened and what
 * to change. What only the log may know travels as `cause`.
 */
export class BridgeError extends Error {
  override readonly name = 'BridgeError'
  readonly code: ErrorCode
  readonly statusCode: number
  readonly details: Record<string, unknown>

  constructor(code: ErrorCode, message: string, extras: ErrorExtras = {}) {
    super(message, extras.cause === undefined ? undefined : { cause: extras.cause })
    this.code = code
    this.statusCode = extras.statusCode ?? errorStatus[code]
    this.details = extras.details ?? {}
  }

  /** The same failure in other words, and with other details if they are given. */
  reworded(message: string, details: Record<string, unknown> = this.details): BridgeError {
    const { code, statusCode, cause } = this
    return new BridgeError(code, message, { details, statusCode, cause })
  }
}

/**
 * Whatever was thrown, as an error that is fit for the caller: what is not ours is INTERNAL.
 * @param requestId under which the log has the reason
 */
export const toBridgeError = (error: unknown, requestId?: string): BridgeError =>
  error instanceof BridgeError
    ? error
    : new BridgeError(
        'INTERNAL',
        `The bridge itself failed: look in its log${requestId === undefined ? '' : ` for request id ${requestId}`}, which has the reason`,
        { cause: error }
      )
