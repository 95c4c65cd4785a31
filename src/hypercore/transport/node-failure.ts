import { BridgeError, type ErrorCode } from '../../lib/errors/errors.ts'

/** Failures of a node, hardest to fix first: the order in which one is picked to be shown. */
const codes = [
  'CLUSTER_TLS',
  'CLUSTER_BAD_ANSWER',
  'CLUSTER_ERROR',
  'CLUSTER_REFUSED',
  // Of the nodes that responded, all refused: with one that failed otherwise the login may be right.
  'CLUSTER_LOGIN_REFUSED',
  'CLUSTER_TIMEOUT',
  'CLUSTER_UNREACHABLE'
] as const

export interface NodeFailureFacts {
  code: (typeof codes)[number]
  node: string
  /** What the node did, to stand after its name: `refused the connection`. */
  reason: string
  /** What to do about it, as a clause: `check that the node is up`; it may name the nodes concerned. */
  advice: string | ((alike: Pick<NodeFailureFacts, 'node' | 'fingerprint'>[]) => string)
  /** SHA-256 of the certificate that the node showed, where it is about that. */
  fingerprint?: string
  /**
   * False only when it is certain that the cluster did not carry the request out: not a byte was
   * sent, or the response says so.
   */
  mayHaveActed: boolean
  /** Where the same request may succeed: on other nodes, also on a new connection, or nowhere. */
  repeat: 'elsewhere' | 'anywhere' | 'nowhere'
  /** It says nothing about the node's health: it was only busy, or asked nothing at all. */
  blameless?: boolean
  status?: number
  /** What it returned, shortened. */
  answer?: string
  cause?: unknown
}

/**
 * A copy of an error that is fit for the log: undici's errors carry sockets and raw responses, and
 * those carry cookies.
 */
function withoutBaggage(cause: unknown): Error | undefined {
  if (!(cause instanceof Error)) return undefined
  const copy = new Error(cause.message)
  copy.name = cause.name
  if (cause.stack !== undefined) copy.stack = cause.stack
  const { code } = cause as { code?: unknown }
  return typeof code === 'string' ? Object.assign(copy, { code }) : copy
}

/** A reason without its particulars, for a list. */
function firstClause(reason: string): string {
  return reason.split(/[:,]| \("/, 1)[0] ?? reason
}

/**
 * One node gave no usable response. Stays inside the client, which decides whether to try again, and
 * becomes a `BridgeError` at its edge.
 */
export class NodeFailure extends Error {
  override readonly name = 'NodeFailure'
  readonly facts: Readonly<NodeFailureFacts>

  constructor(facts: NodeFailureFacts) {
    super(`${facts.node} ${facts.reason}`)
    this.facts = facts
  }

  /** What to do about it, as a clause. */
  get advice(): string {
    return this.#advice([])
  }

  /** The same failure met on the way to a request that was not sent yet (a login). */
  beforeRequest(): NodeFailure {
    const repeat = this.facts.repeat === 'nowhere' ? 'elsewhere' : this.facts.repeat
    return new NodeFailure({ ...this.facts, repeat, mayHaveActed: false })
  }

  /** The error for the caller when this ended a read, or a write that was not sent. */
  toError(others: readonly NodeFailure[] = []): BridgeError {
    const { code, node, reason } = this.facts
    const also = others.map(({ facts }) => `${facts.node} ${firstClause(facts.reason)}`).join(', ')
    return new BridgeError(
      code,
      `The cluster node ${node} ${reason}${also === '' ? '' : ` (tried too: ${also})`}; ` +
        `${this.#advice(others)}.`,
      {
        details: this.#details(others),
        cause: withoutBaggage(this.facts.cause),
        // A 4xx of the cluster stays what it was.
        ...(code === 'CLUSTER_REFUSED' && { statusCode: this.facts.status ?? 400 })
      }
    )
  }

  /** The error for the caller when a write may have been carried out. */
  toOutcomeUnknown(method: string, path: string): BridgeError {
    const { node, reason } = this.facts
    return new BridgeError(
      'OUTCOME_UNKNOWN',
      `The cluster node ${node} ${reason} after ${method} ${path} was sent, so it may or may not ` +
        'have been carried out; read the object it changes before repeating it.',
      { details: this.#details([]), cause: withoutBaggage(this.facts.cause) }
    )
  }

  /**
   * The error for the next callers, who do not wait for the same failure.
   * @param restMs until it is worth retrying
   */
  toFastError(restMs: number): BridgeError {
    const { code, node, reason } = this.facts
    const retryAfterSeconds = Math.max(1, Math.ceil(restMs / 1000))
    return new BridgeError(
      code,
      `The cluster node ${node} ${reason} when it was last asked, and has not responded since; ` +
        `${this.#advice([])}. Nothing was sent: try again in ${retryAfterSeconds} s.`,
      { details: { ...this.#details([]), retryAfterSeconds } }
    )
  }

  #advice(others: readonly NodeFailure[]): string {
    const { code, advice } = this.facts
    if (typeof advice === 'string') return advice
    const alike = [this, ...others].filter(({ facts }) => facts.code === code)
    return advice(alike.map(({ facts }) => facts))
  }

  #details(others: readonly NodeFailure[]): Record<string, unknown> {
    const { node, status, answer: response } = this.facts
    return {
      node,
      ...(status === undefined ? {} : { status }),
      ...(response === undefined ? {} : { answer: response }),
      ...(others.length === 0
        ? {}
        : { alsoTried: others.map(({ facts }) => ({ node: facts.node, reason: facts.reason })) })
    }
  }
}

/** The most telling first. */
export function byWeight<T>(failures: readonly T[], codeOf: (failure: T) => ErrorCode): T[] {
  const weight = (failure: T): number =>
    codes.findIndex((code) => (code as ErrorCode) === codeOf(failure))
  return failures.toSorted((a, b) => weight(a) - weight(b))
}

/** The most telling of several failures. */
export const worstOf = (failures: readonly NodeFailure[]): NodeFailure | undefined =>
  byWeight(failures, ({ facts }) => facts.code)[0]

/** One error for a request that failed on several nodes; the most telling failure leads. */
export function failedEverywhere(failures: readonly NodeFailure[]): BridgeError {
  const sorted = byWeight(failures, ({ facts }) => facts.code)
  const [first, ...rest] = sorted
  if (first === undefined) throw new RangeError('No node was tried')
  const isFirstOfNode = ({ facts }: NodeFailure, at: number): boolean =>
    sorted.findIndex((failure) => failure.facts.node === facts.node) === at + 1
  const others = rest.filter(isFirstOfNode)
  return first.toError(others)
}
