import { JournalState } from './journal-state.ts'
import { type Decide, JournaledStore } from './journaled-store.ts'
import { StoreError } from './store.ts'

/** What memory stores of one process share. */
export class SharedMemory {
  readonly state = new JournalState()
  readonly stores = new Set<MemoryStore>()
}

/** A store that ends with its process: for the demo, and for what is never kept. */
export class MemoryStore extends JournaledStore {
  readonly advice = 'Call again once the bridge has started again.'
  readonly #memory: SharedMemory
  #closed = false

  constructor(memory = new SharedMemory()) {
    super()
    this.#memory = memory
    memory.stores.add(this)
  }

  protected override get state(): JournalState {
    return this.#memory.state
  }

  protected override async change(decide: Decide): Promise<void> {
    await this.refresh()
    const records = decide(this.state)
    for (const record of records) this.state.apply(record)
    for (const store of this.#memory.stores) store.tell(records)
  }

  protected override async refresh(): Promise<void> {
    if (this.#closed) throw new StoreError('The store is closed')
  }

  override async close(): Promise<void> {
    this.#closed = true
    this.#memory.stores.delete(this)
  }
}
