import { createHash, randomInt } from 'node:crypto'
import type { Principal } from '../identity/principal.ts'
import { scopeRequired } from '../identity/scope-required.ts'
import { BridgeError } from '../lib/errors.ts'
import { quoteName, quoteText } from '../lib/quote.ts'
import { unixMs } from '../lib/unix-time.ts'
import type { Plan, Plans, PlanState } from './plan.ts'

/** How long a person may take to decide, and the caller then to carry it out. */
export const planMs = 10 * 60_000

/** Plans that are kept after they have ended, to be looked at. */
const maxKept = 200

/** Plans of one token that may wait at a time: more are a flood, which nobody reads. */
const maxWaiting = 20

/** What binds a plan: nothing else is carried out by it. */
export interface Binding {
  /** Hash of method, path, query and body of each. */
  request: string
  /** Hash of what the targets are: names, states, tags, snapshots, replication. */
  target: string
}

/** What a plan is made of. */
export type PlanDraft = Pick<
  Plan,
  'tool' | 'effect' | 'because' | 'summary' | 'does' | 'requests' | 'targets' | 'vms'
>

interface Kept {
  plan: Plan
  binding: Binding
  requester: Principal
  /** Names what the call creates, the same when it is carried out. */
  stamp: string
}

/** Without letters and digits that are taken for one another. */
const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789'

const newId = (): string =>
  `p-${Array.from({ length: 8 }, () => alphabet[randomInt(alphabet.length)]).join('')}`

/** Two that must not approve each other's plans: the same token, or the same person behind two. */
function isSame(one: Principal, other: Principal): boolean {
  if (one.kind === other.kind && one.name === other.name && one.kind !== 'oidc') return true
  const [a, b] = [one.person, other.person]
  if (a?.verified === true && b?.verified === true)
    // A name may be changed by whoever bears it; the id stays.
    return a.name === b.name || (a.id !== undefined && a.id === b.id)
  // Without a person on both sides, the client of a sign-in is all there is to tell them apart.
  return one.kind === other.kind && one.name === other.name
}

/** Of several people behind one token, the one who asked. */
function mayCarryOut(requester: Principal, by: Principal): boolean {
  const [asked, now] = [requester.person, by.person]
  if (asked?.verified !== true) return isSame(requester, by)
  const isPerson = now?.verified === true && (asked.id ?? asked.name) === (now.id ?? now.name)
  return isPerson && isSame(requester, by)
}

const hash = (value: string): string => createHash('sha256').update(value).digest('hex')

/** Tells two requests, or two states of their targets, apart. */
export const bindingOf = (request: string, target: string): Binding => ({
  request: hash(request),
  target: hash(target)
})

/**
 * The plans of this process. They are not kept over a restart on purpose: what was approved before it
 * was approved for a bridge that knew what had happened since.
 */
export class Approvals implements Plans {
  readonly #now: () => number
  readonly #consoleUrl: () => string
  readonly #listeners = new Set<(plan: Plan) => void>()
  /** The oldest first. */
  readonly #kept = new Map<string, Kept>()

  /**
   * @param now Unix milliseconds
   * @param consoleUrl where a person decides
   */
  constructor(now: () => number = unixMs, consoleUrl = () => '/console') {
    this.#now = now
    this.#consoleUrl = consoleUrl
  }

  list(): Plan[] {
    return [...this.#kept.values()].map((kept) => this.#shown(kept)).toReversed()
  }

  get(id: string): Plan | undefined {
    const kept = this.#kept.get(id)
    return kept && this.#shown(kept)
  }

  onChange(listener: (plan: Plan) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** The stamp of the call that a plan came from; undefined for an unknown plan. */
  stampOf(id: string): string | undefined {
    return this.#kept.get(id)?.stamp
  }

  approve(id: string, by: Principal): Plan {
    const kept = this.#waiting(id, by)
    if (isSame(kept.requester, by))
      throw new BridgeError(
        'OWN_PLAN',
        `Plan ${id} was asked for with your own token or by you: ask another person, with a token that has the scope approve, to decide on it`
      )
    return this.#change(kept, { state: 'APPROVED', decidedBy: by.name })
  }

  deny(id: string, by: Principal, reason = ''): Plan {
    const own = this.#kept.get(id)
    const kept =
      own !== undefined && isSame(own.requester, by) ? this.#open(own) : this.#waiting(id, by)
    return this.#change(kept, {
      state: 'DENIED',
      decidedBy: by.name,
      reason: reason === '' ? undefined : reason
    })
  }

  /**
   * A plan for a request that a person has to see; the one that waits already, or is approved already,
   * where the same principal asks for the same again.
   * @throws {BridgeError} RATE_LIMITED where too many wait
   */
  ask(draft: PlanDraft, binding: Binding, requester: Principal, stamp: string): Plan {
    const own = [...this.#kept.values()].filter(
      (kept) => isSame(kept.requester, requester) && this.#shown(kept).state === 'WAITING'
    )
    const same = own.find(
      (kept) =>
        kept.binding.request === binding.request &&
        kept.binding.target === binding.target &&
        kept.requester.person?.name === requester.person?.name
    )
    if (same !== undefined) return this.#shown(same)
    if (own.length >= maxWaiting)
      throw new BridgeError(
        'RATE_LIMITED',
        `${maxWaiting} plans of this token wait for approval already: have them approved or denied first, at ${this.#consoleUrl()}`,
        { details: { retryAfterSeconds: 60 } }
      )
    const now = this.#now()
    const plan: Plan = {
      ...draft,
      id: newId(),
      state: 'WAITING',
      createdAt: now,
      expiresAt: now + planMs,
      requester: requester.name,
      person: requester.person,
      decidedBy: undefined,
      reason: undefined,
      outcome: undefined
    }
    const kept = { plan, binding, requester, stamp }
    this.#kept.set(plan.id, kept)
    this.#forget()
    return this.#told(kept)
  }

  /**
   * Takes an approved plan for the one request that it is bound to. From here on it is used, whatever
   * becomes of the request.
   * @throws {BridgeError} PLAN_NOT_FOUND, PLAN_USED, PLAN_DENIED, PLAN_STALE; APPROVAL_REQUIRED while it waits
   */
  redeem(id: string, binding: Binding, by: Principal): Plan {
    const kept = this.#kept.get(id)
    if (kept === undefined || !mayCarryOut(kept.requester, by)) throw notFound(id)
    const { state } = this.#shown(kept)
    if (state === 'WAITING') throw waits(this.#shown(kept), this.#consoleUrl())
    if (state !== 'APPROVED') throw this.#tooLate(kept)
    if (kept.binding.request !== binding.request)
      throw new BridgeError(
        'PLAN_STALE',
        `Plan ${id} is for another call: call again with exactly the arguments it was made from, or without plan for a new one. Nothing was sent`
      )
    if (kept.binding.target !== binding.target) {
      this.#change(kept, { state: 'STALE' })
      throw new BridgeError(
        'PLAN_STALE',
        `What plan ${id} acts on has changed since it was approved (name, state, tags, snapshots or replication), so nothing was sent: call again without plan for a new one`
      )
    }
    return this.#change(kept, { state: 'USED' })
  }

  /** Enters what became of a plan that was carried out. */
  ended(id: string, outcome: string): void {
    const kept = this.#kept.get(id)
    if (kept !== undefined) this.#change(kept, { outcome })
  }

  /** Resolves when a plan waits no more, or after `ms`; with the plan as it is then. */
  async decided(id: string, ms: number, signal: AbortSignal): Promise<Plan | undefined> {
    const isOpen = (): boolean => this.get(id)?.state === 'WAITING'
    if (isOpen() && !signal.aborted)
      await new Promise<void>((resolve) => {
        const end = (): void => {
          clearTimeout(timer)
          stop()
          signal.removeEventListener('abort', end)
          resolve()
        }
        const timer = setTimeout(end, ms)
        const stop = this.onChange((plan) => {
          if (plan.id === id && plan.state !== 'WAITING') end()
        })
        signal.addEventListener('abort', end, { once: true })
      })
    return this.get(id)
  }

  /** @throws {BridgeError} where `by` may not decide, or not any more */
  #waiting(id: string, by: Principal): Kept {
    if (!by.scopes.has('approve')) throw scopeRequired(by, 'Deciding on plans', ['approve'])
    const kept = this.#kept.get(id)
    if (kept === undefined) throw notFound(id)
    return this.#open(kept)
  }

  #open(kept: Kept): Kept {
    if (this.#shown(kept).state !== 'WAITING') throw this.#tooLate(kept)
    return kept
  }

  #tooLate(kept: Kept): BridgeError {
    const { id, state, decidedBy, reason } = this.#shown(kept)
    const by = decidedBy === undefined ? '' : ` by ${quoteName(decidedBy)}`
    const why = reason === undefined ? '' : `: ${quoteText(reason)}`
    const byState: Record<PlanState, [BridgeError['code'], string]> = {
      WAITING: ['APPROVAL_REQUIRED', 'still waits'],
      APPROVED: ['PLAN_USED', `is approved${by} already`],
      DENIED: ['PLAN_DENIED', `was denied${by}${why}: ask the user before you call again`],
      USED: [
        'PLAN_USED',
        'was carried out already: it runs once. Call again without plan for a new one'
      ],
      EXPIRED: ['PLAN_STALE', 'has expired: call again without plan for a new one'],
      STALE: [
        'PLAN_STALE',
        'does not fit its targets any more: call again without plan for a new one'
      ]
    }
    const [code, words] = byState[state]
    return new BridgeError(code, `Plan ${id} ${words}. Nothing was sent`, { details: { plan: id } })
  }

  /** With what time alone has changed. */
  #shown(kept: Kept): Plan {
    const { plan } = kept
    const isOpen = plan.state === 'WAITING' || plan.state === 'APPROVED'
    if (isOpen && this.#now() >= plan.expiresAt) this.#change(kept, { state: 'EXPIRED' })
    return { ...kept.plan }
  }

  #change(kept: Kept, changes: Partial<Plan>): Plan {
    kept.plan = { ...kept.plan, ...changes }
    return this.#told(kept)
  }

  #told({ plan }: Kept): Plan {
    for (const listener of this.#listeners) listener({ ...plan })
    return { ...plan }
  }

  #forget(): void {
    for (const [id, kept] of this.#kept) {
      if (this.#kept.size <= maxKept) return
      const { state } = this.#shown(kept)
      if (state !== 'WAITING' && state !== 'APPROVED') this.#kept.delete(id)
    }
  }
}

const notFound = (id: string): BridgeError =>
  new BridgeError(
    'PLAN_NOT_FOUND',
    `There is no plan ${quoteText(id, 40)} of this token: plans end with the bridge that made them. Call again without plan for a new one`
  )

/** What a caller gets whose call waits for a person. */
export function waits(plan: Plan, consoleUrl: string): BridgeError {
  const { id, summary, because, expiresAt } = plan
  const until = `${new Date(expiresAt).toISOString().slice(11, 16)} UTC`
  return new BridgeError(
    'APPROVAL_REQUIRED',
    `Not sent: it waits for a person's approval as plan ${id} until ${until} (${because}). It would: ${summary}. Tell the user to approve or deny it at ${consoleUrl}, then call again with the same arguments and plan "${id}". You cannot approve it yourself`,
    { details: { plan: id, console: consoleUrl, expiresAt: new Date(expiresAt).toISOString() } }
  )
}
