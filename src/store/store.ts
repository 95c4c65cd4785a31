import type { JsonObject } from '../lib/json/json.ts'

/** An entry of a log, with its place in it. */
export interface LogEntry {
  /** 1 for the first that was ever added; numbers are never used again. */
  number: number
  entry: JsonObject
}

/** A value of a table, and which of those that were ever under its key. */
export interface Versioned {
  /**
   * One more with every swap. Drawn at random when it is put: what was removed and put again is not what a
   * process has seen before, however late it swaps.
   */
  version: number
  value: JsonObject
}

/** What has to hold of a value at the moment something is put; judged with nothing in between. */
export interface Condition {
  table: string
  key: string
  holds(present: Versioned | undefined): boolean
}

/** What `putIfAbsent` found. */
export type PutResult = { put: true } | { put: false; existing: Versioned }

/** The right to be the only one who does something, for a while. */
export interface Lease {
  name: string
  /** Grows with every holder: its smaller number shows what an earlier one still sends. */
  fence: number
  /** Holds as long as the lease: for what a holder that has lost it must not put. */
  held: Condition
  /** Keeps it for another term. @returns false where another holder has it by now. */
  renew(): Promise<boolean>
  /** Gives it up; no error where it is lost already. */
  release(): Promise<void>
}

/** Something that was written, by this process or another. */
export interface StoreChange {
  kind: 'log' | 'table'
  /** Name of the log or the table. */
  name: string
  /** Number of the log's entry, or key of the table's value. */
  key: number | string
}

/**
 * Where the bridge keeps what must survive it: logs that only grow, tables whose values change under
 * compare-and-set, and leases. Whatever has resolved is durable; several processes may share a store.
 *
 * Every engine passes test/src/store/contract.ts.
 */
export interface Store {
  /** What to do where it cannot be used, as sentences for callers. */
  readonly advice: string
  /**
   * Adds an entry to the end of a log.
   * @returns its number
   * @throws {StoreError}
   */
  append(log: string, entry: JsonObject): Promise<number>
  /** The entries of a log after a number, the oldest first; all of them by default. */
  entries(log: string, after?: number): Promise<LogEntry[]>
  /** Forgets the entries of a log up to a number. */
  trim(log: string, upTo: number): Promise<void>

  get(table: string, key: string): Promise<Versioned | undefined>
  all(table: string): Promise<Map<string, Versioned>>
  /**
   * Writes a value where there is none under this key; of several who try at once one succeeds.
   * @throws {ConditionError} where one of the conditions does not hold: nothing was written
   */
  putIfAbsent(
    table: string,
    key: string,
    value: JsonObject,
    conditions?: readonly Condition[]
  ): Promise<PutResult>
  /**
   * Writes a value in the place of the one of that version; undefined removes it.
   * @returns false, and nothing is written, where the version is another one by now
   */
  swap(table: string, key: string, version: number, value: JsonObject | undefined): Promise<boolean>

  /** @returns undefined while another holder has it; it ends by itself after `ttlMs` */
  lease(name: string, ttlMs: number): Promise<Lease | undefined>

  /** Tells of every change that this process sees, its own and others'. @returns ends the watching */
  watch(listener: (change: StoreChange) => void): () => void

  /** Waits for what is being written; later calls are refused. */
  close(): Promise<void>
}

/**
 * The store cannot be read or written; nothing may be done that relies on it. What was to be written is not,
 * but for a database that is lost as it commits and stays away: it may be found written later.
 */
export class StoreError extends Error {
  override readonly name = 'StoreError'
}

/** Something was not put because what it depends on has changed. */
export class ConditionError extends Error {
  override readonly name = 'ConditionError'
}
