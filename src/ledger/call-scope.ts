import { AsyncLocalStorage } from 'node:async_hooks'
import type { WriteResult } from '../hypercore/records/records.ts'
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
  /** Whether a write of the call may have left: from then on it continues without its caller. */
  hasSent: boolean
  /** How far a call of several writes is. */
  progress?: { percent: number; message: string }
  /** What the cluster said to its last write. */
  accepted?: WriteResult
}

const scope = new AsyncLocalStorage<CallScope>()
let running = 0

/** Runs the work of a call; every write below it is entered as the call's. */
export async function runInCall<T>(call: CallScope, work: () => Promise<T>): Promise<T> {
  running += 1
  try {
    return await scope.run(call, work)
  } finally {
    running -= 1
    // Up to Node 22 each promise of the process costs more from the first run on, until this.
    if (running === 0) scope.disable()
  }
}

/** The call that runs here; undefined outside of one. */
export const currentCall = (): CallScope | undefined => scope.getStore()
