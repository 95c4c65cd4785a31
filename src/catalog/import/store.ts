import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceFile } from '../../lib/files/replace-file.ts'
import { isObject, type JsonObject } from '../../lib/json/json.ts'
import { DocumentError, maxDocumentBytes } from './document.ts'

/** An imported document as it is kept for the next start. */
export interface StoredDocument {
  /** ISO 8601, UTC. */
  importedAt: string
  /** From the cluster itself, or from a file. */
  origin: 'live' | 'file'
  /** Origins of the cluster's nodes, sorted: whose document it is. */
  nodes: string[]
  /** What the cluster said of itself; undefined if it was not asked. */
  cluster: { name: string; uuid: string; icosVersion: string } | undefined
  /** The OpenAPI document as it came. */
  document: JsonObject
}

const format = 1

/**
 * Where the document of a cluster is kept: one file for each set of nodes.
 * @param folder of the session file
 * @param nodes origins, in any order
 */
export function catalogFile(folder: string, nodes: readonly string[]): string {
  const key = createHash('sha256').update(nodes.toSorted().join(' ')).digest('hex').slice(0, 16)
  return join(folder, `catalog-${key}.json`)
}

/**
 * Replaces what is kept for a cluster, in one step, readable by its owner alone.
 * @throws the error of the file system.
 */
export const writeStoredDocument = (file: string, stored: StoredDocument): Promise<void> =>
  replaceFile(file, `${JSON.stringify({ format, ...stored })}\n`)

const text = (value: unknown): string =>
  typeof value === 'string' ? value.replace(/\p{C}+/gu, ' ').slice(0, 200) : ''

function parse(content: string, nodes: readonly string[]): StoredDocument {
  let value: unknown
  try {
    value = JSON.parse(content)
  } catch {
    throw new DocumentError('It is not valid JSON.')
  }
  if (!isObject(value) || value['format'] !== format || !isObject(value['document']))
    throw new DocumentError('It is not of the form that this version writes.')
  const { importedAt, origin, cluster, document } = value
  const owners = (Array.isArray(value['nodes']) ? (value['nodes'] as unknown[]) : []).map(text)
  if (owners.toSorted().join(' ') !== nodes.toSorted().join(' '))
    throw new DocumentError('It belongs to another cluster.')
  return {
    importedAt: text(importedAt),
    origin: origin === 'live' ? 'live' : 'file',
    nodes: owners,
    cluster: isObject(cluster)
      ? {
          name: text(cluster['name']),
          uuid: text(cluster['uuid']),
          icosVersion: text(cluster['icosVersion'])
        }
      : undefined,
    document
  }
}

/**
 * What is kept for a cluster; undefined if nothing is.
 * @throws {DocumentError} if the file cannot be read or is broken.
 */
export async function readStoredDocument(
  file: string,
  nodes: readonly string[]
): Promise<StoredDocument | undefined> {
  try {
    // As JSON on disk a document can be somewhat larger than it came.
    if ((await stat(file)).size > 2 * maxDocumentBytes) throw new DocumentError('It is too large.')
    return parse(await readFile(file, 'utf8'), nodes)
  } catch (error) {
    if (error instanceof DocumentError) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new DocumentError(`It cannot be read (${code ?? 'unknown reason'}).`)
  }
}
