import type { Logger } from '../../lib/process/logger.ts'
import { databaseAdvice, type Database } from '../../store/postgres/database.ts'
import type { Row, Run } from '../../store/postgres/run.ts'
import { type AuditEntry, type Draft, formatHead, type Head, noHead } from '../entry.ts'
import { beginWith, checkpointEvery, continueFrom, isCheckpointDue } from './continuation.ts'
import { HeadNote, readHeadNote } from './head-note.ts'
import type { AuditKey } from './key.ts'
import { hashLine, parseLine } from './line.ts'
import type { RecordStore } from './record-writer.ts'

export interface DatabaseRecordOptions {
  database: Database
  /** Where the head is noted. */
  headPath: string
  /** The key that signs; asked for until there is one. */
  key: () => Promise<AuditKey>
  /** Entries are deleted when they are older. */
  keepMs: number
  logger: Logger
  now: () => Date
}

/** Any number that is the same for all bridges: one at a time appends. */
const lock = 5_718_230_145

/** Entries that are read at a time. */
const page = 500

/** Whether something has expired is looked at after so long. */
const expireMs = 60 * 60 * 1000

const newer = (seq: number): string =>
  `select pg_advisory_xact_lock(${lock});
   select seq, line from scale_bridge_record where seq > ${seq} order by seq`

/** At first: what is not signed yet is among these last lines. */
const tail = `
   select pg_advisory_xact_lock(${lock});
   select seq, line from scale_bridge_record
   where seq >= (select max(seq) from scale_bridge_record) - ${checkpointEvery} order by seq`

const bytesOf = (row: Row): Buffer => Buffer.from(String(row['line']))

/** The entries of a record in a database, the newest first. @throws {StoreError} */
export async function* databaseEntriesBackwards(database: Database): AsyncGenerator<AuditEntry> {
  for (let before = Number.MAX_SAFE_INTEGER; ;) {
    const rows = await database.query(
      'select seq, line from scale_bridge_record where seq < $1 order by seq desc limit $2',
      [before, page]
    )
    for (const row of rows) {
      const entry = parseLine(bytesOf(row))
      if (entry !== undefined) yield entry
    }
    if (rows.length < page) return
    before = Number(rows.at(-1)?.['seq'])
  }
}

/** The lines of a record in a database, the oldest first. @throws {StoreError} */
export async function* databaseLines(database: Database): AsyncGenerator<Buffer> {
  for (let after = 0; ;) {
    const rows = await database.query(
      'select seq, line from scale_bridge_record where seq > $1 order by seq limit $2',
      [after, page]
    )
    for (const row of rows) yield bytesOf(row)
    if (rows.length < page) return
    after = Number(rows.at(-1)?.['seq'])
  }
}

/**
 * Writes the record in a database, as one chain of all bridges: each append waits for its turn there,
 * reads what others have added, and adds its own in the same transaction. They sign with one key.
 */
export class DatabaseRecord implements RecordStore {
  readonly advice = `${databaseAdvice} SCALE_AUDIT_KEY has to be readable, and the same for all of them.`
  readonly #options: DatabaseRecordOptions
  readonly #note: HeadNote
  #key: AuditKey | undefined
  /** Undefined before the first append, and after one that failed. */
  #head: Head | undefined
  #unsigned = 0
  /** Whether the public key stands in the record. */
  #hasBegun = false
  #lookedForOld = -Infinity

  constructor(options: DatabaseRecordOptions) {
    this.#options = options
    this.#note = new HeadNote(options.headPath)
  }

  get unsigned(): number {
    return this.#unsigned
  }

  async append(drafts: readonly Draft[], sign: boolean): Promise<AuditEntry[]> {
    const key = (this.#key ??= await this.#options.key())
    const first = this.#head === undefined ? tail : newer(this.#head.seq)
    try {
      const entries = await this.#options.database.transaction(first, async (found, run) => {
        const seen = await this.#pass(found)
        return [...seen, ...(await this.#write(key, drafts, sign, run))]
      })
      await this.#noteHead()
      return entries
    } catch (error) {
      this.#head = undefined
      this.#hasBegun = false
      throw error
    }
  }

  backwards(): AsyncIterable<AuditEntry> {
    return databaseEntriesBackwards(this.#options.database)
  }

  async close(): Promise<void> {
    await this.#note.close()
  }

  /** Takes in what others have written. */
  async #pass(rows: readonly Row[]): Promise<AuditEntry[]> {
    const isFirst = this.#head === undefined
    if (isFirst) this.#unsigned = 0
    const entries: AuditEntry[] = []
    for (const row of rows) {
      const bytes = bytesOf(row)
      this.#head = { seq: Number(row['seq']), hash: hashLine(bytes) }
      const entry = parseLine(bytes)
      if (entry === undefined) continue
      this.#unsigned = entry.kind === 'checkpoint' ? 0 : this.#unsigned + 1
      entries.push(entry)
    }
    const head = (this.#head ??= noHead)
    const noted = isFirst ? await readHeadNote(this.#options.headPath) : undefined
    if (noted !== undefined && noted.seq > head.seq) {
      // Continues behind what is missed, so that it stays missed.
      this.#options.logger.warn(
        { audit: formatHead(noted), found: formatHead(head) },
        `The record ends at entry ${head.seq}, but ${noted.seq} were written: \`scale-bridge audit verify\` says what is missing`
      )
      this.#head = noted
    }
    return entries
  }

  async #write(
    key: AuditKey,
    drafts: readonly Draft[],
    sign: boolean,
    run: Run
  ): Promise<AuditEntry[]> {
    const { logger, now } = this.#options
    const begun = this.#hasBegun || (await this.#isBegunWith(key, run))
    const wantsSignature = isCheckpointDue(this.#unsigned, drafts.length, sign)
    if (drafts.length === 0 && !wantsSignature) return []
    const expired = wantsSignature ? await this.#expire(run) : undefined
    const time = now().toISOString()
    const all = expired === undefined ? drafts : [expired, ...drafts]
    const { entries, lines, head } = continueFrom(
      this.#head ?? noHead,
      // The entry with the key was deleted along with those that expired.
      begun && expired === undefined ? all : [beginWith(key), ...all],
      time,
      wantsSignature ? key : undefined
    )
    await run(
      `insert into scale_bridge_record (seq, time, kind, line)
       select * from unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[])`,
      [
        entries.map(({ seq }) => seq),
        entries.map(() => time),
        entries.map(({ kind }) => kind),
        lines
      ]
    )
    this.#hasBegun = true
    this.#head = head
    this.#unsigned = wantsSignature ? 0 : this.#unsigned + entries.length
    // Kept with the log, it shows that the record was rewritten.
    if (wantsSignature) logger.info({ audit: formatHead(head) }, 'audit head')
    return entries
  }

  /** Whether the record names this key; another one there is not the key of the other bridges. */
  async #isBegunWith({ fingerprint }: AuditKey, run: Run): Promise<boolean> {
    const rows = await run(`select line from scale_bridge_record where kind = 'begin' order by seq`)
    const keys = rows.map((row) => parseLine(bytesOf(row))?.['key'])
    const isKnown = keys.includes(fingerprint)
    if (!isKnown && keys.length > 0)
      this.#options.logger.warn(
        { key: fingerprint, keys },
        'The record was signed with another key so far: set the same SCALE_AUDIT_KEY for all bridges, or `scale-bridge audit verify` will know only one of them'
      )
    return isKnown
  }

  /** Deletes what need not be kept, up to a signature. */
  async #expire(run: Run): Promise<Draft | undefined> {
    if (performance.now() - this.#lookedForOld < expireMs) return undefined
    this.#lookedForOld = performance.now()
    const { keepMs, now, logger } = this.#options
    const [last] = await run(
      `select seq, line from scale_bridge_record
       where kind = 'checkpoint' and time < $1 order by seq desc limit 1`,
      [new Date(now().getTime() - keepMs).toISOString()]
    )
    if (last === undefined) return undefined
    const seq = Number(last['seq'])
    await run('delete from scale_bridge_record where seq <= $1', [seq])
    const fields = { through: formatHead({ seq, hash: hashLine(bytesOf(last)) }) }
    logger.info(fields, 'A part of the record has expired')
    return { kind: 'expired', fields }
  }

  async #noteHead(): Promise<void> {
    try {
      await this.#note.write(this.#head ?? noHead)
    } catch (err) {
      await this.#note.close()
      this.#options.logger.warn(
        { err },
        'The head of the record cannot be noted: entries cut off at its end would not be missed'
      )
    }
  }
}
