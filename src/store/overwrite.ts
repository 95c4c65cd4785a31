import type { JsonObject } from '../lib/json.ts'
import type { Store } from './store.ts'

/** Writes a value whether there is one or not; of several who do so at once the last one counts. @throws {StoreError} */
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
