/** A call of a tool that has ended. */
export interface CallSample {
  tool: string
  /** `ok`, the code of the error, or `gone` where nobody was left to respond to. */
  outcome: string
  /** How it came: `rest`, `mcp` or `stdio`. */
  surface: string
  seconds: number
}

/** What a request to a node is for. */
export type NodeRequestKind = 'login' | 'probe' | 'read' | 'write'

/** A request to a node that has ended. */
export interface NodeSample {
  node: string
  kind: NodeRequestKind
  /** Status of the response, or the code of the error where there is none. */
  result: string
  /** Its wait for a free connection included. */
  seconds: number
}

/** Told of what ends, as it ends. Never throws. */
export interface Meter {
  called(sample: CallSample): void
  requested(sample: NodeSample): void
}
