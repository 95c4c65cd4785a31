import { randomUUID } from 'node:crypto'
import type { WriteResult } from '../hypercore/records/records.ts'
import { streamFacts } from '../hypercore/requests/stream-body.ts'
import type { TaskOutcome } from '../hypercore/tasks/tasks.ts'
import type {
  LedgerWrite,
  PlannedWrite,
  UnacceptedOutcome,
  WriteLedger
} from '../hypercore/writes/write-ledger.ts'
import { withTimeout } from '../lib/time/with-timeout.ts'
import { RecentMap } from '../lib/flow/recent-map.ts'
import { type Logger, silentLogger } from '../lib/process/logger.ts'
import { hasEnded, type ProcessIdentity, thisProcess } from '../lib/process/process-identity.ts'
import { unixMs } from '../lib/time/unix-time.ts'
import { getInTurn } from '../store/get-in-turn.ts'
import type { Presence } from '../store/presence.ts'
import { RetriedChanges } from '../store/retried-changes.ts'
import { ConditionError, type Store, type Versioned } from '../store/store.ts'
import { storeUnavailable } from '../store/unavailable.ts'
import { bodyHash } from './body-hash.ts'
import { currentCall } from './call-scope.ts'
import { isEnded, keptMs, type WriteRecord } from './records.ts'
import { targetsOf } from './targets.ts'

const table = 'writes'

const maxKept = 5_000
/** Tasks whose write is found without looking through all. */
const maxTasks = 500
/** Looked through once in this many writes. */
const pruneEvery = 100

export interface LedgerOptions {
  store: Store
  /** Tells this cluster's entries from those of others in the same store. */
  cluster: string
  logger?: Logger
  /** Unix milliseconds; for the points in time that are stored. */
  now?: () => number
  /** Takes secrets out of what is kept. */
  clean?: <T>(value: T) => T
  /** How long the disk may take to keep an entry, in ms. */
  lateMs?: number
  /** Until what the store did not accept is tried again, in ms. */
  retryMs?: number
  /** Which of the processes that enter something live; default: as far as their pids say. */
  presence?: Pick<Presence, 'show' | 'hasEnded'>
}

/**
 * Every write to the cluster, entered before it leaves and followed to its end, even if no caller listens: what
 * a restart, a client that gave up or a lost response would hide is known here.
 */
export class Ledger implements WriteLedger {
  readonly store: Store
  readonly cluster: string
  readonly clean: <T>(value: T) => T
  /** For what has happened already, by the id of what it happened to. */
  readonly changes: RetriedChanges
  readonly #presence: LedgerOptions['presence']
  readonly #logger: Logger
  readonly #now: () => number
  readonly #lateMs: number
  readonly #listeners = new Set<(write: WriteRecord) => void>()
  /** Ids of writes by the task that carries them out: the newest of those that were looked at. */
  readonly #byTask = new RecentMap<string>(maxTasks)
  #begun = 0

  constructor(options: LedgerOptions) {
    const { store, cluster, logger = silentLogger, now = unixMs, lateMs = 5_000, retryMs } = options
    this.clean = options.clean ?? ((value) => value)
    this.#presence = options.presence
    this.store = store
    this.cluster = cluster
    this.#logger = logger
    this.#now = now
    this.#lateMs = lateMs
    this.changes = new RetriedChanges({ logger, pauseMs: retryMs })
  }

  /** Enters what is left to enter, once the bridge sends nothing any more. */
  async close(): Promise<void> {
    await this.changes.close()
  }

  /** Whether a process that has made entries has ended. */
  hasEnded(owner: Partial<ProcessIdentity>): boolean {
    return this.#presence?.hasEnded(owner) ?? hasEnded(owner)
  }

  /**
   * Lets other processes know that this one lives, before it enters what they would end or take up otherwise.
   * @throws where they cannot know it: nothing must be entered
   */
  async showLife(): Promise<void> {
    await this.#presence?.show()
  }

  async begin(write: PlannedWrite): Promise<LedgerWrite> {
    const call = currentCall()
    const record: WriteRecord = {
      id: write.id ?? randomUUID(),
      cluster: this.cluster,
      callId: call?.callId ?? '',
      tool: call?.tool ?? '',
      method: write.method,
      path: write.path,
      bodyHash: bodyHash(write.stream === undefined ? write.body : streamFacts(write.stream)),
      targets: [...new Set([...(call?.targets ?? []), ...targetsOf(write)])],
      state: 'SENDING',
      taskTag: '',
      createdUUID: '',
      message: '',
      sentAt: this.#now(),
      endedAt: 0,
      owner: thisProcess
    }
    await this.#enter(record)
    if (call !== undefined) call.hasSent = true
    if (++this.#begun % pruneEvery === 1) void this.#prune()
    return {
      accepted: (result) => {
        if (call !== undefined) call.accepted = result
        return this.#accepted(record.id, result)
      },
      ended: (outcome, reason) => this.#ended(record.id, outcome, reason)
    }
  }

  /** Calls `listener` with every write whose state has changed; returns what stops that. */
  onChange(listener: (write: WriteRecord) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** The writes of this cluster, the oldest first. @throws {BridgeError} LEDGER_UNAVAILABLE */
  async writes(): Promise<WriteRecord[]> {
    return (await this.#find(() => true)).toSorted((a, b) => a.sentAt - b.sentAt)
  }

  /** The writes of all clusters in the store, in no order. */
  async writesOfAll(): Promise<WriteRecord[]> {
    return [...(await this.store.all(table)).values()].map(({ value }) => value as WriteRecord)
  }

  /**
   * The writes of this cluster of which something holds, in no order.
   * @throws {BridgeError} LEDGER_UNAVAILABLE
   */
  async #find(holds: (write: WriteRecord) => boolean): Promise<WriteRecord[]> {
    const found: WriteRecord[] = []
    const all = await this.store.all(table).catch((error: unknown) => {
      throw storeUnavailable(this.store, error)
    })
    for (const { value } of all.values()) {
      const write = value as WriteRecord
      if (write.cluster === this.cluster && holds(write)) found.push(write)
    }
    return found
  }

  /** The write that a task carries out; undefined where this bridge never heard of the task. */
  async byTask(taskTag: string): Promise<WriteRecord | undefined> {
    const known = this.#byTask.get(taskTag)
    const kept = known === undefined ? undefined : await this.store.get(table, known)
    if (kept !== undefined) return kept.value as WriteRecord
    // That of another bridge, or of an earlier start.
    const [found] = (await this.#find((each) => each.taskTag === taskTag)).toSorted(
      (a, b) => b.sentAt - a.sentAt
    )
    if (found !== undefined) this.#byTask.set(taskTag, found.id)
    return found
  }

  /** Of the write that a task carries out; those of this bridge are known while the store cannot be read, too. */
  async #idOf(taskTag: string): Promise<string | undefined> {
    return this.#byTask.get(taskTag) ?? (await this.byTask(taskTag).catch(() => undefined))?.id
  }

  /** Writes that act on a uuid and have not ended. @throws {BridgeError} LEDGER_UNAVAILABLE */
  async running(uuid: string): Promise<WriteRecord[]> {
    const of = uuid.toLowerCase()
    return this.#find((write) => !isEnded(write) && write.targets.includes(of))
  }

  /** Keeps how a task is to be described to a later follower. */
  async describeTask(taskTag: string, words: unknown): Promise<void> {
    const id = await this.#idOf(taskTag)
    if (id !== undefined) await this.#update(id, (present) => ({ ...present, words }))
  }

  /** Enters how a task ended, in the write it carries out. */
  async taskEnded({
    taskTag,
    state,
    message
  }: Pick<TaskOutcome, 'taskTag' | 'state' | 'message'>): Promise<void> {
    const id = await this.#idOf(taskTag)
    if (id === undefined) return
    const ended = state === 'COMPLETE' || state === 'ERROR' ? state : 'UNKNOWN'
    await this.#update(
      id,
      (present) =>
        isEnded(present) ? undefined : { ...present, state: ended, message, endedAt: this.#now() },
      ended
    )
  }

  /**
   * Ends the writes left by a process that has ended: one being sent may have been carried out.
   * @returns those that the cluster still carries out, to be followed
   */
  async recover(): Promise<WriteRecord[]> {
    const left = (await this.writes()).filter(
      (write) => !isEnded(write) && this.hasEnded(write.owner)
    )
    if (left.length > 0) await this.showLife()
    const message = 'The bridge ended before the cluster had responded'
    for (const { id, state, owner, taskTag } of left) {
      if (taskTag !== '') this.#byTask.set(taskTag, id)
      await this.#update(
        id,
        (present) => {
          // Another bridge was faster, or it was seen to live before the store could be written.
          const isLeft = present.state === state && present.owner.nonce === owner.nonce
          if (!isLeft || !this.hasEnded(present.owner)) return undefined
          return state === 'SENDING'
            ? { ...present, state: 'UNKNOWN', message, endedAt: this.#now() }
            : { ...present, owner: thisProcess }
        },
        'left'
      )
    }
    return left.filter(({ state }) => state === 'RUNNING')
  }

  /**
   * @throws {BridgeError} LEDGER_UNAVAILABLE, also where the disk takes longer than `lateMs`, or the call is
   * not this process's any more
   */
  async #enter(record: WriteRecord): Promise<void> {
    const conditions = currentCall()?.conditions ?? []
    const enter = async (): Promise<void> => {
      await this.showLife()
      await this.store.putIfAbsent(table, record.id, record, conditions)
    }
    const entered = enter()
    try {
      await withTimeout(entered, this.#lateMs, () => {
        throw new Error(`nothing was written within ${this.#lateMs / 1000} s`)
      })
    } catch (error) {
      if (!(error instanceof ConditionError)) void this.#refuse(record, entered)
      throw storeUnavailable(this.store, error)
    }
  }

  /** Of a write that is not sent, as its entry failed: it may be there all the same, or be so in a moment. */
  async #refuse(record: WriteRecord, entered: Promise<void>): Promise<void> {
    await entered.catch(() => undefined)
    await this.changes.apply(record.id, async () => {
      const message = 'Not sent: it could not be entered in time'
      const refused = { state: 'REFUSED', message, endedAt: this.#now() } as const
      await getInTurn(this.store, table, record.id)
      // One that took this bridge for ended, and called it UNKNOWN, knows less of it.
      await this.#change(record.id, (present) =>
        present.state === 'SENDING' || present.state === 'UNKNOWN'
          ? { ...present, ...refused }
          : undefined
      )
    })
  }

  async #accepted(id: string, { taskTag, createdUUID }: WriteResult): Promise<void> {
    if (taskTag !== '') this.#byTask.set(taskTag, id)
    await this.#update(id, (present) => {
      // It was kept although that failed, and its state may have changed since.
      if (taskTag !== '' && present.taskTag === taskTag) return undefined
      return {
        ...present,
        taskTag,
        createdUUID,
        // One that took this bridge for ended has said otherwise.
        message: '',
        targets: [...new Set([...present.targets, ...(createdUUID ? [createdUUID] : [])])],
        ...(taskTag === ''
          ? { state: 'COMPLETE', endedAt: this.#now() }
          : { state: 'RUNNING', endedAt: 0 })
      }
    })
  }

  async #ended(id: string, outcome: UnacceptedOutcome, reason: string): Promise<void> {
    await this.#update(id, (present) => ({
      ...present,
      state: outcome,
      message: reason,
      endedAt: this.#now()
    }))
  }

  /** What has happened is never undone because it could not be written down: that is tried again. */
  async #update(
    id: string,
    change: (present: WriteRecord) => WriteRecord | undefined,
    kind?: string
  ): Promise<void> {
    await this.changes.apply(id, () => this.#change(id, change), kind)
  }

  async #change(
    id: string,
    change: (present: WriteRecord) => WriteRecord | undefined
  ): Promise<void> {
    for (;;) {
      const present = (await this.store.get(table, id)) as Versioned & { value: WriteRecord }
      if (present === undefined) return
      const next = change(present.value)
      if (next === undefined) return
      const changed = this.clean(next)
      if (await this.store.swap(table, id, present.version, changed)) return this.#tell(changed)
    }
  }

  #tell(write: WriteRecord): void {
    const { id, callId, tool, method, path, targets, state, taskTag, createdUUID } = write
    const fields = { write: id, callId, tool, method, path, targets, state, taskTag, createdUUID }
    if (isEnded(write)) this.#logger.info(fields, 'write ended')
    for (const listener of this.#listeners) listener(write)
  }

  /** Forgets what is old, and the oldest where there are too many. */
  async #prune(): Promise<void> {
    try {
      const all = [...(await this.store.all(table))]
        .map(([id, { version, value }]) => ({ id, version, write: value as WriteRecord }))
        .toSorted((a, b) => b.write.sentAt - a.write.sentAt)
      const oldest = this.#now() - keptMs
      for (const [at, { id, version, write }] of all.entries())
        if (isEnded(write) && (at >= maxKept || write.sentAt < oldest))
          await this.store.swap(table, id, version, undefined)
    } catch (err) {
      this.#logger.debug({ err }, 'The ledger could not be pruned')
    }
  }
}
