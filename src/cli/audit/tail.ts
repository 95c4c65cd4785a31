import { setTimeout as sleep } from 'node:timers/promises'
import type { AuditEntry } from '../../audit/entry.ts'
import { entryLine } from '../../views/audit-entry.ts'
import type { Io } from '../io/io.ts'
import type { SettingsOptions } from '../settings.ts'
import { type LocatedRecord, withRecord } from './location.ts'

export interface AuditTailOptions extends SettingsOptions {
  number?: number
  follow?: true
}

const defaultCount = 20

/** Between two looks at the record. */
const followMs = 500

/** The last entries, the oldest first: `count` of them, or those behind an entry. */
async function lastEntries(
  record: LocatedRecord,
  count: number,
  after: number
): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = []
  for await (const entry of record.backwards()) {
    if (entries.length >= count || entry.seq <= after) break
    entries.unshift(entry)
  }
  return entries
}

/** Prints the last entries of the record, and those that follow if it is asked to. */
export const auditTail = (io: Io, options: AuditTailOptions): Promise<number> =>
  withRecord(io, options, (record) => tail(io, options, record))

async function tail(io: Io, options: AuditTailOptions, record: LocatedRecord): Promise<number> {
  const print = (entries: readonly AuditEntry[]): number | undefined => {
    for (const entry of entries) io.stdout.line(entryLine(entry))
    return entries.at(-1)?.seq
  }
  const count = options.number ?? defaultCount
  let last = print(await lastEntries(record, count, 0)) ?? 0
  if (options.follow !== true) return 0
  const interrupt = io.catchInterrupt()
  const { signal } = interrupt
  try {
    while (!signal.aborted) {
      await sleep(followMs, undefined, { signal }).catch(() => undefined)
      last = print(await lastEntries(record, Infinity, last)) ?? last
    }
    return 0
  } finally {
    interrupt.release()
  }
}
