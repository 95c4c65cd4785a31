import type { Calls } from '../../ledger/calls.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { Sequences } from '../../ledger/sequences.ts'
import type { Approvals } from '../../policy/approvals.ts'
import type { VmQueue } from './vm-queue.ts'

/** What a write of a tool passes through, shared by all calls. */
export interface WriteServices {
  ledger: Ledger
  calls: Calls
  /** What calls of several writes have done. */
  sequences: Sequences
  queue: VmQueue
  /** The calls that wait for a person. */
  plans: Approvals
}
