import type { JsonObject } from '../lib/json/json.ts'
import type { Store } from './store.ts'

/** Creates or replaces a value; of several concurrent writers the last one wins. @throws {StoreError} */
export async function overwrite(
  store: Store,
  table: string,
  key: string,
  value: JsonObject
): Promise<void> {
  for (;;) {
    const put = await store.putIfAbsent(table, key, value)
    if (put.put || (await store.swap(table, key, put.existing.version, value))) return
  }
}
