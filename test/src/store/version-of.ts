import type { Store } from '../../../src/store/store.ts'

/** The version of what is under a key now. */
export async function versionOf(store: Store, key: string, table = 'table'): Promise<number> {
  const found = await store.get(table, key)
  if (found === undefined) throw new Error(`Nothing is under ${key} of ${table}`)
  return found.version
}
