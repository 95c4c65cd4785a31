import type { JsonObject } from '../lib/json/json.ts'
import type { ProcessIdentity } from '../lib/process/process-identity.ts'

/**
 * Writes, and the sequences that they are steps of, are kept for a week, so that the outcome of one
 * can be looked up after the weekend.
 */
export const keptMs = 7 * 24 * 60 * 60 * 1000

/** How far a write is. */
export type WriteState =
  /** Entered; it may be on its way. */
  | 'SENDING'
  /** The cluster carries it out as a task. */
  | 'RUNNING'
  | 'COMPLETE'
  | 'ERROR'
  /** It changed nothing. */
  | 'REFUSED'
  /** It may have been carried out. */
  | 'UNKNOWN'

/** A write as the ledger keeps it. */
export interface WriteRecord extends JsonObject {
  id: string
  /** Whose cluster it went to. */
  cluster: string
  /** The tool call it belongs to; `""` for none. */
  callId: string
  tool: string
  method: string
  path: string
  /** SHA-256 of the body as it was sent, hex. */
  bodyHash: string
  /** Uuids of what it acts on. */
  targets: string[]
  state: WriteState
  taskTag: string
  createdUUID: string
  /** How its tool speaks of the task; undefined for raw calls. */
  words?: unknown
  /** What the task, or the refusal, said. */
  message: string
  /** Unix milliseconds. */
  sentAt: number
  /** Unix milliseconds; 0 while it runs. */
  endedAt: number
  owner: ProcessIdentity
}

/** A call of a writing tool, by which a repetition is recognised. */
export interface CallRecord extends JsonObject {
  callId: string
  cluster: string
  tool: string
  targets: string[]
  state: 'RUNNING' | 'DONE'
  /** What it returned; undefined while it runs, and where it failed. */
  response?: unknown
  /** How it failed, where a write of it may have been carried out. */
  error?: { code: string; message: string }
  /** Unix milliseconds. */
  startedAt: number
  /** Unix milliseconds; 0 while it runs. */
  endedAt: number
  owner: ProcessIdentity
  /** Ids of calls that went on while its caller insisted on it: it does not take their place. */
  beside?: string[]
  /** It keeps the place of those that it ran beside, and has sent nothing. */
  sentNothing?: boolean
  /** Its process was presumed ended, and must enter nothing for it until this is false again. */
  isTaken?: boolean
}

/** Whether a write is over, whatever its outcome. */
export const isEnded = ({ state }: WriteRecord): boolean =>
  state !== 'SENDING' && state !== 'RUNNING'
