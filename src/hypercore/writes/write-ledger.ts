import type { CallAuthority } from '../../identity/authority.ts'
import type { HttpMethod } from '../../lib/http/http-method.ts'
import type { Admission } from '../requests/request-guard.ts'
import type { WriteResult } from '../records/records.ts'
import type { StreamFacts } from '../requests/stream-body.ts'

/** A write that is about to be sent. */
export interface PlannedWrite {
  method: HttpMethod
  /** Below `/rest/v1`, encoded. */
  path: string
  body?: unknown
  /** What is sent as bytes in place of a body. */
  stream?: (StreamFacts & { hash?: string | undefined }) | undefined
  query?: Readonly<Record<string, unknown>>
  /** By which it is known; default: a new one. */
  id?: string
  /** On whose behalf it is sent. */
  authority?: CallAuthority
  /** What the guard found it to be. */
  admission?: Admission | undefined
  /** The name of something of the cluster, where the call has read it. */
  nameOf?: (uuid: string) => string | undefined
}

/** How a write ended that no task shows. */
export type UnacceptedOutcome =
  /** Not a byte of it left, or the cluster said that it does not carry it out. */
  | 'REFUSED'
  /** It ended before its end, so that it was not carried out. */
  | 'ERROR'
  /** It may have been carried out. */
  | 'UNKNOWN'

/** One write, from before it is sent until the cluster has taken it. */
export interface LedgerWrite {
  /** The cluster carries it out, or has done so where the result names no task. */
  accepted(result: WriteResult): Promise<void>
  /** @param reason in the words the caller gets */
  ended(outcome: UnacceptedOutcome, reason: string): Promise<void>
}

/** Where the client enters every write before it leaves. */
export interface WriteLedger {
  /**
   * Durable when it resolves.
   * @throws {BridgeError} LEDGER_UNAVAILABLE: then the write must not be sent
   */
  begin(write: PlannedWrite): Promise<LedgerWrite>
}
