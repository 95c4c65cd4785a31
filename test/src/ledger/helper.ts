import { join } from 'node:path'
import type { Test } from 'tap'
import { Calls } from '../../../src/ledger/calls.ts'
import { Ledger } from '../../../src/ledger/ledger.ts'
import { FileStore } from '../../../src/store/file-store.ts'

/** A ledger in a folder of the test, whose clock the test sets. */
export function openLedger(t: Test, folder = join(t.testdir(), 'store')) {
  const clock = { now: 1_700_000_000_000 }
  const now = (): number => clock.now
  const store = new FileStore(folder)
  const ledger = new Ledger({ store, cluster: 'cluster', now })
  t.teardown(() => store.close())
  return { ledger, calls: new Calls(ledger, now), clock, store, folder }
}
