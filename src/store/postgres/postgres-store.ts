import type { JsonObject } from '../../lib/json/json.ts'
import { BatchedStore } from '../batched-store.ts'
import type { JournalRecord } from '../journal-line.ts'
import type { Decide } from '../journaled-store.ts'
import { StoreError } from '../store.ts'
import { Database, databaseAdvice } from './database.ts'
import type { Row, Run } from './run.ts'

/** Deleted values are reported to readers that have missed at most this many changes. */
const keptRemovals = 10_000

const newer = (read: number): string =>
  `select head.change as head, head.forgotten, entries.kind, entries.name, entries.key, entries.version,
     entries.value, entries.change
   from scale_bridge_head head left join scale_bridge_entries entries on entries.change > ${read}
   order by entries.change`

const write = `
  insert into scale_bridge_entries (kind, name, key, version, value, change)
  select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::bigint[])
  on conflict (kind, name, key) do update
    set version = excluded.version, value = excluded.value, change = excluded.change`

/** A row of the table, without its change. */
interface Entry {
  kind: 'value' | 'entry' | 'trim'
  name: string
  key: string
  version: number
  /** JSON as text: the database's own types refuse what JSON may hold. */
  value: string | null
}

function toEntry(record: JournalRecord): Entry {
  const { name } = record
  const value = 'value' in record ? JSON.stringify(record.value) : null
  switch (record.op) {
    case 'append':
      return { kind: 'entry', name, key: String(record.number), version: 1, value }
    case 'trim':
      return { kind: 'trim', name, key: '', version: record.number, value }
    case 'set':
      return { kind: 'value', name, key: record.key, version: record.version, value }
    case 'remove':
      return { kind: 'value', name, key: record.key, version: 0, value }
  }
}

/** An entry as the database returns it: its large integers are text. */
type Kept = Omit<Entry, 'version'> & { version: string }

function toRecord(row: Row): JournalRecord {
  const { kind, name, key, version, value: text } = row as unknown as Kept
  if (kind === 'trim') return { op: 'trim', name, number: Number(version) }
  if (text === null) return { op: 'remove', name, key }
  const value = JSON.parse(text) as JsonObject
  return kind === 'entry'
    ? { op: 'append', name, number: Number(key), value }
    : { op: 'set', name, key, version: Number(version), value }
}

/**
 * A store in a PostgreSQL database, which several bridges share.
 *
 * A change locks the head, reads what others have written since, decides, and writes, in one
 * transaction: so changes have one order, by which each bridge reads what is new to it. A notice of the
 * database only wakes those who wait; nothing depends on its arrival.
 */
export class PostgresStore extends BatchedStore {
  readonly advice = databaseAdvice
  readonly #database: Database
  readonly #stop: () => void
  /** Number of the last change that is in the state. */
  #read = 0
  #fresh = true

  constructor(database: Database) {
    super()
    this.#database = database
    this.#stop = database.onNews((change) => {
      if (change !== String(this.#read)) this.refresh().catch(() => undefined)
    })
  }

  protected override async release(): Promise<void> {
    this.#stop()
  }

  protected override async catchUp(): Promise<void> {
    await this.#take(await this.#database.query(newer(this.#read)))
  }

  protected override async commit(decisions: readonly Decide[]): Promise<void> {
    const first = `select 1 from scale_bridge_head for update; ${newer(this.#read)}`
    let decided: JournalRecord[] | undefined
    try {
      const head = await this.#database.transaction(first, async (found, run) => {
        let head = await this.#take(found, run)
        decided = this.decideAll(decisions)
        if (decided.length > 0) head = await this.#write(decided, head, run)
        return head
      })
      this.#read = head
    } catch (error) {
      // What was decided is in memory already.
      if (decided !== undefined) this.#forget()
      throw error
    }
    this.tell(decided ?? [])
  }

  protected override failure(error: unknown): StoreError {
    return error instanceof StoreError
      ? error
      : new StoreError(`The database ${this.#database.name} cannot be used`, { cause: error })
  }

  /** Takes in what is new; all of it, where removals were missed. */
  async #take(
    rows: readonly Row[],
    run: Run = (text) => this.#database.query(text)
  ): Promise<number> {
    const [first] = rows
    if (first === undefined) throw new StoreError('The tables of the store have lost their head')
    const head = Number(first['head'])
    const isBehind = !this.#fresh && Number(first['forgotten']) > this.#read
    // Removals were missed, or the database was restored to an older state.
    if (isBehind || head < this.#read) {
      this.#forget()
      return this.#take(await run(newer(0)), run)
    }
    const records = rows.filter(({ kind }) => kind !== null).map(toRecord)
    for (const record of records) this.state.apply(record)
    this.#read = head
    if (!this.#fresh) this.tell(records)
    this.#fresh = false
    return head
  }

  async #write(records: readonly JournalRecord[], head: number, run: Run): Promise<number> {
    const entries = new Map<string, Entry & { change: number }>()
    let change = head
    for (const record of records) {
      const entry = toEntry(record)
      change += 1
      // All of it is seen at once: of several for the same place the last one counts.
      entries.set(JSON.stringify([entry.kind, entry.name, entry.key]), { ...entry, change })
    }
    const all = [...entries.values()]
    const columns = ['kind', 'name', 'key', 'version', 'value', 'change'] as const
    await run(
      write,
      columns.map((column) => all.map((entry) => entry[column]))
    )
    for (const record of records)
      if (record.op === 'trim')
        await run(
          `delete from scale_bridge_entries
           where name = $1 and case kind when 'entry' then key::bigint <= $2 else false end`,
          [record.name, record.number]
        )
    if (Math.floor(change / keptRemovals) > Math.floor(head / keptRemovals))
      await this.#forgetRemovals(change - keptRemovals, run)
    await run(
      `with head as (update scale_bridge_head set change = ${change} where id = 1) ${Database.tell}`,
      [String(change)]
    )
    return change
  }

  async #forgetRemovals(upTo: number, run: Run): Promise<void> {
    await run(
      `delete from scale_bridge_entries where kind = 'value' and value is null and change <= ${upTo}`
    )
    await run(`update scale_bridge_head set forgotten = ${upTo} where id = 1`)
  }

  #forget(): void {
    this.forgetState()
    this.#read = 0
    this.#fresh = true
  }
}
