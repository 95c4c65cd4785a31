import { randomInt } from 'node:crypto'
import type { JsonObject } from '../lib/json/json.ts'
import type { JournalRecord } from './journal-line.ts'
import type { JournalState } from './journal-state.ts'
import { leaseOf } from './lease.ts'
import {
  type Condition,
  ConditionError,
  type Lease,
  type LogEntry,
  type PutResult,
  type Store,
  type StoreChange,
  type Versioned
} from './store.ts'

/** Any number: what is put again under a key is of another version than what was there before. */
const firstVersion = (): number => randomInt(1, 2 ** 47)

/** What a change writes, decided by what is there. */
export type Decide = (state: JournalState) => JournalRecord[]

/** A store whose content is a journal's: engines differ in where they keep it. */
export abstract class JournaledStore implements Store {
  readonly #listeners = new Set<(change: StoreChange) => void>()

  abstract readonly advice: string

  protected abstract get state(): JournalState

  /** Waits until a change is decided and kept. */
  protected abstract change(decide: Decide): Promise<void>

  /** Brings the state up to date with what other processes have written. */
  protected abstract refresh(): Promise<void>

  abstract close(): Promise<void>

  async append(log: string, entry: JsonObject): Promise<number> {
    let number = 0
    await this.change((state) => {
      number = state.lastNumber(log) + 1
      return [{ op: 'append', name: log, number, value: entry }]
    })
    return number
  }

  async entries(log: string, after = 0): Promise<LogEntry[]> {
    await this.refresh()
    return this.state.entries(log, after)
  }

  async trim(log: string, upTo: number): Promise<void> {
    await this.change((state) =>
      state.entries(log, 0).some(({ number }) => number <= upTo)
        ? [{ op: 'trim', name: log, number: Math.min(upTo, state.lastNumber(log)) }]
        : []
    )
  }

  async get(table: string, key: string): Promise<Versioned | undefined> {
    await this.refresh()
    return this.state.get(table, key)
  }

  async all(table: string): Promise<Map<string, Versioned>> {
    await this.refresh()
    return this.state.all(table)
  }

  async putIfAbsent(
    table: string,
    key: string,
    value: JsonObject,
    conditions: readonly Condition[] = []
  ): Promise<PutResult> {
    let existing: Versioned | undefined
    let failed: Condition | undefined
    await this.change((state) => {
      failed = conditions.find((each) => !each.holds(state.get(each.table, each.key)))
      existing = state.get(table, key)
      return failed === undefined && existing === undefined
        ? [{ op: 'set', name: table, key, version: firstVersion(), value }]
        : []
    })
    if (failed !== undefined)
      throw new ConditionError(`${failed.key} of ${failed.table} is not as it was`)
    return existing === undefined ? { put: true } : { put: false, existing }
  }

  async swap(
    table: string,
    key: string,
    version: number,
    value: JsonObject | undefined
  ): Promise<boolean> {
    let swapped = false
    await this.change((state) => {
      swapped = state.get(table, key)?.version === version
      if (!swapped) return []
      return value === undefined
        ? [{ op: 'remove', name: table, key }]
        : [{ op: 'set', name: table, key, version: version + 1, value }]
    })
    return swapped
  }

  lease(name: string, ttlMs: number): Promise<Lease | undefined> {
    return leaseOf(this, name, ttlMs)
  }

  watch(listener: (change: StoreChange) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  protected tell(records: readonly JournalRecord[]): void {
    for (const record of records) {
      if (record.op === 'trim') continue
      const change: StoreChange =
        record.op === 'append'
          ? { kind: 'log', name: record.name, key: record.number }
          : { kind: 'table', name: record.name, key: record.key }
      for (const listener of this.#listeners) listener(change)
    }
  }
}
