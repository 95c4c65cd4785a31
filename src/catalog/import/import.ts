import type { JsonObject } from '../../lib/json/json.ts'
import { readClusterDocument, type ClusterDocument } from './cluster-document.ts'
import { checkDocument, DocumentError } from './document.ts'
import { Catalog, loadCatalog } from '../load.ts'
import { mergeDocument, type ImportReport } from './merge.ts'
import { readStoredDocument, type StoredDocument } from './store.ts'

/** A catalog built from a cluster's own document. */
export interface ImportedCatalog {
  catalog: Catalog
  cluster: ClusterDocument
  report: ImportReport
}

/**
 * Brings a cluster's own OpenAPI document into the bundled catalog. Changes nothing but what it
 * returns.
 * @throws {DocumentError} in one sentence, if the document cannot be used.
 */
export function importDocument(document: JsonObject): ImportedCatalog {
  const cluster = readClusterDocument(checkDocument(document))
  const { document: merged, report } = mergeDocument(loadCatalog().document, cluster)
  return { catalog: new Catalog(merged), cluster, report }
}

/** Where the catalog in use comes from. */
export type CatalogSource =
  | {
      kind: 'bundled'
      /** Why what was imported for this cluster is not used. */
      problem?: string
    }
  | {
      kind: 'imported'
      stored: Omit<StoredDocument, 'document'>
      title: string
      /** The document's own version. */
      version: string
      report: ImportReport
    }

export interface OpenCatalog {
  catalog: Catalog
  source: CatalogSource
}

/**
 * The catalog for a cluster: what was imported for it, if that is there and whole, else the bundled
 * one. Never throws because of the file.
 * @param file from `catalogFile`; undefined: the bundled catalog
 */
export async function openCatalog(
  file: string | undefined,
  nodes: readonly string[]
): Promise<OpenCatalog> {
  if (file === undefined) return { catalog: loadCatalog(), source: { kind: 'bundled' } }
  try {
    const found = await readStoredDocument(file, nodes)
    if (found === undefined) return { catalog: loadCatalog(), source: { kind: 'bundled' } }
    const { document, ...stored } = found
    const { catalog, cluster, report } = importDocument(document)
    const { title, version } = cluster
    return { catalog, source: { kind: 'imported', stored, title, version, report } }
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error
    return { catalog: loadCatalog(), source: { kind: 'bundled', problem: error.message } }
  }
}

/** The source in a few words, for a line of a table. */
export function describeSource(source: CatalogSource): string {
  if (source.kind === 'bundled') return 'the bundled catalog, HyperCore 9.4'
  const { importedAt, origin, cluster } = source.stored
  const version = cluster === undefined ? '' : `HyperCore ${cluster.icosVersion}, `
  return `imported ${importedAt.slice(0, 16).replace('T', ' ')} UTC from ${origin === 'live' ? 'the cluster' : 'a file'}: ${version}document version ${source.version}`
}
