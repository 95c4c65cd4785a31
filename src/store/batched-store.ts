import { JournalState } from './journal-state.ts'
import type { JournalRecord } from './journal-line.ts'
import { type Decide, JournaledStore } from './journaled-store.ts'
import { StoreError } from './store.ts'

/** A change that waits for its turn: decides by what is there, then waits until it is durable. */
interface Pending {
  decide: Decide
  resolve: () => void
  reject: (error: StoreError) => void
}

/**
 * A store that several processes share: what it holds is kept in memory and brought up to date before
 * each use. All changes that wait share one turn.
 */
export abstract class BatchedStore extends JournaledStore {
  #state = new JournalState()
  #pending: Pending[] = []
  #turn: Promise<void> | undefined
  /** The changes that are carried out now; resolves to what went wrong. */
  #batch: Promise<StoreError | undefined> | undefined
  #reading: Promise<void> | undefined
  #closed = false

  protected override get state(): JournalState {
    return this.#state
  }

  /**
   * While no other process changes anything: reads what others wrote, decides, and writes. All of it holds, or
   * nothing.
   */
  protected abstract commit(decisions: readonly Decide[]): Promise<void>

  /** Reads what others wrote. */
  protected abstract catchUp(): Promise<void>

  /** What callers see of what went wrong. */
  protected abstract failure(error: unknown): StoreError

  /** Closes what is open. */
  protected abstract release(): Promise<void>

  override async close(): Promise<void> {
    this.#closed = true
    await this.#turn
    await this.#reading?.catch(() => undefined)
    await this.release()
  }

  protected override change(decide: Decide): Promise<void> {
    if (this.#closed) return Promise.reject(new StoreError('The store is closed'))
    return new Promise((resolve, reject) => {
      this.#pending.push({ decide, resolve, reject })
      this.#turn ??= this.#takeTurns()
    })
  }

  /** Without a lock, so what it reads is at most a moment old. */
  protected override async refresh(): Promise<void> {
    if (this.#closed) throw new StoreError('The store is closed')
    // A turn reads what is there, and is not disturbed. After one that failed, nothing of that is known.
    while (this.#turn !== undefined) {
      // It is about to begin, and waits for the reading, too.
      if (this.#batch === undefined) await this.#reading?.catch(() => undefined)
      else if ((await this.#batch) === undefined) return
    }
    this.#reading ??= this.catchUp().finally(() => (this.#reading = undefined))
    try {
      await this.#reading
    } catch (error) {
      throw this.failure(error)
    }
  }

  /** Each decides by what those before it have written, none of which holds unless all is written. */
  protected decideAll(decisions: readonly Decide[]): JournalRecord[] {
    const records: JournalRecord[] = []
    for (const decide of decisions) {
      const decided = decide(this.#state)
      for (const record of decided) this.#state.apply(record)
      records.push(...decided)
    }
    return records
  }

  /** What is in memory is not what is kept: all of it is read again. */
  protected forgetState(): void {
    this.#state = new JournalState()
  }

  async #takeTurns(): Promise<void> {
    await this.#reading?.catch(() => undefined)
    while (this.#pending.length > 0) {
      const batch = this.#pending
      this.#pending = []
      this.#batch = this.#carryOut(batch)
      await this.#batch
    }
    // At once: the next caller begins a turn.
    this.#turn = this.#batch = undefined
  }

  async #carryOut(batch: readonly Pending[]): Promise<StoreError | undefined> {
    try {
      await this.commit(batch.map(({ decide }) => decide))
      for (const { resolve } of batch) resolve()
      return undefined
    } catch (error) {
      const failure = this.failure(error)
      for (const { reject } of batch) reject(failure)
      return failure
    }
  }
}
