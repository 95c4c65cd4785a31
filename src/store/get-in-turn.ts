import type { Store, Versioned } from './store.ts'

/**
 * What is under a key once the changes have ended that were begun before, whatever was heard of them: a
 * change that failed may be kept in a moment.
 */
export async function getInTurn(
  store: Store,
  table: string,
  key: string
): Promise<Versioned | undefined> {
  // Changes nothing, as there is no such version, but waits its turn.
  await store.swap(table, key, 0, undefined)
  return store.get(table, key)
}
