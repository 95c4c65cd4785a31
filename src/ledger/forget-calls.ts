import type { Versioned } from '../store/store.ts'
import type { Ledger } from './ledger.ts'
import { type CallRecord, isEnded, type WriteRecord } from './records.ts'

/** Where calls are kept. */
export const callsTable = 'calls'

/** A call that is the same as one that ended so long ago at most is taken for its repetition. */
export const repeatWindowMs = 10 * 60 * 1000

/** Fewer are not looked through. */
const maxKept = 200

interface KeptCall {
  key: string
  version: number
  call: CallRecord
}

/**
 * Forgets calls, where there are many, that no new call can be a repetition of any more: those that
 * ended long ago, and those left by a process that has ended, unless a write of theirs may still
 * matter.
 * @param now Unix milliseconds
 */
export async function forgetCalls(ledger: Ledger, now: number): Promise<void> {
  const { store } = ledger
  const all = await store.all(callsTable)
  if (all.size < maxKept) return
  const calls = [...all].map(([key, { version, value }]: [string, Versioned]) => ({
    key,
    version,
    call: value as CallRecord
  }))
  for (const { key, version, call } of calls)
    if (call.endedAt > 0 && now - call.endedAt > repeatWindowMs)
      await store.swap(callsTable, key, version, undefined)
  const left = calls.filter(({ call }) => call.endedAt === 0 && ledger.hasEnded(call.owner))
  await forgetLeft(ledger, left, now)
}

/**
 * Their processes may only have stood still, and resume at any moment. So each call is taken from its process first:
 * from then on that one enters nothing for it, and what has been entered until then decides.
 */
async function forgetLeft(ledger: Ledger, left: readonly KeptCall[], now: number): Promise<void> {
  const { store } = ledger
  const taken: KeptCall[] = []
  for (const { key, version, call } of await withoutRecentWrites(ledger, left, now))
    if (call.isTaken === true) taken.push({ key, version, call })
    else if (await store.swap(callsTable, key, version, { ...call, isTaken: true }))
      taken.push({ key, version: version + 1, call })
  const forgettable = new Set(await withoutRecentWrites(ledger, taken, now))
  for (const each of taken) {
    const given = forgettable.has(each) ? undefined : { ...each.call, isTaken: false }
    await store.swap(callsTable, each.key, each.version, given)
  }
}

/** The calls whose writes have all ended, too long ago for a repetition to get the outcome. */
async function withoutRecentWrites(
  ledger: Ledger,
  calls: readonly KeptCall[],
  now: number
): Promise<KeptCall[]> {
  if (calls.length === 0) return []
  const isRecent = (write: WriteRecord): boolean =>
    !isEnded(write) || now - write.endedAt <= repeatWindowMs
  const recent = new Set((await ledger.writesOfAll()).filter(isRecent).map(({ callId }) => callId))
  return calls.filter(({ call }) => !recent.has(call.callId))
}
