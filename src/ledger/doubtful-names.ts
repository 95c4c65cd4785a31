import { createHash } from 'node:crypto'
import type { JsonObject } from '../lib/json/json.ts'
import { unixMs } from '../lib/time/unix-time.ts'
import { comparable } from '../lib/text/visible-text.ts'
import { overwrite } from '../store/overwrite.ts'
import { storeUnavailable } from '../store/unavailable.ts'
import type { Ledger } from './ledger.ts'

const table = 'names'

/** Long enough for a caller that retries a call by name, or uses a list that was read before. */
const keptMs = 10 * 60 * 1000

/** Looked through for old ones only when there are more. */
const maxKept = 500

/** A name of the cluster: of a VM, or of a snapshot (of one VM, or of any). */
export interface DoubtfulName {
  entity: string
  name: string
  /** The VM among whose snapshots it was looked for; `""` for all. */
  of?: string
}

/** Why a name does not tell for certain what is meant by it. */
export interface NameDoubt extends JsonObject {
  reason: 'deleted' | 'ambiguous'
  /** What had the name. */
  uuids: string[]
  /** Unix milliseconds. */
  at: number
}

/** Names are hashed: they are any text, and a store's keys are not. */
const keyOf = ({ cluster }: Ledger, { entity, name, of = '' }: DoubtfulName): string =>
  `${cluster} ${createHash('sha256')
    .update(JSON.stringify([entity, of, comparable(name)]))
    .digest('hex')}`

/**
 * Remembers for ten minutes that a name was of something that is deleted, or of several. Kept in the
 * ledger's store, so that other bridges and a restart know it.
 * @throws {BridgeError} LEDGER_UNAVAILABLE: it is not kept
 */
export async function rememberDoubt(
  ledger: Ledger,
  name: DoubtfulName,
  { reason, uuids }: Pick<NameDoubt, 'reason' | 'uuids'>,
  now = unixMs()
): Promise<void> {
  const { store } = ledger
  const key = keyOf(ledger, name)
  const doubt: NameDoubt = { reason, uuids: [...uuids], at: now }
  try {
    await overwrite(store, table, key, doubt)
    const all = await store.all(table)
    if (all.size <= maxKept) return
    for (const [old, { version, value }] of all)
      if (now - Number(value['at']) > keptMs) await store.swap(table, old, version, undefined)
  } catch (error) {
    throw storeUnavailable(store, error)
  }
}

/**
 * What is doubtful of a name, and since when, in ms; undefined where nothing is.
 * @throws {BridgeError} LEDGER_UNAVAILABLE: it is not known
 */
export async function doubtOf(
  ledger: Ledger,
  name: DoubtfulName,
  now = unixMs()
): Promise<{ doubt: NameDoubt; agoMs: number } | undefined> {
  const { store } = ledger
  const found = await store.get(table, keyOf(ledger, name)).catch((error: unknown) => {
    throw storeUnavailable(store, error)
  })
  const doubt = found?.value as NameDoubt | undefined
  const agoMs = Math.max(0, now - (doubt?.at ?? 0))
  return doubt === undefined || agoMs > keptMs ? undefined : { doubt, agoMs }
}
