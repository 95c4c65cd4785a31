import { type AuditEntry, type Draft, type Head, noHead } from '../entry.ts'
import { nextLine } from './line.ts'
import type { RecordStore } from './record-writer.ts'

/** A record that ends with the bridge, for those without a file, such as the demo. */
export class MemoryRecord implements RecordStore {
  readonly unsigned = 0
  readonly #now: () => Date
  #head: Head = noHead

  constructor(now: () => Date) {
    this.#now = now
  }

  async append(drafts: readonly Draft[]): Promise<AuditEntry[]> {
    const time = this.#now().toISOString()
    return drafts.map((draft) => {
      const { entry, head } = nextLine(this.#head, draft, time)
      this.#head = head
      return entry
    })
  }

  async close(): Promise<void> {}
}
