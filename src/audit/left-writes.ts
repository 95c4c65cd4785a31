import type { Ledger } from '../ledger/ledger.ts'
import { isEnded, type WriteRecord } from '../ledger/records.ts'
import type { Audit } from './audit.ts'
import type { AuditEntry } from './entry.ts'

/** Younger ones may be on their way in another process. */
const youngMs = 30_000

/** The ledger keeps writes for a week; older ones are not looked for. */
const oldMs = 6 * 24 * 60 * 60 * 1000

/** Entries that are looked through. */
const maxLooked = 20_000

const finalStates = new Set<unknown>(['COMPLETE', 'ERROR', 'REFUSED', 'UNKNOWN'])

export interface LeftWritesOptions {
  /** Entries, the newest first. */
  entries: AsyncIterable<AuditEntry>
  ledger: Ledger
  audit: Audit
  /** Whether the ledger survives a restart. */
  isLedgerKept: boolean
  now: Date
}

/** What the ledger knows of a write of which the record has no end; undefined while it may have one. */
function endOf(
  write: WriteRecord | undefined,
  isLedgerKept: boolean
): Record<string, string> | undefined {
  if (write === undefined)
    return isLedgerKept
      ? { state: 'REFUSED', message: 'The bridge ended before it was sent' }
      : { state: 'UNKNOWN', message: 'The bridge ended before it noted what became of it' }
  if (!isEnded(write)) return undefined
  const { state, taskTag, createdUUID, message } = write
  return { state, taskTag, createdUUID, message }
}

/**
 * Enters the end of writes that a crash has kept from being told: those that never reached the ledger,
 * and those whose end only the ledger has.
 * @returns how many it entered
 */
export async function endLeftWrites(options: LeftWritesOptions): Promise<number> {
  const { entries, ledger, audit, isLedgerKept, now } = options
  const ended = new Set<unknown>()
  const left: unknown[] = []
  let looked = 0
  for await (const { kind, time, ...fields } of entries) {
    const age = now.getTime() - Date.parse(time)
    if (++looked > maxLooked || age > oldMs) break
    if (kind === 'outcome' && finalStates.has(fields['state'])) ended.add(fields['write'])
    const isOurs = kind === 'write' && fields['cluster'] === ledger.cluster
    if (isOurs && age > youngMs && !ended.has(fields['id'])) left.push(fields['id'])
  }
  if (left.length === 0) return 0
  const known = new Map((await ledger.writes()).map((write) => [write.id, write]))
  let count = 0
  for (const id of left.toReversed()) {
    const end = endOf(known.get(String(id)), isLedgerKept)
    if (end === undefined) continue
    count += 1
    const told = Object.entries(end).filter(([, value]) => value !== '')
    audit.note('outcome', { write: id, ...Object.fromEntries(told) })
  }
  return count
}
