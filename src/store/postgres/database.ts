import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client, ClientConfig, Pool, PoolClient, QueryResult } from 'pg'
import { codeOf } from '../../lib/errors/error-code.ts'
import type { Logger } from '../../lib/process/logger.ts'
import { withTimeout } from '../../lib/time/with-timeout.ts'
import { StoreError } from '../store.ts'
import { clientAddress, databaseName } from './address.ts'
import type { Row, Run } from './run.ts'
import { migrate } from './schema.ts'

const connections = 4
const connectMs = 3_000
/** Nothing that is asked here takes long: what does is stuck. */
const statementMs = 5_000
/** How long a commit whose response was lost is asked about: callers wait no longer. */
const defaultDoubtMs = 4_000
const endMs = 2_000
/** After this many transactions, old marks of commits are removed. */
const sweepEvery = 1_000
const sweep = "delete from scale_bridge_commits where time < now() - interval '1 hour';"
const channel = 'scale_bridge'

/** The code for a transaction number that was not given yet. */
const invalidParameter = '22023'
/** Codes by which a server ends a connection. */
const endings = /^(?:08|57P0)/

/** Ends something; a server that says nothing more is not waited for. */
const ending = async (what: { end(): Promise<void> }): Promise<void> => {
  await withTimeout(
    what.end().catch(() => undefined),
    endMs,
    () => undefined
  )
}

/** Failures of connections, and not of what was asked. */
const losses = new WeakSet<object>()

const isLost = (error: unknown): boolean => losses.has(error as object)

const lastOf = (results: QueryResult<Row> | QueryResult<Row>[]): QueryResult<Row> | undefined =>
  Array.isArray(results) ? results.at(-1) : results

/** What to do where it is away, as sentences for callers. */
export const databaseAdvice =
  'The database that the bridges share (SCALE_STORE) cannot be used at the moment: reads still work. Call again in a minute; `scale-bridge check` and the log say why.'

/** Tells that something was written, by the number of its change. */
export type News = (change: string) => void

/**
 * A PostgreSQL database and whether it can be reached. One connection listens, and comes back by itself;
 * while it is away, whatever is asked fails at once.
 */
export class Database {
  /** Without the login. */
  readonly name: string
  readonly #config: ClientConfig
  readonly #logger: Logger
  readonly #doubtMs: number
  readonly #closing = new AbortController()
  readonly #listeners = new Set<News>()
  #pool: Pool | undefined
  /** Gives up the connection that listens; undefined while there is none. */
  #endListening: ((reason: Error) => void) | undefined
  #transactions = 0
  /** Why it cannot be reached; undefined where it can. */
  #away: Error | undefined
  /** Resolves with the first attempt to reach it. */
  #begun: Promise<void> | undefined
  #running: Promise<void> | undefined
  /** Of the clock of the database, before the one of this process. */
  #ahead = performance.timeOrigin

  /**
   * Nothing is opened before something is asked.
   * @param options.doubtMs how long a commit whose response was lost is asked about
   */
  constructor(address: string, logger: Logger, { doubtMs = defaultDoubtMs } = {}) {
    this.name = databaseName(address)
    this.#logger = logger
    this.#doubtMs = doubtMs
    this.#config = {
      connectionString: clientAddress(address),
      application_name: 'scale-bridge',
      connectionTimeoutMillis: connectMs,
      statement_timeout: statementMs,
      lock_timeout: statementMs - 1_000,
      // Who holds a lock and is heard of no more holds it no longer than this.
      idle_in_transaction_session_timeout: statementMs,
      query_timeout: statementMs + 1_000,
      keepAlive: true
    }
  }

  /** Whether it was reached last. */
  get isReachable(): boolean {
    return this.#pool !== undefined && this.#away === undefined
  }

  /** Why it cannot be reached, in words without secrets. */
  get problem(): string | undefined {
    return this.#away === undefined ? undefined : wordsOf(this.#away)
  }

  /** Unix milliseconds by the clock of the database, which all bridges have in common. */
  now(): number {
    return performance.now() + this.#ahead
  }

  /** Notifies of each write, and once with each connection, as something may have been missed. */
  onNews(listener: News): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** @throws {StoreError} */
  async query(text: string, values?: unknown[]): Promise<Row[]> {
    return this.#with((client) => rowsOf(client, text, values))
  }

  /**
   * Runs `first`, then what `work` does, all of it or nothing. A commit whose response is lost is looked
   * for by a mark it leaves, so that what has failed has not happened, unless the database stays away for
   * so long that callers cannot wait for it: then it is not known whether it has.
   * @param first without values
   * @throws {StoreError}
   */
  async transaction<T>(first: string, work: (found: Row[], run: Run) => Promise<T>): Promise<T> {
    const mark = randomUUID()
    this.#transactions += 1
    const clean = this.#transactions % sweepEvery === 0 ? sweep : ''
    let xid = ''
    let result: { value: T } | undefined
    try {
      return await this.#with(async (client) => {
        const run: Run = (text, values) => rowsOf(client, text, values)
        try {
          const begin = `begin; select pg_current_xact_id()::text as xid;
            insert into scale_bridge_commits (id) values ('${mark}'); ${clean} ${first}`
          const results = [await ask(client, begin)].flat()
          xid = String(results[1]?.rows[0]?.['xid'])
          const value = await work(results.at(-1)?.rows ?? [], run)
          result = { value }
        } catch (error) {
          if (!isLost(error)) await run('rollback').catch(() => undefined)
          throw error
        }
        await run('commit')
        return result.value
      })
    } catch (error) {
      if (result === undefined || !(await this.#wasCommitted(xid, mark))) throw error
      return result.value
    }
  }

  /** Tells all bridges that something was written, as part of a transaction. */
  static readonly tell = `select pg_notify('${channel}', $1)`

  async close(): Promise<void> {
    this.#closing.abort()
    this.#endListening?.(new Error('the store is closed'))
    await this.#running
    if (this.#pool !== undefined) await ending(this.#pool)
  }

  async #with<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    await this.#begin()
    const pool = this.#pool
    if (this.#away !== undefined || pool === undefined)
      throw this.#error(this.#away ?? new Error('it was not reached yet'))
    let client: PoolClient | undefined
    try {
      client = await pool.connect()
      const result = await work(client)
      client.release()
      return result
    } catch (error) {
      const lost = client === undefined || isLost(error)
      client?.release(lost)
      if (error instanceof StoreError) throw error
      // That of a pool that was given up says nothing of the present one.
      if (lost && pool === this.#pool) this.#lose(error as Error)
      throw this.#error(error)
    }
  }

  #error(cause: unknown): StoreError {
    return new StoreError(`The database ${this.name} cannot be used: ${wordsOf(cause)}`, { cause })
  }

  /**
   * Whether a transaction left its mark. Its number says only whether it is over: a database that crashed
   * gives the numbers of those that were lost to others.
   */
  async #wasCommitted(xid: string, mark: string): Promise<boolean> {
    const end = performance.now() + this.#doubtMs
    while (xid !== '' && performance.now() < end && !this.#closing.signal.aborted) {
      try {
        const [row] = await this.query('select pg_xact_status($1::xid8) as status', [xid])
        if (row?.['status'] !== 'in progress') {
          const found = await this.query('select 1 from scale_bridge_commits where id = $1', [mark])
          return found.length > 0
        }
      } catch (error) {
        // A database that crashed does not know the number: the transaction is lost.
        if (codeOf((error as StoreError).cause) === invalidParameter) return false
        // It is away, and may come back.
      }
      await sleep(100)
    }
    return false
  }

  /** Begins to listen, which is how it is known to be reachable. */
  #begin(): Promise<void> {
    if (this.#closing.signal.aborted) return Promise.reject(new StoreError('The store is closed'))
    this.#begun ??= new Promise((resolve) => {
      this.#running = this.#listen(resolve)
    })
    return this.#begun
  }

  async #listen(tried: () => void): Promise<void> {
    const { signal } = this.#closing
    // Loaded only where it is used.
    const { default: pg } = await import('pg')
    while (!signal.aborted) {
      const client = new pg.Client(this.#config)
      let end: (reason: Error) => void = () => undefined
      const ended = new Promise<Error>((resolve) => {
        end = resolve
        client.on('error', end)
        client.once('end', () => end(new Error('the connection has ended')))
      })
      try {
        await client.connect()
        await this.#prepare(client)
        // Closed meanwhile, when there was nothing to give up yet.
        if (signal.aborted) return
        // Connections of before may be dead, and not know it.
        void this.#pool?.end().catch(() => undefined)
        this.#pool = new pg.Pool({ ...this.#config, max: connections })
        // What befalls a connection is reported to its user.
        this.#pool.on('error', () => undefined)
        this.#pool.on('connect', (pooled) => pooled.on('error', () => undefined))
        if (this.#away !== undefined)
          this.#logger.info({ store: this.name }, 'The database of the store is back')
        this.#away = undefined
        this.#endListening = end
        client.on('notification', ({ payload }) => this.#tell(payload ?? ''))
        this.#tell('')
        tried()
        const error = await ended
        if (!signal.aborted) this.#lose(error)
      } catch (error) {
        this.#lose(error as Error)
      } finally {
        tried()
        this.#endListening = undefined
        // One to an unreachable host takes long to end: the next attempt does not wait for it.
        const over = ending(client)
        if (signal.aborted) await over
      }
      await sleep(200 + Math.random() * 300, undefined, { signal }).catch(() => undefined)
    }
  }

  async #prepare(client: Client): Promise<void> {
    const run: Run = (text, values) => rowsOf(client, text, values)
    await run('begin')
    await migrate(run)
    await run('commit')
    await run(`listen ${channel}`)
    const [row] = await run('select extract(epoch from clock_timestamp()) * 1000 as now')
    this.#ahead = Number(row?.['now']) - performance.now()
  }

  #tell(change: string): void {
    for (const listener of this.#listeners) listener(change)
  }

  /** From now on all fail at once, until the connection that listens is there again. */
  #lose(error: Error): void {
    if (this.#closing.signal.aborted) return
    if (this.#away === undefined)
      this.#logger.warn(
        { store: this.name, reason: wordsOf(error) },
        `The database of the store cannot be reached (${wordsOf(error)}): reads continue, writes are refused until it is back`
      )
    this.#away = error
    // A connection to an unreachable host would take minutes to time out.
    this.#endListening?.(error)
  }
}

const rowsOf = async (
  client: Client | PoolClient,
  text: string,
  values?: unknown[]
): Promise<Row[]> => lastOf(await ask(client, text, values))?.rows ?? []

/** Asks, and notes of a failure whether the connection is lost with it. */
async function ask(
  client: Client | PoolClient,
  text: string,
  values?: unknown[]
): Promise<QueryResult<Row> | QueryResult<Row>[]> {
  try {
    return await client.query<Row>(text, values)
  } catch (error) {
    // What the server itself says has a severity.
    const { code, severity } = error as { code?: unknown; severity?: unknown }
    if (severity === undefined || endings.test(String(code))) losses.add(error as object)
    throw error
  }
}

/** A failure in a few words; those of several addresses say nothing themselves. */
function wordsOf(error: unknown): string {
  if (error instanceof AggregateError) return wordsOf(error.errors[0])
  const { message, code } = error as NodeJS.ErrnoException
  return message === '' ? (code ?? 'unknown reason') : message
}
