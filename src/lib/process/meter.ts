/** A call of a tool that has ended. */
export interface CallSample {
  tool: string
  /** `ok`, the code of the error, or `gone` where no client was left to respond to. */
  outcome: string
  /** How it came: `rest`, `mcp` or `stdio`. */
  surface: string
  seconds: number
}

/** A call of a tool that begins. */
export interface CallStart {
  tool: string
  surface: string
  /** Id of the request, as the log has it. */
  request: string
  /** Of the trace that it belongs to, as W3C's `traceparent`; it is the caller's, and may be anything. */
  traceparent: string | undefined
}

/** What a request to a node is for. */
export type NodeRequestKind = 'login' | 'probe' | 'read' | 'write'

/** A request to a node that has ended. */
export interface NodeSample {
  node: string
  kind: NodeRequestKind
  method: string
  /** Below `/rest/v1`, query included: with identifiers, and nothing to be shown. */
  target: string
  /** Status of the response, or the code of the error where there is none. */
  result: string
  /** Its wait for a free connection included. */
  seconds: number
}

/** Notified of what ends, as it ends. Never throws. */
export interface Meter {
  called(sample: CallSample): void
  requested(sample: NodeSample): void
  /** Runs a call so that what is reported meanwhile is attributed to it. */
  within?<T>(call: CallStart, run: () => Promise<T>): Promise<T>
}
