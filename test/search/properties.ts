import type { AuditEntry } from '../../src/audit/entry.ts'
import { refusalCodes } from './calls.ts'
import { effectByTable } from './effects.ts'
import { type Arrival, type History, identityOf, type Sent, tagsWithin } from './history.ts'
import { bears, belowFloor, exportTargets, holds, type SearchToken, tokenNamed } from './world.ts'

/** What must never happen, judged from outside the bridge. */
export interface Violation {
  property:
    | 'unauthorised'
    | 'unapproved'
    | 'halved'
    | 'doubled'
    | 'unrecorded'
    | 'untrue'
    | 'leaked'
    | 'broken chain'
    | 'ended'
  what: string
}

const planMs = 10 * 60_000

/** A refusal that the kill came right behind may not have reached the disk: nothing was sent by it. */
const justBeforeMs = 1000

/** A disk that takes nothing is given up after 5 s, and what happened is written after 5 more. */
const longBeforeMs = 15_000

const clockSlackMs = 5000

const show = ({ call }: Arrival): string =>
  `${call.method} ${call.path} ${JSON.stringify(call.body) ?? ''}`

const isCarriedOut = ({ call }: Arrival): boolean => call.result !== undefined

/** When the call of an arrival began: the first of those sent that was under way. */
function beganAt({ sent }: History, { entry, at }: Arrival): number {
  const own = sent.filter(
    (each) =>
      entry !== undefined &&
      each.identity === identityOf(entry) &&
      each.token.name === entry['token'] &&
      each.at <= at &&
      // The call of a client that left, or heard nothing, may still be carried out.
      (each.reply === undefined || (each.endedAt ?? Infinity) >= at)
  )
  return Math.min(at, ...own.map((each) => each.at))
}

const textsIn = (value: unknown, name: string): string[] => {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    key === name && typeof inner === 'string' ? [inner] : textsIn(inner, name)
  )
}

const creates = /^\/VirDomain(\/[^/]+\/clone)?$/

/**
 * Why a token may not make a request; undefined where it may.
 * @param within when its call was under way
 */
function forbidden(
  history: History,
  arrival: Arrival,
  token: SearchToken,
  within = { from: beganAt(history, arrival), to: arrival.at }
): string | undefined {
  const { method, path, body } = arrival.call
  const effect = effectByTable(method, path, body)
  if (token.state !== undefined) return `token ${token.name} is ${token.state}`
  if (history.settings.readOnly && effect !== 'read') return 'READ_ONLY'
  if (!holds(token, effect)) return `${token.name} has no scope for ${effect}`
  const stranger = textsIn(body, 'pathURI').find((uri) => !uri.startsWith(`${exportTargets[0]}/`))
  if (stranger !== undefined) return `an export to ${stranger}`
  const { vmTags } = token
  if (vmTags === undefined) return undefined
  const { from, to } = within
  const other = arrival.touched.find(
    (vm) => !tagsWithin(history, vm, from, to).some((tags) => bears(tags, vmTags))
  )
  if (other !== undefined) return `${token.name} is limited, and VM ${other} is none of its own`
  const tags = textsIn(body, 'tags')
  if (method === 'POST' && creates.test(path)) {
    if (tags.length === 0 || tags.some((each) => !bears(each, vmTags)))
      return `${token.name} is limited, and creates a VM without its tag`
  } else if (arrival.touched.length === 0) return `${token.name} is limited, and it is for no VM`
  else if (tags.length > 0 && !holds(token, 'control')) return `${token.name} changes tags`
  return undefined
}

/** Why a person has to approve a request; undefined where no approval is required. */
function needsPerson(history: History, arrival: Arrival): string | undefined {
  const { approval, maxTargets, protectedTags } = history.settings
  const { method, path, body } = arrival.call
  const token = tokenNamed(String(arrival.entry?.['token']))
  const retags =
    token?.vmTags !== undefined && !creates.test(path) && textsIn(body, 'tags').length > 0
  const effect = retags ? 'control' : effectByTable(method, path, body)
  if (!belowFloor[approval].includes(effect)) return `APPROVAL=${approval}, and it is ${effect}`
  const targets = new Set(textsIn(body, 'virDomainUUID'))
  if (Array.isArray(body) && targets.size > maxTargets) return `${targets.size} targets`
  if (path === '/VirDomainSnapshot') return undefined
  const from = beganAt(history, arrival)
  const guarded = arrival.touched.find((vm) => {
    const all = tagsWithin(history, vm, from, arrival.at)
    return protectedTags.length > 0 && all.every((tags) => bears(tags, protectedTags))
  })
  return guarded === undefined ? undefined : `VM ${guarded} is protected`
}

const isPlanned = ({ entry }: Arrival): boolean => typeof entry?.['plan'] === 'string'

/** Calls that did more at once, without a person, than the operator allows. */
function* beyondTargets({ settings, arrivals, firstVms }: History): Generator<string> {
  const byCall = new Map<unknown, { vms: Set<string>; created: number; what: string }>()
  for (const arrival of arrivals.filter((each) => isCarriedOut(each) && !isPlanned(each))) {
    const id = arrival.entry?.['call']
    if (id === undefined) continue
    const call = byCall.get(id) ?? { vms: new Set<string>(), created: 0, what: show(arrival) }
    for (const vm of arrival.touched) if (firstVms.has(vm)) call.vms.add(vm)
    if (arrival.call.method === 'POST' && creates.test(arrival.call.path)) call.created += 1
    byCall.set(id, call)
  }
  for (const { vms, created, what } of byCall.values())
    if (Math.max(vms.size, created) > settings.maxTargets)
      yield `${vms.size} VMs touched and ${created} created at once, beginning with ${what}`
}

/** A write may take so long from its admission to its arrival. */
const onWayMs = 15_000

/** Writes of a token within a minute, without a person, that are more than the operator allows. */
function* beyondRate({ settings, arrivals }: History): Generator<string> {
  const { writesPerMinute } = settings
  if (writesPerMinute === 'off') return
  const free = arrivals.filter((each) => isCarriedOut(each) && !isPlanned(each))
  const when = ({ at, offsetMs }: Arrival): number => at + offsetMs
  for (const last of free) {
    const before = free.filter(
      (each) =>
        each.generation === last.generation &&
        each.entry?.['token'] === last.entry?.['token'] &&
        when(each) <= when(last) &&
        when(each) > when(last) - 60_000 + onWayMs
    )
    const writes = before.reduce(
      (sum, { call: { body } }) => sum + (Array.isArray(body) ? body.length : 1),
      0
    )
    if (writes > writesPerMinute)
      yield `${writes} writes of ${String(last.entry?.['token'])} within a minute, the last ${show(last)}`
  }
}

/** Refusals that were known before the first write of their call, and came after it. */
function* halved({ entries }: History): Generator<string> {
  const early = new Set(['SCOPE_REQUIRED', 'READ_ONLY', 'APPROVAL_REQUIRED'])
  const begun = new Set<unknown>()
  for (const entry of entries)
    if (entry.kind === 'write') begun.add(entry['call'])
    else if (entry.kind === 'refused' && early.has(String(entry['code'])))
      if (begun.has(entry['call'] ?? ''))
        yield `a part was sent, then ${String(entry['method'])} ${String(entry['path'])} refused: ${String(entry['code'])}`
}

/** What is wrong with the approval of a request; undefined where it is in order. */
function wrongApproval(history: History, arrival: Arrival): string | undefined {
  const { entry, offsetMs, at, generation } = arrival
  if (entry === undefined) return undefined
  const id = entry['plan']
  if (typeof id !== 'string') return 'it has no plan'
  const plan = history.plans.get(id)
  if (plan === undefined) return `nobody was told of plan ${id}`
  const ask = Number(/^ask-(\d+)/.exec(identityOf(entry))?.[1])
  if (plan.ask !== ask) return `plan ${id} is for another call`
  const token = String(entry['token'])
  if (!plan.askedBy.has(token)) return `plan ${id} is not of ${token}`
  if (plan.generation !== generation) return `plan ${id} is from before a crash`
  if (at + offsetMs - plan.toldAt > planMs + clockSlackMs) return `plan ${id} has expired`
  const approved = plan.decisions.some(
    ({ by, approve, ...decision }) =>
      approve &&
      decision.at <= at &&
      by.name !== token &&
      by.state === undefined &&
      by.scopes.includes('approve') &&
      decision.reply?.done !== false
  )
  return approved ? undefined : `nobody else has approved plan ${id}`
}

/** What keeps a write from being taken for a repetition of the one before. */
function isAnotherCall(history: History, one: Arrival, next: Arrival): boolean {
  if (next.at + next.offsetMs - one.at - one.offsetMs > planMs - clockSlackMs) return true
  const ends = history.entries.filter(
    (entry) => entry.kind === 'outcome' && entry['write'] === one.entry?.['id']
  )
  if (ends.some(({ state }) => state === 'ERROR' || state === 'REFUSED')) return true
  const taskTag = (one.call.result as { taskTag?: string } | undefined)?.taskTag ?? ''
  if (history.tasks.get(taskTag) === 'ERROR') return true
  const identity = one.entry === undefined ? '' : identityOf(one.entry)
  if (!identity.endsWith('-k0')) return false
  // Without a name of its own, it is another call once it has been carried out and comes to the same …
  const tool = one.entry?.['tool']
  const isRepeatable =
    tool === 'updateVM' ||
    tool === 'deleteVM' ||
    tool === 'delete_snapshotVM' ||
    (tool === 'changeVM_state' && !/RE(BOOT|SET)/.test(JSON.stringify(one.call.body))) ||
    (tool === 'run_api' && one.call.method !== 'POST')
  if (isRepeatable) return true
  // … or something else was done to the same in between.
  return history.arrivals.some(
    (each) =>
      each.at >= one.at &&
      each.at <= next.at &&
      each.entry !== undefined &&
      (identityOf(each.entry) !== identity || each.entry['token'] !== one.entry?.['token']) &&
      each.touched.some((vm) => one.touched.includes(vm))
  )
}

function* doubled(history: History): Generator<string> {
  const byIdentity = new Map<string, Arrival[]>()
  for (const arrival of history.arrivals) {
    if (arrival.entry === undefined || !isCarriedOut(arrival)) continue
    // What another caller calls is another call.
    const identity = `${identityOf(arrival.entry)} ${String(arrival.entry['token'])}`
    // The steps of one call differ.
    const { method, path, body } = arrival.call
    const step = `${identity} ${method} ${path} ${method === 'PATCH' ? JSON.stringify(body) : ''}`
    byIdentity.set(step, [...(byIdentity.get(step) ?? []), arrival])
  }
  for (const [step, arrivals] of byIdentity) {
    let insisted = history.sent.filter(
      (each) => step.startsWith(`${each.identity} ${each.token.name} `) && each.way.again
    ).length
    for (const [at, next] of arrivals.entries()) {
      const one = arrivals[at - 1]
      if (one === undefined || isAnotherCall(history, one, next)) continue
      if (insisted-- > 0) continue
      yield `${step} was carried out ${arrivals.length} times: ${show(next)}`
    }
  }
}

function* unrecorded(history: History): Generator<string> {
  for (const arrival of history.arrivals) {
    const { entry, touched } = arrival
    if (entry === undefined) {
      yield `it was not on record when it arrived, or twice: ${show(arrival)}`
      continue
    }
    const text = JSON.stringify(entry['targets'] ?? [])
    const { path, body } = arrival.call
    const named = touched.filter(
      (vm) => path.includes(vm) || textsIn(body, 'virDomainUUID').includes(vm)
    )
    const missing = creates.test(path) ? [] : named.filter((vm) => !text.includes(vm))
    if (missing.length > 0) yield `the record does not name ${missing.join()}: ${show(arrival)}`
  }
  const ended = new Set(
    history.entries
      .filter(({ kind, state }) => kind === 'outcome' && state !== 'RUNNING')
      .map((entry) => entry['write'])
  )
  for (const entry of history.entries)
    if (entry.kind === 'write' && !ended.has(entry['id']))
      yield `no outcome of ${String(entry['method'])} ${String(entry['path'])} (${identityOf(entry)})`
  for (const sent of history.sent) yield* unrecordedRefusal(history, sent)
}

/**
 * Whether a bridge was killed before it could enter a refusal. Entries of one turn of the disk have one
 * time, that of their writing: what comes in during a turn is in the next one, so that a turn which began
 * later says nothing yet, and a second one says that it could.
 */
function isBeforeCrash({ crashes, entries }: History, { endedAt = 0, endedBy = 0 }: Sent): boolean {
  const crash = crashes.find(({ at }) => at >= endedAt)
  if (crash === undefined) return false
  if (crash.at - endedAt < justBeforeMs) return true
  if (crash.at - endedAt > longBeforeMs) return false
  const turns = new Set(
    entries.map(({ time }) => Date.parse(time)).filter((at) => at > endedBy && at <= crash.by)
  )
  return turns.size < 2
}

function* unrecordedRefusal(history: History, sent: Sent): Generator<string> {
  const { reply, token, ask } = sent
  if (reply === undefined || isBeforeCrash(history, sent)) return
  if (reply.status === 401) {
    if (!history.entries.some(({ kind }) => kind === 'authentication'))
      yield `no entry of a refused token (${token.name})`
    return
  }
  if (reply.code === undefined || !refusalCodes.has(reply.code)) return
  const tool = history.asks[ask]?.tool
  const isThere = (entry: AuditEntry): boolean =>
    entry.kind === 'refused' &&
    entry['token'] === token.name &&
    entry['code'] === reply.code &&
    entry['tool'] === tool
  if (!history.entries.some(isThere))
    yield `no entry of a refusal: ${token.name} ${tool} ${reply.code} (${sent.identity}, ${sent.way.surface}): ${reply.message.slice(0, 160)}`
}

/** Outcomes in the record that are not what the cluster did. */
function* untrue(history: History): Generator<string> {
  for (const entry of history.entries) {
    if (entry.kind !== 'write') continue
    const [outcome] = history.entries
      .filter((each) => each.kind === 'outcome' && each['write'] === entry['id'])
      .filter(({ state }) => state !== 'RUNNING')
      .slice(-1)
    const state = outcome?.['state']
    if (state === undefined || state === 'UNKNOWN') continue
    const arrivals = history.arrivals.filter((each) => each.entry?.['id'] === entry['id'])
    const done = arrivals.find(isCarriedOut)
    const { taskTag = '' } = (done?.call.result ?? {}) as { taskTag?: string }
    const task = history.tasks.get(taskTag) ?? 'COMPLETE'
    const is = done === undefined ? 'REFUSED' : task
    if (state !== is && (is === 'REFUSED' || task === 'COMPLETE' || task === 'ERROR'))
      yield `${String(entry['method'])} ${String(entry['path'])} is ${is}, and the record says ${JSON.stringify(outcome)}`
  }
}

/** Tools that say that nothing is left to do where it is done already, without a request. */
const saysDone = new Set(['updateVM', 'changeVM_state', 'deleteVM', 'delete_snapshotVM'])

/** Callers to which a call that they may not make was reported as done. */
function* leaked(history: History): Generator<string> {
  for (const { reply, token, identity, ask, at, endedAt = Infinity } of history.sent) {
    if (reply?.done !== true || saysDone.has(history.asks[ask]?.tool ?? '')) continue
    const those = history.arrivals.filter(
      (each) =>
        each.entry !== undefined && identityOf(each.entry) === identity && each.at <= endedAt
    )
    // It may know the outcome of its own write.
    if (those.some(({ entry }) => entry?.['token'] === token.name)) continue
    for (const arrival of those) {
      const why = forbidden(history, arrival, token, { from: at, to: endedAt })
      if (why !== undefined) yield `${identity} told ${token.name} of ${show(arrival)}: ${why}`
    }
  }
}

/** Everything that must not have happened, and has. */
export function violationsOf(history: History): Violation[] {
  const found: Violation[] = []
  const add = (property: Violation['property'], what: string): void =>
    void found.push({ property, what })
  for (const arrival of history.arrivals) {
    const token = arrival.entry && tokenNamed(String(arrival.entry['token']))
    if (arrival.entry === undefined || token === undefined) continue
    const sender = history.sent.find(
      (each) => each.identity === identityOf(arrival.entry as AuditEntry) && each.token === token
    )
    if (sender === undefined) add('unauthorised', `${token.name} never asked for ${show(arrival)}`)
    const why = forbidden(history, arrival, token)
    if (why !== undefined) add('unauthorised', `${show(arrival)}: ${why}`)
    const because = needsPerson(history, arrival)
    const wrong = because === undefined ? undefined : wrongApproval(history, arrival)
    if (wrong !== undefined) add('unapproved', `${show(arrival)} (${because}): ${wrong}`)
  }
  // The steps of one call share a plan.
  const calls = new Map<unknown, Set<unknown>>()
  for (const { entry } of history.arrivals)
    if (entry?.['plan'] !== undefined)
      calls.set(entry['plan'], (calls.get(entry['plan']) ?? new Set()).add(entry['call']))
  for (const [plan, { size }] of calls)
    if (size > 1) add('unapproved', `plan ${String(plan)} was used ${size} times`)
  for (const what of beyondTargets(history)) add('unapproved', what)
  for (const what of beyondRate(history)) add('unapproved', what)
  for (const what of halved(history)) add('halved', what)
  for (const what of doubled(history)) add('doubled', what)
  for (const what of unrecorded(history)) add('unrecorded', what)
  for (const what of untrue(history)) add('untrue', what)
  for (const what of leaked(history)) add('leaked', what)
  for (const generation of history.ended) add('ended', `bridge ${generation} ended by itself`)
  for (const what of history.chainProblems) add('broken chain', what)
  return found
}
