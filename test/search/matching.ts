import { createHash } from 'node:crypto'
import type { AuditEntry } from '../../src/audit/entry.ts'
import type { ReceivedCall } from '../../src/simulator/received-call.ts'
import type { Arrival } from './history.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Whether an entry is of a write with this method, path and body. */
export function fits(entry: AuditEntry, { method, path, body }: ReceivedCall): boolean {
  if (entry.kind !== 'write' || entry['method'] !== method || entry['path'] !== path) return false
  const json = JSON.stringify(body) ?? ''
  // A missing body reaches the cluster's code as an empty one.
  return entry['bodyHash'] === sha256(json) || (json === '{}' && entry['bodyHash'] === sha256(''))
}

/** What tells a result from all others: the task, or what was created without one. */
function markOf({ taskTag, createdUUID }: Record<string, unknown>): string {
  const [mark] = [taskTag, createdUUID].filter((each) => typeof each === 'string' && each !== '')
  return typeof mark === 'string' ? mark : ''
}

/** The entry of an arrival that no other one has, at the moment of the arrival; one under way if there is one. */
export function entryAtArrival(
  entries: readonly AuditEntry[],
  arrivals: readonly Arrival[],
  call: ReceivedCall
): AuditEntry | undefined {
  // Sent again to another node, where it is certain that the first has done nothing, it is the same.
  const taken = new Set(
    arrivals.filter((each) => each.call.result !== undefined).map(({ entry }) => entry?.['id'])
  )
  const ended = new Set(
    entries.filter(({ kind }) => kind === 'outcome').map((entry) => entry['write'])
  )
  const free = entries.filter((entry) => fits(entry, call) && !taken.has(entry['id']))
  return free.find((entry) => !ended.has(entry['id'])) ?? free.at(-1)
}

/**
 * Of several requests that are the same, tells which is of which entry: by the task, or what was
 * created, that the outcome names. Those that had no entry when they arrived get none.
 */
export function matchByTask(entries: readonly AuditEntry[], arrivals: readonly Arrival[]): void {
  const writeOf = new Map<string, unknown>()
  for (const entry of entries)
    if (entry.kind === 'outcome' && markOf(entry) !== '') writeOf.set(markOf(entry), entry['write'])
  for (const arrival of arrivals) {
    const id = writeOf.get(markOf(Object(arrival.call.result) as Record<string, unknown>))
    if (id === undefined || arrival.entry === undefined || arrival.entry['id'] === id) continue
    const right = entries.find((entry) => entry['id'] === id && fits(entry, arrival.call))
    if (right === undefined) continue
    const other = arrivals.find((each) => each.entry === right)
    if (other !== undefined) other.entry = arrival.entry
    arrival.entry = right
  }
}

/**
 * Of several identical requests that nothing distinguishes, one that the record calls refused has
 * not arrived if the record has another with an unknown outcome: the arrival is of the latter.
 */
export function matchByDoubt(entries: readonly AuditEntry[], arrivals: readonly Arrival[]): void {
  const stateOf = new Map<unknown, unknown>()
  for (const entry of entries)
    if (entry.kind === 'outcome') stateOf.set(entry['write'], entry['state'])
  const carriedOut = arrivals.filter(({ call }) => call.result !== undefined)
  const taken = new Set(carriedOut.map(({ entry }) => entry?.['id']))
  for (const arrival of carriedOut) {
    if (arrival.entry === undefined || stateOf.get(arrival.entry['id']) !== 'REFUSED') continue
    const doubtful = entries.find(
      (entry) =>
        fits(entry, arrival.call) &&
        stateOf.get(entry['id']) === 'UNKNOWN' &&
        !taken.has(entry['id'])
    )
    if (doubtful === undefined) continue
    taken.add(doubtful['id'])
    arrival.entry = doubtful
  }
}
