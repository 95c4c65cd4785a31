import { effectWords } from '../../catalog/effects/effect-words.ts'
import { describeSource, type OpenCatalog } from '../../catalog/import/import.ts'
import { missingOperations } from '../../catalog/import/missing-operations.ts'
import type { Operation } from '../../catalog/load.ts'
import { nameOf } from '../../catalog/operation-name.ts'
import { httpMethods, type HttpMethod } from '../../lib/http/http-method.ts'
import { clusterCatalog } from '../cluster-catalog.ts'
import { type Io, warn } from '../io/io.ts'
import { openSettings, type SettingsOptions } from '../settings.ts'

export interface SchemaListOptions extends SettingsOptions {
  json?: boolean
}

/** What is known of one entity. */
interface EntityRow {
  entity: string
  methods: HttpMethod[]
  operations: Operation[]
}

function rowsOf({ catalog }: OpenCatalog): EntityRow[] {
  return catalog.entities.toSorted().map((entity) => {
    const operations = catalog.operations.filter((operation) => operation.entity === entity)
    const offered = operations.filter(({ missing }) => !missing)
    const methods = httpMethods.filter((name) => offered.some(({ method }) => method === name))
    return { entity, methods, operations }
  })
}

/** Counts of what there is, what only the cluster's document has and what it lacks. */
function countsOf({ catalog }: OpenCatalog) {
  const schemas = Object.values(catalog.document.components.schemas)
  return {
    operations: {
      total: catalog.operations.length,
      imported: catalog.operations.filter(({ imported }) => imported).length,
      missing: catalog.operations.filter(({ missing }) => missing).length
    },
    schemas: {
      total: schemas.length,
      imported: schemas.filter((schema) => schema['x-imported'] === true).length,
      missing: schemas.filter((schema) => schema['x-missing'] === true).length
    }
  }
}

function printJson({ stdout }: Io, opened: OpenCatalog): void {
  const { source } = opened
  const from =
    source.kind === 'bundled'
      ? source
      : { kind: source.kind, ...source.stored, title: source.title, version: source.version }
  const entities = rowsOf(opened).map(({ entity, methods, operations }) => ({
    entity,
    methods,
    operations: operations.map((operation) => {
      const { method, base, path, summary, imported, missing } = operation
      return {
        method,
        path: base === '/rest/v1' ? path : base + path,
        summary,
        effect: effectWords(operation),
        ...(imported ? { imported } : {}),
        ...(missing ? { missing } : {})
      }
    })
  }))
  stdout.line(JSON.stringify({ source: from, ...countsOf(opened), entities }, null, 2))
}

const marks = ({ imported, missing }: { imported: number; missing: number }): string =>
  imported + missing === 0 ? '' : ` (${imported} added by the import, ${missing} missing)`

function printTable({ stdout }: Io, opened: OpenCatalog): void {
  const { operations, schemas } = countsOf(opened)
  stdout.line(`Catalog     ${describeSource(opened.source)}`)
  stdout.line(`Operations  ${operations.total}${marks(operations)}`)
  stdout.line(`Schemas     ${schemas.total}${marks(schemas)}`)
  stdout.line()
  const rows = rowsOf(opened)
  const width = Math.max(...rows.map(({ entity }) => entity.length))
  for (const { entity, methods, operations: own } of rows) {
    const count = String(own.length).padStart(3)
    stdout.line(`${stdout.style('cyan', entity.padEnd(width))}  ${count}  ${methods.join(' ')}`)
    for (const operation of own) {
      if (operation.imported)
        stdout.line(`  ${stdout.style('green', `+ ${nameOf(operation)}`)}  ${operation.summary}`)
      if (operation.missing)
        stdout.line(
          `  ${stdout.style('red', `- ${nameOf(operation)}`)}  not in the imported document`
        )
    }
  }
}

/** Shows what is known of the API: where it comes from, operations, schemas, and each entity. */
export async function schemaList(
  io: Io,
  { json = false, settings }: SchemaListOptions
): Promise<void> {
  const opened = await clusterCatalog(io, (await openSettings(io, { settings })).env)
  const { words, tooMany } = missingOperations(opened.catalog)
  if (tooMany)
    warn(
      io,
      `The imported document lacks ${words}: the bridge refuses to call them. \`scale-bridge schema import --live\` replaces it.`
    )
  if (json) printJson(io, opened)
  else printTable(io, opened)
}
