import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { bundledCatalogFile, type Catalog, loadCatalog } from '../load.ts'
import { isBuilt, readBuilt } from '../../lib/files/built-file.ts'
import type { SavedNameIndex } from './name-index.ts'
import type { SavedSearchIndex } from './search-index.ts'

/** The indexes of a catalog as they are written to a file. */
export interface SavedIndexes {
  text: SavedSearchIndex
  names: SavedNameIndex
}

/** A file of indexes, and the SHA-256 of the catalog's file that they were built from. */
interface IndexFile extends SavedIndexes {
  catalog: string
}

const bundledCatalogHash = (): string =>
  createHash('sha256').update(readFileSync(bundledCatalogFile)).digest('hex')

/** What the build writes: the indexes of the bundled catalog as JSON. */
export function indexFile(indexes: SavedIndexes): string {
  const file: IndexFile = { catalog: bundledCatalogHash(), ...indexes }
  return JSON.stringify(file)
}

/** Whether indexes of a catalog came with the build: not of an imported one, nor where the sources run. */
export const hasSavedIndexes = (catalog: Catalog): boolean =>
  isBuilt('search-index') && catalog === loadCatalog()

/**
 * The indexes that came with the build: to read them takes a third of the time of building them.
 * Undefined where there are none, and when the catalog's file was edited since.
 */
export function savedIndexes(catalog: Catalog): SavedIndexes | undefined {
  if (!hasSavedIndexes(catalog)) return undefined
  const file = readBuilt('search-index') as IndexFile | undefined
  return file?.catalog === bundledCatalogHash() ? file : undefined
}
