import { randomUUID } from 'node:crypto'
import type { Lease, Store, Versioned } from './store.ts'

const table = 'leases'

/** When a holder was last heard of is seen by others, as clocks of machines differ. */
interface Held {
  [field: string]: unknown
  holder: string
  fence: number
  /** Changes with every renewal. */
  beat: number
  ttlMs: number
}

/** What this process last saw of each lease, and when. By store, then by name. */
const sightings = new WeakMap<Store, Map<string, { mark: string; at: number }>>()

/**
 * Whether a lease has run out: it was not renewed for its whole duration, by this
 * process's own clock and since this process first saw it so.
 */
function hasEnded(store: Store, name: string, { holder, beat, ttlMs }: Held): boolean {
  const seen = sightings.get(store) ?? new Map<string, { mark: string; at: number }>()
  sightings.set(store, seen)
  const mark = `${holder} ${beat}`
  const last = seen.get(name)
  if (last?.mark === mark) return performance.now() - last.at >= ttlMs
  seen.set(name, { mark, at: performance.now() })
  return false
}

/** A lease by the store's own table: the one who swaps it first has it. */
export async function leaseOf(
  store: Store,
  name: string,
  ttlMs: number
): Promise<Lease | undefined> {
  const holder = randomUUID()
  const present = await store.get(table, name)
  const held = present?.value as Held | undefined
  const free = held === undefined || held.holder === '' || hasEnded(store, name, held)
  if (!free) return undefined
  const fence = (held?.fence ?? 0) + 1
  const mine = (beat: number): Held => ({ holder, fence, beat, ttlMs })
  if (present === undefined) {
    const { put } = await store.putIfAbsent(table, name, mine(0))
    if (!put) return undefined
  } else if (!(await store.swap(table, name, present.version, mine(0)))) return undefined

  const isMine = (present: Versioned | undefined): boolean =>
    (present?.value as Held | undefined)?.holder === holder
  const replace = async (next: (held: Held) => Held): Promise<boolean> => {
    const now = await store.get(table, name)
    if (now === undefined || !isMine(now)) return false
    return store.swap(table, name, now.version, next(now.value as Held))
  }
  return {
    name,
    fence,
    held: { table, key: name, holds: isMine },
    renew: () => replace(({ beat }) => mine(beat + 1)),
    async release() {
      // Its fence stays, so that the next one is larger.
      await replace((value) => ({ ...value, holder: '' }))
    }
  }
}
