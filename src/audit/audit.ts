import { BridgeError } from '../lib/errors/errors.ts'
import type { JsonObject } from '../lib/json/json.ts'
import { type Logger, silentLogger } from '../lib/process/logger.ts'
import { withTimeout } from '../lib/time/with-timeout.ts'
import { StoreError } from '../store/store.ts'
import { MemoryRecord } from './chain/memory-record.ts'
import type { RecordStore } from './chain/record-writer.ts'
import type { AuditEntry, Draft, EntryKind } from './entry.ts'
import { Repetitions } from './repetitions.ts'

/** Nothing was sent, because it could not be recorded. */
const auditUnavailable = (advice: string, cause: unknown): BridgeError =>
  new BridgeError(
    'AUDIT_UNAVAILABLE',
    `The bridge could not enter the call in its record, so it was not sent. ${advice}`,
    { cause }
  )

/** Entries that may wait for the disk; a disk that takes none must not fill the memory. */
const maxPending = 10_000

/** Entries that `recent` knows. */
const maxRecent = 2_000

export interface AuditOptions {
  /** Where entries are kept; default: in memory, which ends with the bridge. */
  record?: RecordStore
  logger?: Logger
  /** How long the disk may take to keep an entry, in ms. */
  lateMs?: number
  /** After this many ms what could not be written is tried again. */
  retryMs?: number
  /** Entries are signed after this many ms at the latest. */
  checkpointMs?: number
  now?: () => Date
}

interface Pending {
  draft: Draft
  resolve: (entry: AuditEntry) => void
  reject: (error: unknown) => void
}

/**
 * The record of who did what. What is appended is durable when it resolves; all that wait share one turn
 * of the disk.
 */
export class Audit {
  readonly #record: RecordStore
  readonly #logger: Logger
  readonly #lateMs: number
  readonly #retryMs: number
  readonly #repetitions: Repetitions
  readonly #refusals = new Map<string, number>()
  readonly #listeners = new Set<(entry: AuditEntry) => void>()
  /** The newest last. */
  #recent: AuditEntry[] = []
  #pending: Pending[] = []
  /** What has happened and could not be written yet. */
  #unwritten: Draft[] = []
  #turn: Promise<void> | undefined
  #retry: NodeJS.Timeout | undefined
  readonly #checkpoints: NodeJS.Timeout
  #wantsSignature = false
  #wantsNews = false
  #closed = false

  constructor(options: AuditOptions = {}) {
    const { logger = silentLogger, lateMs = 5_000, retryMs = 5_000 } = options
    const now = options.now ?? (() => new Date())
    this.#record = options.record ?? new MemoryRecord(now)
    this.#logger = logger
    this.#lateMs = lateMs
    this.#retryMs = retryMs
    this.#repetitions = new Repetitions((kind, fields) => this.note(kind, fields), now)
    this.#checkpoints = setInterval(
      () => void this.checkpoint(),
      options.checkpointMs ?? 5 * 60_000
    )
    this.#checkpoints.unref()
  }

  /**
   * Enters what is about to happen.
   * @param late runs if the entry is written after this was given up: what it says did not happen
   * @throws {BridgeError} AUDIT_UNAVAILABLE, also where the disk takes longer than a few seconds: then it
   * must not happen
   */
  async append(kind: EntryKind, fields: JsonObject, late?: () => void): Promise<AuditEntry> {
    let isLate = false
    const entered = this.#enter({ kind, fields })
    entered.then(
      () => isLate && late?.(),
      () => undefined
    )
    try {
      return await withTimeout(entered, this.#lateMs, () => {
        isLate = true
        throw new Error(`nothing was written within ${this.#lateMs / 1000} s`)
      })
    } catch (error) {
      throw auditUnavailable(this.#record.advice, error)
    }
  }

  /**
   * Enters what has happened, in the background: what cannot be written is tried again until it can.
   */
  note(kind: EntryKind, fields: JsonObject): void {
    const draft = { kind, fields }
    this.#enter(draft).catch((err: unknown) => {
      if (this.#unwritten.length === 0)
        this.#logger.warn(
          { err },
          'The record cannot be written; what has happened is entered when it can'
        )
      if (this.#unwritten.length < maxPending) this.#unwritten.push(draft)
      else this.#logger.warn({ kind, ...fields }, 'This is not in the record')
      if (!this.#closed) this.#retry ??= setTimeout(() => this.#again(), this.#retryMs).unref()
    })
  }

  /** A call that was refused by permission or policy. The same within a minute is counted. */
  refused(fields: JsonObject & { code: string }): void {
    const { code, token, tool, method, path, address } = fields
    this.#refusals.set(code, (this.#refusals.get(code) ?? 0) + 1)
    const key = JSON.stringify([code, token, tool, method, path, address])
    this.#repetitions.count('refused', key, fields, { code: 'several', token: 'several' })
  }

  /** How many calls were refused since the start, by code. */
  get refusals(): ReadonlyMap<string, number> {
    return this.#refusals
  }

  /** A request without a valid token; one entry per address and minute. */
  authenticationFailed(address: string): void {
    this.#repetitions.count('authentication', address, { address }, { address: 'several' })
  }

  /** The newest entries, the newest first. */
  recent(count = 100): AuditEntry[] {
    return this.#recent.slice(-Math.min(count, maxRecent)).toReversed()
  }

  /**
   * The entries since a point in time, the newest first, those of other processes included.
   * @param since Unix milliseconds; 0 for all
   * @param max looked at
   * @throws what the file system refuses; {BridgeError} AUDIT_UNAVAILABLE for a database that is away
   */
  async since(since: number, max: number): Promise<{ entries: AuditEntry[]; isCut: boolean }> {
    await this.#takeTurn()
    const entries: AuditEntry[] = []
    try {
      for await (const entry of this.#record.backwards()) {
        if (Date.parse(entry.time) < since) return { entries, isCut: false }
        if (entries.length >= max) return { entries, isCut: true }
        entries.push(entry)
      }
    } catch (cause) {
      if (!(cause instanceof StoreError)) throw cause
      const message = `The record of who did what cannot be read. ${this.#record.advice}`
      throw new BridgeError('AUDIT_UNAVAILABLE', message, { cause })
    }
    return { entries, isCut: false }
  }

  /** Calls `listener` with each entry once written, also those of other processes on the file. */
  onEntry(listener: (entry: AuditEntry) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Takes in what other processes have written. Never throws. */
  async refresh(): Promise<void> {
    this.#wantsNews = true
    await this.#takeTurn()
  }

  /** Signs what is not signed yet. Never throws. */
  async checkpoint(): Promise<void> {
    if (this.#record.unsigned === 0) return
    this.#wantsSignature = true
    await this.#takeTurn()
  }

  /** Enters the end, signs everything and closes the file. */
  async close(fields: JsonObject = {}): Promise<void> {
    if (this.#closed) return
    clearInterval(this.#checkpoints)
    clearTimeout(this.#retry)
    this.#repetitions.close()
    this.#again()
    this.note('stop', fields)
    this.#wantsSignature = true
    this.#closed = true
    await withTimeout(this.#takeTurn(), this.#lateMs, () => undefined)
    await this.#record.close()
  }

  #again(): void {
    this.#retry = undefined
    const drafts = this.#unwritten
    this.#unwritten = []
    for (const { kind, fields } of drafts) this.note(kind, fields)
  }

  #enter(draft: Draft): Promise<AuditEntry> {
    if (this.#closed) return Promise.reject(new Error('the record is closed'))
    if (this.#pending.length >= maxPending)
      return Promise.reject(new Error(`${maxPending} entries wait for the disk`))
    return new Promise((resolve, reject) => {
      this.#pending.push({ draft, resolve, reject })
      void this.#takeTurn()
    })
  }

  #takeTurn(): Promise<void> {
    this.#turn ??= this.#work()
    return this.#turn
  }

  async #work(): Promise<void> {
    // Its starter knows of it before it ends.
    await Promise.resolve()
    try {
      while (this.#pending.length > 0 || this.#wantsSignature || this.#wantsNews) {
        const batch = this.#pending
        const sign = this.#wantsSignature
        this.#pending = []
        this.#wantsSignature = this.#wantsNews = false
        try {
          const entries = await this.#record.append(
            batch.map(({ draft }) => draft),
            sign
          )
          this.#takeIn(entries)
          this.#settle(batch, entries)
        } catch (error) {
          for (const { reject } of batch) reject(error)
          if (batch.length === 0)
            this.#logger.warn({ err: error }, 'The record can neither be signed nor read')
        }
      }
    } finally {
      // With no wait since the last look at what is pending: the next caller begins a turn.
      this.#turn = undefined
    }
  }

  /** The entries of a batch stand together, behind what others have written. */
  #settle(batch: readonly Pending[], entries: readonly AuditEntry[]): void {
    const [first] = batch
    const end = entries.findLastIndex(({ kind }) => kind !== 'checkpoint') + 1
    if (first === undefined) return
    for (const [at, { resolve }] of batch.entries())
      resolve(entries[end - batch.length + at] as AuditEntry)
  }

  #takeIn(entries: readonly AuditEntry[]): void {
    const last = this.#recent.at(-1)?.seq ?? 0
    const fresh = entries.filter(({ seq }) => seq > last)
    this.#recent.push(...fresh)
    if (this.#recent.length > 2 * maxRecent) this.#recent = this.#recent.slice(-maxRecent)
    for (const entry of fresh) for (const listener of this.#listeners) listener(entry)
  }
}
