import type { Decide } from '../../../src/store/journaled-store.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'
import { StoreError } from '../../../src/store/store.ts'

export const storeFailure = (): StoreError => new StoreError('it is away')

/** A store that goes away, also just as it has written something, as a database that is lost does. */
export class UnsteadyStore extends MemoryStore {
  fails: 'never' | 'writing' | 'always' | 'once it has written' = 'never'
  /** Once that has happened. */
  after: 'never' | 'always' = 'never'

  protected override async change(decide: Decide): Promise<void> {
    if (this.fails === 'writing' || this.fails === 'always') throw storeFailure()
    await super.change(decide)
    if (this.fails !== 'once it has written') return
    this.fails = this.after
    throw storeFailure()
  }

  protected override async refresh(): Promise<void> {
    if (this.fails === 'always') throw storeFailure()
    await super.refresh()
  }
}
