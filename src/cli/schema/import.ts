import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import {
  checkDocument,
  DocumentError,
  maxDocumentBytes,
  parseDocument
} from '../../catalog/import/document.ts'
import { missingOperations } from '../../catalog/import/missing-operations.ts'
import { importDocument, type ImportedCatalog } from '../../catalog/import/import.ts'
import type { Comparison } from '../../catalog/import/merge-schema.ts'
import { writeStoredDocument, type StoredDocument } from '../../catalog/import/store.ts'
import { loadClusterConfig, loadClusterLocation } from '../../config/config.ts'
import { HyperCore } from '../../hypercore/client.ts'
import { catalogFileOf } from '../catalog-path.ts'
import { clusterOptions } from '../cluster-options.ts'
import { CommandError } from '../../lib/errors/command-error.ts'
import type { Environment } from '../../config/env-file.ts'
import { type Io, warn } from '../io/io.ts'
import { openSettings, type SettingsOptions, withPathsFrom } from '../settings.ts'

export interface SchemaImportOptions extends SettingsOptions {
  live?: boolean
  /** Imports also what lacks much of the API. */
  force?: boolean
}

type Origin = Pick<StoredDocument, 'origin' | 'cluster' | 'document'>

const maxListed = 30

const reason = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown reason'

async function fromFile(cwd: string, name: string): Promise<Origin> {
  const path = resolve(cwd, name)
  let bytes: Uint8Array
  try {
    const info = await stat(path)
    // A device or a pipe may never end, and says no size.
    if (!info.isFile()) throw new DocumentError('It is not a regular file.')
    const { size } = info
    if (size > maxDocumentBytes)
      throw new DocumentError(
        `It has ${Math.ceil(size / 2 ** 20)} MiB; an API document has at most ${maxDocumentBytes / 2 ** 20}.`
      )
    bytes = await readFile(path)
  } catch (error) {
    if (error instanceof DocumentError) throw error
    throw new CommandError(`${name} cannot be read (${reason(error)}): nothing was changed`)
  }
  return { origin: 'file', cluster: undefined, document: parseDocument(bytes) }
}

/** Asks the cluster for its document and its version, with a session of its own. */
async function fromCluster({ cwd, stderr }: Io, env: Environment): Promise<Origin> {
  const config = withPathsFrom(cwd, loadClusterConfig(env))
  const client = new HyperCore({ ...(await clusterOptions(config)), sessionFile: undefined })
  try {
    stderr.say(`Asking ${config.nodes.join(', ')} …`)
    const { body } = await client.request({ method: 'GET', path: '/openapi.json' })
    const document =
      typeof body === 'string' ? parseDocument(Buffer.from(body)) : checkDocument(body)
    const [cluster] = await client.list('/Cluster')
    return {
      origin: 'live',
      cluster: cluster && {
        name: cluster.clusterName,
        uuid: cluster.uuid,
        icosVersion: cluster.icosVersion
      },
      document
    }
  } finally {
    await client.close({ logout: true })
  }
}

function printList({ stdout }: Io, title: string, names: readonly string[]): void {
  if (names.length === 0) return
  stdout.line()
  stdout.line(stdout.style('bold', title))
  for (const name of names.slice(0, maxListed)) stdout.line(`  ${name}`)
  if (names.length > maxListed) stdout.line(`  … and ${names.length - maxListed} more`)
}

function printReport(io: Io, { cluster, report }: ImportedCatalog): void {
  const { stdout } = io
  const rows: [string, Comparison][] = [
    ['operations', report.operations],
    ['schemas', report.schemas],
    ['fields of schemas', report.fields],
    ['fields of bodies', report.bodyFields]
  ]
  stdout.line(`${cluster.title}, version ${cluster.version}, in OpenAPI ${cluster.openapi}`)
  stdout.line()
  stdout.line(
    `${''.padEnd(20)}${['matched', 'added', 'missing'].map((name) => name.padStart(9)).join('')}`
  )
  for (const [name, { matched, added, missing }] of rows)
    stdout.line(
      `${name.padEnd(20)}${[matched, added.length, missing.length].map((count) => String(count).padStart(9)).join('')}`
    )
  stdout.line(`references: ${report.references}, unresolved: 0`)
  printList(io, 'Added operations', report.operations.added)
  printList(
    io,
    'Missing operations (of the bundled catalog, not in this document)',
    report.operations.missing
  )
  printList(io, 'Added schemas', report.schemas.added)
  printList(io, 'Missing schemas', report.schemas.missing)
  printList(io, 'Added fields', [...report.fields.added, ...report.bodyFields.added])
  printList(io, 'Missing fields', [...report.fields.missing, ...report.bodyFields.missing])
  stdout.line()
}

/**
 * Imports a cluster's own OpenAPI document, from a file or from the cluster, and keeps it for the
 * bridge's next start. Changes nothing if anything is wrong.
 * @throws {CommandError} with one sentence about what is wrong.
 */
export async function schemaImport(
  io: Io,
  file: string | undefined,
  { live = false, force = false, settings }: SchemaImportOptions
): Promise<void> {
  if ((file === undefined) !== live)
    throw new CommandError('Name a FILE, or pass --live to ask the cluster; one of them.', 2)
  const { env } = await openSettings(io, { settings })
  const location = loadClusterLocation(env)
  if (location === undefined)
    throw new CommandError(
      'SCALE_HOST is not set: a document is kept for the cluster it describes. `scale-bridge init` sets it.',
      2
    )
  let origin: Origin
  let imported: ImportedCatalog
  try {
    origin = file === undefined ? await fromCluster(io, env) : await fromFile(io.cwd, file)
    imported = importDocument(origin.document)
    const { words, tooMany } = missingOperations(imported.catalog)
    if (tooMany && !force)
      throw new DocumentError(
        `It lacks ${words}, which the bridge would then refuse to call; --force imports it all the same.`
      )
    if (tooMany) warn(io, `The document lacks ${words}: the bridge refuses to call them.`)
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error
    const name = file ?? "The cluster's document"
    throw new CommandError(`${name} cannot be imported. ${error.message} Nothing was changed.`)
  }
  const target = catalogFileOf(io.cwd, location)
  try {
    await writeStoredDocument(target, {
      importedAt: new Date().toISOString(),
      nodes: location.nodes.toSorted(),
      ...origin
    })
  } catch (error) {
    throw new CommandError(`${target} cannot be written (${reason(error)}): nothing was changed`)
  }
  printReport(io, imported)
  io.stdout.say(`Kept in ${target} for ${location.nodes.join(', ')}.`)
  io.stdout.say('The bridge uses it from its next start; without the file, the bundled catalog.')
}
