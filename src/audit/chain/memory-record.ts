import { type AuditEntry, type Draft, type Head, noHead } from '../entry.ts'
import { nextLine } from './line.ts'
import type { RecordStore } from './record-writer.ts'

/** Entries that are kept. */
const maxEntries = 5_000

/** A record that ends with the bridge, for those without a file, such as the demo. */
export class MemoryRecord implements RecordStore {
  readonly advice = ''
  readonly unsigned = 0
  readonly #now: () => Date
  #head: Head = noHead
  #entries: AuditEntry[] = []

  constructor(now: () => Date) {
    this.#now = now
  }

  async append(drafts: readonly Draft[]): Promise<AuditEntry[]> {
    const time = this.#now().toISOString()
    const added = drafts.map((draft) => {
      const { entry, head } = nextLine(this.#head, draft, time)
      this.#head = head
      return entry
    })
    this.#entries.push(...added)
    if (this.#entries.length > 2 * maxEntries) this.#entries = this.#entries.slice(-maxEntries)
    return added
  }

  async *backwards(): AsyncGenerator<AuditEntry> {
    yield* this.#entries.toReversed()
  }

  async close(): Promise<void> {}
}
