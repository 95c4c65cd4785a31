import { createHash, randomUUID } from 'node:crypto'
import { canonicalJson } from '../lib/json/canonical-json.ts'
import { isThisProcess, thisProcess } from '../lib/process/process-identity.ts'
import { BridgeError, toBridgeError } from '../lib/errors/errors.ts'
import { unixMs } from '../lib/time/unix-time.ts'
import type { JsonObject } from '../lib/json/json.ts'
import type { Versioned } from '../store/store.ts'
import { storeUnavailable } from '../store/unavailable.ts'
import { type CallScope, runInCall } from './call-scope.ts'
import { callsTable as table, forgetCalls, repeatWindowMs } from './forget-calls.ts'
import type { Ledger } from './ledger.ts'
import { type CallRecord, isEnded, type WriteRecord } from './records.ts'
import { type CallResult, type EarlierCall, RunningCall } from './running-call.ts'
import { changesTargets } from './targets.ts'

/** Responses larger than this are not kept: what they are about is kept with the writes. */
const maxKeptResponse = 16 * 1024

/** A call of a writing tool as the caller sent it. */
export interface CallRequest {
  tool: string
  /** The caller: what others call is another call, which they may or may not make. */
  caller: string
  /** Coerced, validated, names resolved; without what says only how to call, such as `wait`. */
  args: Record<string, unknown>
  /** The same as it may be shown: without secrets. Default: nothing is shown. */
  shown?: Record<string, unknown>
  /** Uuids it acts on. */
  targets: readonly string[]
  /**
   * When it came in, Unix milliseconds; default: now. Names are looked up before it runs, which may take
   * longer than others need to change what it acts on.
   */
  askedAt?: number | undefined
  /** The caller's own name for this call: it decides instead of the arguments. */
  idempotencyKey?: string | undefined
}

/** How a call is to be run. */
export interface CallOptions {
  /** The caller insists: it runs whatever came before. */
  again: boolean
  /** Once it has ended, running it again comes to the same. */
  idempotent: boolean
  /** Aborts when the caller goes away. */
  signal: AbortSignal
  /** How long the caller waits for a call that has sent something; default: to its end. */
  maxWaitMs?: number | undefined
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Recognises a call of a writing tool that is repeated, and lets only the first one act. */
export class Calls {
  readonly #ledger: Ledger
  readonly #now: () => number
  /** Calls that run in this process, by key. */
  readonly #running = new Map<string, RunningCall>()

  constructor(ledger: Ledger, now: () => number = unixMs) {
    this.#ledger = ledger
    this.#now = now
  }

  /**
   * Runs a call unless the same one runs, or has just run: then its response is the response.
   *
   * Of a call that failed before anything was sent nothing is kept, so that it can be tried again; so
   * it is with one whose task ended in ERROR, and with one after which something else has changed what
   * it acts on before it was called again, unless the caller has named it: a name stands for one call,
   * whatever came between.
   * What was sent continues when its caller leaves; a call that has sent nothing ends with its last caller.
   * @throws what `work` throws; {BridgeError} INVALID_ARGUMENT for an idempotency key that was given
   * with other arguments
   */
  async run<T>(
    request: CallRequest,
    options: CallOptions,
    work: (signal: AbortSignal) => Promise<T>
  ): Promise<CallResult<T>> {
    const { signal } = options
    const fingerprint = sha256(canonicalJson([request.tool, request.args]))
    const { idempotencyKey } = request
    const name = idempotencyKey === undefined ? fingerprint : `key ${idempotencyKey}`
    const key = `${this.#ledger.cluster} ${sha256(canonicalJson([request.caller, name]))}`
    const present = this.#running.get(key)
    // One that everybody has left ends without having acted: it cannot be joined.
    if (present !== undefined && !present.signal.aborted && !options.again) {
      requireSame(present.fingerprint, fingerprint)
      const result = (await present.wait(signal, options.maxWaitMs)) as CallResult<T>
      return result.kind === 'ran' ? { kind: 'joined', response: result.response } : result
    }
    const running = new RunningCall(fingerprint)
    running.result = this.#claimAndRun(key, running, request, options, work).finally(() => {
      if (this.#running.get(key) === running) this.#running.delete(key)
    })
    // It may end in a failure after its caller has left.
    running.result.catch(() => undefined)
    this.#running.set(key, running)
    return (await running.wait(signal, options.maxWaitMs)) as CallResult<T>
  }

  /** Resolves when the calls that run here have ended, even if no caller waits for them. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#running.values()].map(({ result }) => result))
  }

  async #claimAndRun<T>(
    key: string,
    running: RunningCall,
    request: CallRequest,
    options: CallOptions,
    work: (signal: AbortSignal) => Promise<T>
  ): Promise<CallResult<T>> {
    const { cluster } = this.#ledger
    const { fingerprint } = running
    const { askedAt = this.#now() } = request
    const mine: CallRecord = {
      callId: randomUUID(),
      cluster,
      tool: request.tool,
      fingerprint,
      targets: [...request.targets],
      state: 'RUNNING',
      startedAt: this.#now(),
      endedAt: 0,
      owner: thisProcess
    }
    await this.#guarded(this.#ledger.showLife())
    try {
      const found = await this.#claim(key, mine, request, askedAt, options)
      if (found !== undefined) return { kind: 'repeated', earlier: found }
    } catch (error) {
      // It may have been kept all the same: one that continues would keep others from it.
      if (!(error instanceof BridgeError) || error.code === 'LEDGER_UNAVAILABLE')
        void this.#end(key, mine, { hasSent: false }, {})
      throw error
    }
    return this.#runClaimed(key, mine, running, request, work)
  }

  /**
   * Enters a call, unless it is a repetition.
   * @returns what it is the repetition of
   */
  async #claim(
    key: string,
    mine: CallRecord,
    request: CallRequest,
    askedAt: number,
    options: CallOptions
  ): Promise<EarlierCall | undefined> {
    const { store } = this.#ledger
    for (;;) {
      const put = await this.#guarded(store.putIfAbsent(table, key, mine))
      if (put.put) return undefined
      const { existing } = put
      const earlier = existing.value as CallRecord
      if (!options.again) {
        requireSame(String(earlier['fingerprint']), String(mine['fingerprint']))
        const isNamed = request.idempotencyKey !== undefined
        const found = await this.#repetitionOf(earlier, { askedAt, isNamed, ...options })
        if (found !== undefined) {
          if (earlier.isTaken === true) await this.#giveBack(key, existing.version, earlier)
          return found
        }
        if (earlier.state === 'RUNNING' && earlier.isTaken !== true) {
          // Its process may only have stood still, and have entered a write meanwhile: it enters
          // none from now on, so what is looked at next is all of it.
          await this.#guarded(
            store.swap(table, key, existing.version, { ...earlier, isTaken: true })
          )
          continue
        }
      } else mine.beside = this.#besideWhat(earlier)
      if (await this.#guarded(store.swap(table, key, existing.version, mine))) return undefined
    }
  }

  /** Lets the process that a call was taken from continue with it. */
  async #giveBack(key: string, version: number, call: CallRecord): Promise<void> {
    const { store } = this.#ledger
    await this.#guarded(store.swap(table, key, version, { ...call, isTaken: false }))
  }

  /** Calls that continue although another run is insisted on: those of processes that live. */
  #besideWhat({ beside = [], callId, state, isTaken, owner }: CallRecord): string[] {
    const isRunning = state === 'RUNNING' && isTaken !== true && !this.#ledger.hasEnded(owner)
    return isRunning ? [...beside, callId] : beside
  }

  async #runClaimed<T>(
    key: string,
    mine: CallRecord,
    running: RunningCall,
    { tool, targets, shown = {} }: CallRequest,
    work: (signal: AbortSignal) => Promise<T>
  ): Promise<CallResult<T>> {
    const { callId } = mine
    const scope: CallScope = {
      callId,
      tool,
      args: shown,
      targets,
      hasSent: false,
      // The process that took it over holds it, unless that one was only insisted on beside it. It was entered before
      // anything ran: where it is missing, it was taken over, or forgotten as one that was left.
      conditions: [
        {
          table,
          key,
          holds: (present) => {
            const now = present?.value as CallRecord | undefined
            if (now?.callId === callId) return now.isTaken !== true
            return now?.beside?.includes(callId) === true
          }
        }
      ]
    }
    running.scope = scope
    try {
      const response = await runInCall(scope, () => work(running.signal))
      await this.#end(key, mine, scope, { response: kept(response) })
      return { kind: 'ran', response }
    } catch (error) {
      const { code, message } = toBridgeError(error)
      await this.#end(key, mine, scope, { error: { code, message } })
      throw error
    }
  }

  /**
   * What a call is the repetition of; undefined where it is to run.
   * @param isNamed its caller gave it an idempotency key
   */
  async #repetitionOf(
    call: CallRecord,
    {
      askedAt,
      isNamed,
      idempotent
    }: { askedAt: number; isNamed: boolean } & Pick<CallOptions, 'idempotent'>
  ): Promise<EarlierCall | undefined> {
    const all = await this.#guarded(this.#ledger.writes())
    const writes = all.filter(({ callId }) => callId === call.callId)
    const agoMs = this.#now() - (call.endedAt || call.startedAt)
    const isRunning = call.state === 'RUNNING'
    const isInProgress =
      isRunning && !isThisProcess(call.owner) && !this.#ledger.hasEnded(call.owner)
    const earlier = { call, writes, agoMs: Math.max(0, agoMs), isInProgress }
    // A process that has ended left it at a point where it may have acted.
    if (isRunning) return isInProgress || writes.length > 0 ? earlier : undefined
    if (idempotent && !isNamed && writes.every(isEnded)) return undefined
    if (agoMs > repeatWindowMs) return undefined
    if (writes.some(({ state }) => state === 'ERROR')) return undefined
    if (writes.every(({ state }) => state === 'REFUSED')) return undefined
    if (isNamed) return earlier
    const ours = new Set(writes.flatMap(({ targets }) => targets))
    const last = writes.at(-1)?.sentAt ?? 0
    const hasChangedOurs = (write: WriteRecord): boolean =>
      write.callId !== call.callId &&
      write.sentAt >= last &&
      write.sentAt <= askedAt &&
      write.state !== 'REFUSED' &&
      changesTargets(write) &&
      write.targets.some((target) => ours.has(target))
    return all.some(hasChangedOurs) ? undefined : earlier
  }

  /** Keeps the response of a call that may have acted; forgets one that sent nothing. */
  async #end(
    key: string,
    mine: CallRecord,
    { hasSent }: Pick<CallScope, 'hasSent'>,
    outcome: Pick<CallRecord, 'response' | 'error'>
  ): Promise<void> {
    const { store } = this.#ledger
    const { callId } = mine
    const done = { ...mine, state: 'DONE', endedAt: this.#now() }
    await this.#ledger.changes.apply(callId, async () => {
      for (;;) {
        const present = (await store.get(table, key)) as
          (Versioned & { value: CallRecord }) | undefined
        const isOwn = present?.value.callId === callId
        // Another one was insisted on meanwhile, and may have sent something.
        if (present !== undefined && !isOwn && present.value.sentNothing !== true) return
        if (!hasSent && !isOwn) return
        const ended: JsonObject | undefined = hasSent
          ? this.#ledger.clean({ ...done, ...outcome })
          : entryWithoutWrites(done)
        if (present !== undefined) {
          if (await store.swap(table, key, present.version, ended)) break
        } else if (ended !== undefined && (await store.putIfAbsent(table, key, ended)).put) break
      }
      await forgetCalls(this.#ledger, this.#now())
    })
  }

  async #guarded<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      throw storeUnavailable(this.#ledger.store, error)
    }
  }
}

/** A response as it is kept; one that is too large is not. */
const kept = (response: unknown): unknown =>
  (JSON.stringify(response)?.length ?? 0) > maxKeptResponse ? undefined : response

/** The entry that stays for a call that sent nothing: the calls that it ran beside continue by it. */
const entryWithoutWrites = (
  done: JsonObject & Pick<CallRecord, 'beside'>
): JsonObject | undefined =>
  done.beside === undefined || done.beside.length === 0 ? undefined : { ...done, sentNothing: true }

function requireSame(earlier: string, fingerprint: string): void {
  if (earlier === fingerprint) return
  throw new BridgeError(
    'INVALID_ARGUMENT',
    'This Idempotency-Key was used for a call with other arguments: send a new key for a new call'
  )
}
