import { AsyncLocalStorage } from 'node:async_hooks'
import type { WriteResult } from '../hypercore/records.ts'
import type { Condition } from '../store/store.ts'

/** The tool call that whatever runs below it belongs to. */
export interface CallScope {
  /** Id of the call in the ledger. */
  callId: string
  tool: string
  /** The arguments as they may be shown: without secrets. */
  args: Readonly<Record<string, unknown>>
  /** Uuids the call acts on, beside those its requests name. */
  targets: readonly string[]
  /** What has to hold for each write of it: that the call, and the turns of its VMs, are still its own. */
  conditions: Condition[]
  /** Whether a write of the call may have left: from then on it goes on without its caller. */
  hasSent: boolean
  /** How far a call of several writes is. */
  progress?: { percent: number; message: string }
  /** What the cluster said to its last write. */
  accepted?: WriteResult
}

const scope = new AsyncLocalStorage<CallScope>()

/** Runs the work of a call; every write below it is entered as the call's. */
export const runInCall = <T>(call: CallScope, work: () => Promise<T>): Promise<T> =>
  scope.run(call, work)

/** The call that runs here; undefined outside of one. */
export const currentCall = (): CallScope | undefined => scope.getStore()
