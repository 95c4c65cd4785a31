import { exampleUuid, uuidsInText } from '../../lib/text/uuid.ts'
import type { Catalog } from '../load.ts'

const known = new WeakMap<Catalog, ReadonlySet<string>>()

/** The uuids in the examples of a catalog and in our messages: no record of a cluster has one of them. */
function exampleIds(catalog: Catalog): ReadonlySet<string> {
  const cached = known.get(catalog)
  if (cached !== undefined) return cached
  const examples = catalog.operations
    .filter(({ imported }) => !imported)
    .map(({ example }) => example)
  const text = JSON.stringify(examples)
  const found = new Set([exampleUuid, ...[...text.matchAll(uuidsInText)].map(([id]) => id)])
  known.set(catalog, found)
  return found
}

/** The first uuid of an example that stands in a call, as it was copied; undefined for none. */
export function copiedExample(catalog: Catalog, path: string, body: unknown): string | undefined {
  const ids = exampleIds(catalog)
  const text = `${path} ${JSON.stringify(body) ?? ''}`
  return [...text.matchAll(uuidsInText)].map(([id]) => id).find((id) => ids.has(id.toLowerCase()))
}
