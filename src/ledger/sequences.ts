import type { PlannedRequest } from '../hypercore/writes/sequence.ts'
import { canonicalJson } from '../lib/json/canonical-json.ts'
import type { JsonObject } from '../lib/json/json.ts'
import { type ProcessIdentity, thisProcess } from '../lib/process/process-identity.ts'
import { shortId } from '../lib/text/short-id.ts'
import { unixMs } from '../lib/time/unix-time.ts'
import { BridgeError } from '../lib/errors/errors.ts'
import { getInTurn } from '../store/get-in-turn.ts'
import { type Condition, ConditionError, type Versioned } from '../store/store.ts'
import { storeUnavailable } from '../store/unavailable.ts'
import type { Ledger } from './ledger.ts'
import { keptMs } from './records.ts'

const table = 'sequences'

const maxKept = 500

/** How far a step of a sequence is. */
export type StepState =
  /** Not sent. */
  | 'PENDING'
  /** It may be on its way. */
  | 'RUNNING'
  | 'COMPLETE'
  | 'ERROR'
  /** It may have been carried out. */
  | 'UNKNOWN'

/** What undoes a step. */
export interface UndoStep extends Omit<PlannedRequest, 'stream'> {
  /** `give VM "file-01" its name back` */
  does: string
}

/** A step as it is kept. */
export interface StepRecord {
  does: string
  request: PlannedRequest
  state: StepState
  /** What the cluster, or the refusal, said. */
  message: string
  createdUUID: string
  undo: UndoStep | undefined
  /** The rest continues where it fails. Default false. */
  optional?: boolean
}

/** Several writes that belong together, and how far they are. */
export interface SequenceRecord extends JsonObject {
  id: string
  cluster: string
  /** Id of the call in the ledger. */
  callId: string
  tool: string
  /** Id of the plan that a person has approved for it; empty for none. */
  plan: string
  /** Uuids of what it is about. */
  targets: string[]
  steps: StepRecord[]
  state: 'RUNNING' | 'COMPLETE' | 'ERROR'
  /** Of the sequence that has undone it; empty for none. */
  undoneBy: string
  /** Unix milliseconds. */
  startedAt: number
  /** Unix milliseconds; 0 while it runs. */
  endedAt: number
  owner: ProcessIdentity
  /** No process continues it although it has not ended, as it was when it was read. Not kept. */
  isLeft?: boolean
}

export type SequenceDraft = Pick<SequenceRecord, 'callId' | 'tool' | 'plan' | 'targets' | 'steps'>

/** Keeps what sequences were to do and how far they came, so that a crash leaves nothing unsaid. */
export class Sequences {
  readonly #ledger: Ledger
  readonly #now: () => number
  #saving: Promise<void> = Promise.resolve()

  /** @param now Unix milliseconds */
  constructor(ledger: Ledger, now: () => number = unixMs) {
    this.#ledger = ledger
    this.#now = now
  }

  /**
   * Durable when it resolves.
   * @throws {BridgeError} LEDGER_UNAVAILABLE: then nothing of it must be sent
   */
  async begin(draft: SequenceDraft): Promise<SequenceRecord> {
    const { store, cluster, clean } = this.#ledger
    await this.#prune()
    const record: SequenceRecord = {
      ...draft,
      id: shortId('s'),
      cluster,
      steps: clean(draft.steps),
      state: 'RUNNING',
      undoneBy: '',
      startedAt: this.#now(),
      endedAt: 0,
      owner: thisProcess
    }
    await this.#guarded(this.#ledger.showLife())
    try {
      await this.#guarded(store.putIfAbsent(table, record.id, plain(record)))
    } catch (error) {
      // It may have been kept all the same: one that continues would keep others from moving VMs.
      void this.#ledger.changes.apply(record.id, async () => {
        const kept = await getInTurn(store, table, record.id)
        if (kept !== undefined && isHeldBy(kept.value, thisProcess))
          await store.swap(table, record.id, kept.version, undefined)
      })
      throw error
    }
    return record
  }

  /** Holds as long as a sequence is this process's to carry on: for each write of it. */
  held({ id, owner }: SequenceRecord): Condition {
    return { table, key: id, holds: (present) => isHeldBy(present?.value, owner) }
  }

  /**
   * Keeps how far a sequence is.
   * @throws {BridgeError} LEDGER_UNAVAILABLE, also where others have taken it: then nothing more of it must be sent
   */
  save(record: SequenceRecord): Promise<void> {
    // One after the other: what is kept last is how far it is.
    const saving = this.#saving.then(() => this.#save(record))
    this.#saving = saving.catch(() => undefined)
    return saving
  }

  async #save(record: SequenceRecord): Promise<void> {
    const { store, clean } = this.#ledger
    const present = await this.#guarded(store.get(table, record.id))
    const value = plain({ ...record, steps: clean(record.steps), isLeft: undefined })
    const isKept =
      present !== undefined &&
      isHeldBy(present.value, record.owner) &&
      (await this.#guarded(store.swap(table, record.id, present.version, value)))
    // An attempt of before may have been kept although it failed.
    if (isKept || canonicalJson(present?.value) === canonicalJson(value)) return
    throw new BridgeError(
      'LEDGER_UNAVAILABLE',
      `This bridge stood still for so long that others took sequence ${record.id} for left, and ended it. Nothing more of it was sent`,
      { cause: new ConditionError(`${record.id} of ${table} is not as it was`) }
    )
  }

  /**
   * Ends a sequence that was left: its process, if it has only stood still, sends nothing more of it.
   * @param found as it was read
   * @throws {BridgeError} ILLEGAL_STATE where it has continued since; LEDGER_UNAVAILABLE
   */
  async take(found: SequenceRecord): Promise<void> {
    const { store } = this.#ledger
    const present = await this.#guarded(store.get(table, found.id))
    const record = present?.value as SequenceRecord | undefined
    if (present === undefined || record === undefined) return
    const isAsFound = countDone(record) === countDone(found)
    if (record.state !== 'RUNNING' && isAsFound) return
    const steps = record.steps.map((step) =>
      step.state === 'RUNNING' ? { ...step, state: 'UNKNOWN' } : step
    )
    const ended = { ...record, steps, state: 'ERROR', endedAt: this.#now() }
    const isTaken =
      isAsFound &&
      this.#ledger.hasEnded(record.owner) &&
      (await this.#guarded(store.swap(table, found.id, present.version, ended)))
    if (isTaken) return
    throw new BridgeError(
      'ILLEGAL_STATE',
      `Nothing was sent: sequence ${found.id}, which looked abandoned, is still running. Call again when it has ended`
    )
  }

  /** Keeps by which other sequence one was undone, as soon as the store accepts it. */
  async markUndone(id: string, undoneBy: string): Promise<void> {
    const { store, changes } = this.#ledger
    await changes.apply(id, async () => {
      for (;;) {
        const present = await store.get(table, id)
        if (present === undefined) return
        const undone = { ...present.value, undoneBy }
        if (await store.swap(table, id, present.version, undone)) return
      }
    })
  }

  /** Entered as soon as the store accepts it. @param state how it ended */
  async end(record: SequenceRecord, state: 'COMPLETE' | 'ERROR'): Promise<void> {
    const ended = Object.assign(record, { state, endedAt: this.#now() })
    await this.#ledger.changes.apply(record.id, () => this.save(ended))
  }

  /** @param id its own, or that of the plan that was approved for it */
  async get(id: string): Promise<SequenceRecord | undefined> {
    if (id.startsWith('p-')) return (await this.list()).find(({ plan }) => plan === id)
    const found = await this.#guarded(this.#ledger.store.get(table, id))
    return found && this.#own(found)
  }

  /** Those of this cluster, the newest first. */
  async list(): Promise<SequenceRecord[]> {
    const all = await this.#guarded(this.#ledger.store.all(table))
    return [...all.values()]
      .flatMap((each) => this.#own(each) ?? [])
      .toSorted((a, b) => b.startedAt - a.startedAt)
  }

  /** The one that a call carried out. */
  async ofCall(callId: string): Promise<SequenceRecord | undefined> {
    return (await this.list()).find((each) => each.callId === callId)
  }

  #own({ value }: Versioned): SequenceRecord | undefined {
    const record = value as SequenceRecord
    if (record.cluster !== this.#ledger.cluster) return undefined
    const isLeft = record.state === 'RUNNING' && this.#ledger.hasEnded(record.owner)
    return { ...structuredClone(record), isLeft }
  }

  async #prune(): Promise<void> {
    const { store } = this.#ledger
    const all = [...(await this.#guarded(store.all(table)))]
    const newest = all
      .map(([, { value }]) => (value as SequenceRecord).startedAt)
      .toSorted((a, b) => b - a)
    const oldest = Math.max(this.#now() - keptMs, newest[maxKept - 1] ?? 0)
    for (const [key, { version, value }] of all) {
      const { startedAt, state, owner } = value as SequenceRecord
      // One that continues would stop without its record.
      const isRunning = state === 'RUNNING' && !this.#ledger.hasEnded(owner)
      if (startedAt < oldest && !isRunning)
        await this.#guarded(store.swap(table, key, version, undefined))
    }
  }

  async #guarded<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      throw storeUnavailable(this.#ledger.store, error)
    }
  }
}

const isHeldBy = (record: JsonObject | undefined, { nonce }: ProcessIdentity): boolean =>
  record?.['state'] === 'RUNNING' && (record as SequenceRecord).owner.nonce === nonce

export const isDone = ({ state }: StepRecord): boolean => state === 'COMPLETE'

/** Steps of a sequence that are done. */
export const countDone = ({ steps }: SequenceRecord): number => steps.filter(isDone).length

/** Whether no process continues a sequence although it has not ended. */
export const isLeft = (sequence: SequenceRecord): boolean => sequence.isLeft === true

/** As JSON has it, without fields that are undefined. */
const plain = (record: SequenceRecord): JsonObject =>
  JSON.parse(JSON.stringify(record)) as JsonObject
