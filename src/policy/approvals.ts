import type { Principal } from '../identity/principal.ts'
import { scopeRequired } from '../identity/scope-required.ts'
import { BridgeError } from '../lib/errors/errors.ts'
import type { JsonObject } from '../lib/json/json.ts'
import { shortId } from '../lib/text/short-id.ts'
import { unixMs } from '../lib/time/unix-time.ts'
import { MemoryStore } from '../store/memory-store.ts'
import { RetriedChanges } from '../store/retried-changes.ts'
import type { Store, Versioned } from '../store/store.ts'
import { storeUnavailable } from '../store/unavailable.ts'
import type { Binding } from './binding.ts'
import { type Asker, isSame, mayCarryOut } from './asker.ts'
import type { Plan, Plans } from './plan.ts'
import { notFound, tooLate, waits } from './plan-errors.ts'

/** How long a person may take to decide, and the caller then to carry it out. */
export const planMs = 10 * 60_000

/** Plans that are kept after they have ended, to be looked at. */
const maxKept = 200

/** Plans of one token that may wait at a time: more are a flood, which is not read. */
const maxWaiting = 20

/** What a plan consists of. */
export type PlanDraft = Pick<
  Plan,
  'tool' | 'effect' | 'because' | 'summary' | 'does' | 'requests' | 'targets' | 'vms'
>

interface Kept extends JsonObject {
  plan: Plan
  binding: Binding
  requester: Asker
  /** Names what the call creates, the same when it is carried out. */
  stamp: string
}

/** A plan as it is kept, and which version of it that is. */
interface Found extends Versioned {
  value: Kept
}

const table = 'plans'

/**
 * The plans of all bridges on a store, or of this process. There they are not kept over a restart on
 * purpose: what was approved before it was approved for a bridge that knew what had happened since.
 */
export class Approvals implements Plans {
  readonly #store: Store
  readonly #now: () => number
  readonly #consoleUrl: () => string
  readonly #listeners = new Set<(plan: Plan) => void>()
  readonly #endings = new RetriedChanges()
  /** Of several who ask at once, each sees the plans of those before it. */
  #asking: Promise<unknown> = Promise.resolve()

  /**
   * @param store default: they end with this process
   * @param now Unix milliseconds
   * @param consoleUrl where a person decides
   */
  constructor(
    store: Store = new MemoryStore(),
    now: () => number = unixMs,
    consoleUrl = () => '/console'
  ) {
    this.#store = store
    this.#now = now
    this.#consoleUrl = consoleUrl
  }

  async list(): Promise<Plan[]> {
    const shown = await Promise.all((await this.#all()).map((found) => this.#shown(found)))
    return shown
      .map(({ value }) => ({ ...value.plan }))
      .toReversed()
      .toSorted((a, b) => b.createdAt - a.createdAt)
  }

  async get(id: string): Promise<Plan | undefined> {
    const found = await this.#find(id)
    return found && { ...found.value.plan }
  }

  onChange(listener: (plan: Plan) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  onNews(listener: (id: string) => void): () => void {
    return this.#store.watch(({ kind, name, key }) => {
      if (kind === 'table' && name === table) listener(String(key))
    })
  }

  /** The stamp of the call that a plan came from; undefined for an unknown plan. */
  async stampOf(id: string): Promise<string | undefined> {
    return (await this.#find(id))?.value.stamp
  }

  async approve(id: string, by: Principal): Promise<Plan> {
    return this.#decide(
      () => this.#waiting(id, by),
      ({ requester }) => {
        if (isSame(requester, by))
          throw new BridgeError(
            'OWN_PLAN',
            `Plan ${id} was asked for with your own token or by you: ask another person, with a token that has the scope approve, to decide on it`
          )
        return { state: 'APPROVED', decidedBy: by.name }
      }
    )
  }

  async deny(id: string, by: Principal, reason = ''): Promise<Plan> {
    return this.#decide(
      async () => {
        const own = await this.#find(id)
        return own !== undefined && isSame(own.value.requester, by)
          ? open(own)
          : this.#waiting(id, by)
      },
      () => ({ state: 'DENIED', decidedBy: by.name, reason: reason === '' ? undefined : reason })
    )
  }

  /**
   * A plan for a request that a person has to see; the one that waits already, or is approved already,
   * where the same principal asks for the same again.
   * @throws {BridgeError} RATE_LIMITED where too many wait
   */
  ask(draft: PlanDraft, binding: Binding, requester: Principal, stamp: string): Promise<Plan> {
    const asked = this.#asking.then(() => this.#ask(draft, binding, requester, stamp))
    this.#asking = asked.catch(() => undefined)
    return asked
  }

  async #ask(
    draft: PlanDraft,
    binding: Binding,
    { kind, name, person }: Principal,
    stamp: string
  ): Promise<Plan> {
    const requester: Asker = { kind, name, person }
    const all = await Promise.all((await this.#all()).map((found) => this.#shown(found)))
    const own = all
      .map(({ value }) => value)
      .filter((kept) => isSame(kept.requester, requester) && kept.plan.state === 'WAITING')
    const same = own.find(
      (kept) =>
        kept.binding.request === binding.request &&
        kept.binding.target === binding.target &&
        kept.requester.person?.name === requester.person?.name
    )
    if (same !== undefined) return { ...same.plan }
    if (own.length >= maxWaiting)
      throw new BridgeError(
        'RATE_LIMITED',
        `${maxWaiting} plans of this token wait for approval already: have them approved or denied first, at ${this.#consoleUrl()}`,
        { details: { retryAfterSeconds: 60 } }
      )
    const now = this.#now()
    const plan: Plan = {
      ...draft,
      id: shortId('p'),
      state: 'WAITING',
      createdAt: now,
      expiresAt: now + planMs,
      requester: requester.name,
      person: requester.person,
      decidedBy: undefined,
      reason: undefined,
      outcome: undefined
    }
    await this.#guarded(
      this.#store.putIfAbsent(table, plan.id, { plan, binding, requester, stamp })
    )
    await this.#forget(all)
    return this.#told(plan)
  }

  /**
   * Takes an approved plan for the one request that it is bound to. From here on it is used, whatever
   * the outcome of the request; of several callers at once, on whichever bridge, one gets it.
   * @throws {BridgeError} PLAN_NOT_FOUND, PLAN_USED, PLAN_DENIED, PLAN_STALE; APPROVAL_REQUIRED while it waits
   */
  async redeem(id: string, binding: Binding, by: Principal): Promise<Plan> {
    let isStale = false
    const plan = await this.#decide(
      async () => {
        const found = await this.#find(id)
        if (found === undefined || !mayCarryOut(found.value.requester, by)) throw notFound(id)
        const { state } = found.value.plan
        if (state === 'WAITING') throw waits(found.value.plan, this.#consoleUrl())
        if (state !== 'APPROVED') throw tooLate(found.value.plan)
        return found
      },
      (kept) => {
        if (kept.binding.request !== binding.request)
          throw new BridgeError(
            'PLAN_STALE',
            `Plan ${id} is for another call: call again with exactly the arguments it was created for, or without plan for a new one. Nothing was sent`
          )
        isStale = kept.binding.target !== binding.target
        return { state: isStale ? 'STALE' : 'USED' }
      }
    )
    if (isStale)
      throw new BridgeError(
        'PLAN_STALE',
        `What plan ${id} acts on has changed since it was approved (name, state, tags, snapshots or replication), so nothing was sent: call again without plan for a new one`
      )
    return plan
  }

  /** Enters the outcome of a plan that was carried out, as soon as the store accepts it. */
  async ended(id: string, outcome: string): Promise<void> {
    await this.#endings.apply(id, async () => {
      await this.#decide(
        async () => (await this.#find(id)) ?? Promise.reject(notFound(id)),
        () => ({ outcome })
      )
    })
  }

  /** Enters what is left to enter, once nothing is carried out any more. */
  async close(): Promise<void> {
    await this.#endings.close()
  }

  /** Resolves when a plan waits no more, or after `ms`; with the plan as it is then. */
  async decided(id: string, ms: number, signal: AbortSignal): Promise<Plan | undefined> {
    const end = new AbortController()
    const over = (): void => end.abort()
    const timer = setTimeout(over, ms)
    signal.addEventListener('abort', over, { once: true })
    let isNews = false
    let wake = (): void => undefined
    const hear = (): void => {
      isNews = true
      wake()
    }
    const stop = this.onNews((changed) => {
      if (changed === id) hear()
    })
    end.signal.addEventListener('abort', hear, { once: true })
    if (signal.aborted) over()
    try {
      for (;;) {
        isNews = false
        const plan = await this.get(id)
        if (plan?.state !== 'WAITING' || end.signal.aborted) return plan
        if (!isNews) await new Promise<void>((resolve) => (wake = resolve))
      }
    } finally {
      stop()
      clearTimeout(timer)
      signal.removeEventListener('abort', over)
    }
  }

  /**
   * Changes a plan that is as it was when that was decided; decides again where it is not any more.
   * @param find the plan, where it may be changed at all
   */
  async #decide(find: () => Promise<Found>, changes: (kept: Kept) => Partial<Plan>): Promise<Plan> {
    for (;;) {
      const found = await find()
      const changed = await this.#change(found, changes(found.value))
      if (changed !== undefined) return { ...changed.value.plan }
    }
  }

  /** @throws {BridgeError} where `by` may not decide, or not any more */
  async #waiting(id: string, by: Principal): Promise<Found> {
    if (!by.scopes.has('approve')) throw scopeRequired(by, 'Deciding on plans', ['approve'])
    const found = await this.#find(id)
    if (found === undefined) throw notFound(id)
    return open(found)
  }

  async #all(): Promise<Found[]> {
    return [...(await this.#guarded(this.#store.all(table))).values()] as Found[]
  }

  async #find(id: string): Promise<Found | undefined> {
    const found = (await this.#guarded(this.#store.get(table, id))) as Found | undefined
    return found && this.#shown(found)
  }

  /** With what time alone has changed. */
  async #shown(found: Found): Promise<Found> {
    const { id, state, expiresAt } = found.value.plan
    const isOpen = state === 'WAITING' || state === 'APPROVED'
    if (!isOpen || this.#now() < expiresAt) return found
    const expired = await this.#change(found, { state: 'EXPIRED' })
    if (expired !== undefined) return expired
    // Another one was faster.
    return ((await this.#guarded(this.#store.get(table, id))) as Found | undefined) ?? found
  }

  /** Undefined where it was changed by another meanwhile. */
  async #change({ value, version }: Found, changes: Partial<Plan>): Promise<Found | undefined> {
    const next: Kept = { ...value, plan: { ...value.plan, ...changes } }
    const swap = this.#store.swap(table, value.plan.id, version, next)
    if (!(await this.#guarded(swap))) return undefined
    this.#told(next.plan)
    return { value: next, version: version + 1 }
  }

  #told(plan: Plan): Plan {
    for (const listener of this.#listeners) listener({ ...plan })
    return { ...plan }
  }

  /** @param all those before the last one, the oldest first */
  async #forget(all: readonly Found[]): Promise<void> {
    let count = all.length + 1
    for (const { value, version } of all) {
      if (count <= maxKept) return
      const { id, state } = value.plan
      if (state === 'WAITING' || state === 'APPROVED') continue
      await this.#guarded(this.#store.swap(table, id, version, undefined))
      count -= 1
    }
  }

  async #guarded<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      throw storeUnavailable(this.#store, error)
    }
  }
}

/** @throws {BridgeError} where it can no longer be decided */
function open(found: Found): Found {
  if (found.value.plan.state !== 'WAITING') throw tooLate(found.value.plan)
  return found
}
