import type { Calls } from '../../ledger/calls.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { VmQueue } from './vm-queue.ts'

/** What a write of a tool passes through, shared by all calls. */
export interface WriteServices {
  ledger: Ledger
  calls: Calls
  queue: VmQueue
}
