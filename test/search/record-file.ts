import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs'
import type { AuditEntry } from '../../src/audit/entry.ts'

/** The record as a reader beside the bridge sees it: what is in the file, at once and without waiting. */
export class RecordFile {
  readonly #path: string
  #read = 0
  readonly entries: AuditEntry[] = []

  constructor(path: string) {
    this.#path = path
  }

  /** Takes in the whole lines that were added. */
  refresh(): AuditEntry[] {
    if (!existsSync(this.#path)) return this.entries
    const file = openSync(this.#path, 'r')
    try {
      const bytes = Buffer.alloc(Math.max(0, fstatSync(file).size - this.#read))
      const count = readSync(file, bytes, 0, bytes.length, this.#read)
      const end = bytes.subarray(0, count).lastIndexOf(0x0a) + 1
      for (const line of bytes.toString('utf8', 0, end).split('\n'))
        if (line !== '') this.entries.push(JSON.parse(line) as AuditEntry)
      this.#read += end
    } finally {
      closeSync(file)
    }
    return this.entries
  }
}
