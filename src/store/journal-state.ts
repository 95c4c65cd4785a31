import { formatLine, type JournalRecord } from './journal-line.ts'
import type { LogEntry, Versioned } from './store.ts'

interface Log {
  entries: LogEntry[]
  /** Number of the last entry that was ever added. */
  last: number
}

/** What a journal amounts to, kept in memory. */
export class JournalState {
  readonly #logs = new Map<string, Log>()
  readonly #tables = new Map<string, Map<string, Versioned>>()
  /** Lines it would take to write it again. */
  #liveLines = 0

  get liveLines(): number {
    return this.#liveLines
  }

  entries(log: string, after: number): LogEntry[] {
    const { entries = [] } = this.#logs.get(log) ?? {}
    return entries.filter(({ number }) => number > after)
  }

  lastNumber(log: string): number {
    return this.#logs.get(log)?.last ?? 0
  }

  get(table: string, key: string): Versioned | undefined {
    return this.#tables.get(table)?.get(key)
  }

  all(table: string): Map<string, Versioned> {
    return new Map(this.#tables.get(table))
  }

  apply(record: JournalRecord): void {
    switch (record.op) {
      case 'append': {
        const log = this.#log(record.name)
        log.entries.push({ number: record.number, entry: record.value })
        log.last = record.number
        this.#liveLines += 1
        break
      }
      case 'trim': {
        const log = this.#log(record.name)
        const kept = log.entries.filter(({ number }) => number > record.number)
        this.#liveLines -= log.entries.length - kept.length
        log.entries = kept
        log.last = Math.max(log.last, record.number)
        break
      }
      case 'set': {
        const table = this.#table(record.name)
        if (!table.has(record.key)) this.#liveLines += 1
        table.set(record.key, { version: record.version, value: record.value })
        break
      }
      case 'remove':
        if (this.#table(record.name).delete(record.key)) this.#liveLines -= 1
        break
    }
  }

  /** The shortest journal that amounts to the same. */
  toText(): string {
    const lines: string[] = []
    for (const [name, { entries, last }] of this.#logs) {
      // Numbers are never used again, even where all entries have been deleted.
      const first = entries[0]?.number ?? last + 1
      if (first > 1) lines.push(formatLine({ op: 'trim', name, number: first - 1 }))
      for (const { number, entry } of entries)
        lines.push(formatLine({ op: 'append', name, number, value: entry }))
    }
    for (const [name, table] of this.#tables)
      for (const [key, { version, value }] of table)
        lines.push(formatLine({ op: 'set', name, key, version, value }))
    return lines.join('')
  }

  #log(name: string): Log {
    const known = this.#logs.get(name)
    if (known !== undefined) return known
    const log: Log = { entries: [], last: 0 }
    this.#logs.set(name, log)
    return log
  }

  #table(name: string): Map<string, Versioned> {
    const known = this.#tables.get(name)
    if (known !== undefined) return known
    const table = new Map<string, Versioned>()
    this.#tables.set(name, table)
    return table
  }
}
