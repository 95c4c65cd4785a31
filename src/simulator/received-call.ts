import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'

/** A request as it comes in: over a connection, or from the process itself. */
export type IncomingCall = Readable & Pick<IncomingMessage, 'method' | 'url' | 'headers'>

/** A call that is about to be carried out: known, allowed and valid. */
export interface ReceivedCall {
  method: string
  /** Below /rest/v1, as sent. */
  path: string
  search: string
  /** Parsed JSON; undefined where the call takes none. */
  body: unknown
  /** What the cluster said to it, once it has; undefined where it refused. */
  result?: unknown
}
