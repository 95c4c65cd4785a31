import type { Catalog } from '../load.ts'
import { selfDescription } from './merge.ts'

/** Versions differ by a few operations; from here on a document is another API's, or a part. */
const maxRemovedShare = 0.25

/** How many of the bundled catalog's operations a cluster's document lacks. */
export interface MissingOperations {
  /** Both numbers, for a sentence: `150 of the 153 operations of the bundled 9.4 catalog`. */
  words: string
  /** Too many to be another version of the same API. */
  tooMany: boolean
}

/** Counts what an import marked as missing; operations that no document describes do not count. */
export function missingOperations({ operations }: Catalog): MissingOperations {
  const ours = operations.filter(
    ({ base, path, imported }) => base === '/rest/v1' && !imported && !selfDescription.has(path)
  )
  const missing = ours.filter((operation) => operation.missing).length
  return {
    words: `${missing} of the ${ours.length} operations of the bundled 9.4 catalog`,
    tooMany: missing > ours.length * maxRemovedShare
  }
}
