import type { Ledger } from '../ledger/ledger.ts'
import { isEnded, type WriteRecord } from '../ledger/records.ts'
import type { Audit } from './audit.ts'
import type { AuditEntry } from './entry.ts'

/** Younger ones may be on their way in another process. */
const defaultYoungMs = 30_000

/** The ledger keeps writes for a week; older ones are not looked for. */
const oldMs = 6 * 24 * 60 * 60 * 1000

/** Entries that are looked through. */
const maxLooked = 20_000

const finalStates = new Set<unknown>(['COMPLETE', 'ERROR', 'REFUSED', 'UNKNOWN'])

export interface LeftWritesOptions {
  /** Entries, the newest first. */
  backwards: () => AsyncIterable<AuditEntry>
  ledger: Ledger
  audit: Audit
  /** Whether the ledger survives a restart. */
  isLedgerKept: boolean
  now: () => Date
  /** Younger ones may be on their way in another process. */
  youngMs?: number
  /** A clock that is never set, in ms. */
  monotonicMs?: () => number
}

/** How a write ended, for the record. */
type End = Record<string, string>

/** What the ledger knows of a write of which the record has no end; undefined while it may have one. */
function endOf(write: WriteRecord | undefined, isLedgerKept: boolean): End | undefined {
  if (write === undefined)
    return isLedgerKept
      ? { state: 'REFUSED', message: 'The bridge ended before it was sent' }
      : { state: 'UNKNOWN', message: 'The bridge ended before it recorded the outcome' }
  if (!isEnded(write)) return undefined
  const { state, taskTag, createdUUID, message } = write
  return { state, taskTag, createdUUID, message }
}

/**
 * Finds writes whose end was not recorded because of a crash: those that never reached the ledger,
 * and those whose end only the ledger has. The first look goes through the record, each later one
 * through what was entered since.
 */
export class LeftWrites {
  readonly #options: LeftWritesOptions
  readonly #youngMs: number
  readonly #monotonicMs: () => number
  /** Writes without an end in the record, the oldest first, and when they are no longer young. */
  #open = new Map<unknown, number>()
  /** The newest entry that was looked at. */
  #lookedTo = 0

  constructor(options: LeftWritesOptions) {
    this.#options = options
    this.#youngMs = options.youngMs ?? defaultYoungMs
    this.#monotonicMs = options.monotonicMs ?? (() => performance.now())
  }

  /**
   * The ends that the record lacks, by the ids of the writes.
   * @param unsent whether those are looked for as well that never reached the ledger, as a bridge leaves that
   * is killed; one that lives may be about to enter them
   */
  async find({ unsent }: { unsent: boolean }): Promise<Map<unknown, End>> {
    await this.#look()
    const found = new Map<unknown, End>()
    const now = this.#monotonicMs()
    const due = [...this.#open].filter(([, dueAt]) => dueAt <= now)
    if (due.length === 0) return found
    const { ledger, isLedgerKept } = this.#options
    const known = new Map((await ledger.writes()).map((write) => [write.id, write]))
    for (const [id] of due) {
      const write = known.get(String(id))
      if (write === undefined && !unsent) continue
      const end = endOf(write, isLedgerKept)
      if (end !== undefined) found.set(id, end)
    }
    return found
  }

  /**
   * Enters those ends that were not entered since they were found.
   * @returns how many it entered
   */
  async enter(found: ReadonlyMap<unknown, End>): Promise<number> {
    await this.#look()
    let count = 0
    for (const [id, end] of found) {
      if (!this.#open.delete(id)) continue
      count += 1
      const told = Object.entries(end).filter(([, value]) => value !== '')
      this.#options.audit.note('outcome', { write: id, ...Object.fromEntries(told) })
    }
    return count
  }

  async #look(): Promise<void> {
    const { backwards, ledger, now } = this.#options
    const lookedTo = this.#lookedTo
    const ended = new Set<unknown>()
    const fresh: [unknown, number][] = []
    let newest: number | undefined
    let looked = 0
    for await (const { seq, kind, time, ...fields } of backwards()) {
      newest ??= seq
      // One with lower numbers is another record.
      if (seq <= lookedTo && newest >= lookedTo) break
      const age = now().getTime() - Date.parse(time)
      if (++looked > maxLooked || age > oldMs) break
      if (kind === 'outcome' && finalStates.has(fields['state'])) ended.add(fields['write'])
      const isOurs = kind === 'write' && fields['cluster'] === ledger.cluster
      if (isOurs && !ended.has(fields['id'])) fresh.push([fields['id'], this.#dueAt(age)])
    }
    const open = [...this.#open].filter(([id]) => !ended.has(id))
    this.#open = new Map([...open, ...fresh.toReversed()])
    this.#lookedTo = newest ?? lookedTo
  }

  /** Clocks differ, and are set: what was entered since the last look is young, whatever its time. */
  #dueAt(age: number): number {
    const isFirst = this.#lookedTo === 0
    const leftMs = isFirst
      ? Math.min(Math.max(this.#youngMs - age, 0), this.#youngMs)
      : this.#youngMs
    return this.#monotonicMs() + leftMs
  }
}
