import { effectWords } from '../../catalog/effects/effect-words.ts'
import type { Catalog, Operation, Schema } from '../../catalog/load.ts'
import { fieldLine, recordOf } from '../../catalog/search/describe-field.ts'
import type { FieldLines } from '../../catalog/search/describe-operation.ts'
import { detailOperation } from '../../catalog/search/operation-detail.ts'
import { operationAddresses, schemaUri } from './schema-address.ts'

/** All entities with the number of their operations, as Markdown. */
export function indexText(catalog: Catalog): string {
  const counts = new Map<string, number>()
  for (const { entity } of catalog.operations) counts.set(entity, (counts.get(entity) ?? 0) + 1)
  return [
    '# Entities of the HyperCore API',
    '',
    `${catalog.operations.length} operations on ${counts.size} entities. The resource of one is ${schemaUri()}/{entity}, its name in any case. VirDomain is a VM, VirtualDisk an uploaded disk image.`,
    '',
    ...[...counts].map(([entity, count]) => `- ${entity}: ${count}`),
    ''
  ].join('\n')
}

/** The name of the entity whose record a field holds, if that has a resource of its own. */
function entityOf(catalog: Catalog, field: Schema): string | undefined {
  const ref = field.$ref ?? field.items?.$ref
  const name = ref?.slice('#/components/schemas/'.length)
  return name !== undefined && catalog.entities.includes(name) ? name : undefined
}

/** How deep the fields of records inside a record are shown. */
const deepest = 2

/** The fields of a record and of those inside it, unless these have a resource of their own. */
function fieldLines(catalog: Catalog, schema: Schema, way = '', depth = 0): string[] {
  const record = recordOf(catalog, schema)
  if (record === undefined) return []
  const lines: string[] = []
  const kept: string[] = []
  for (const [name, field] of Object.entries(record.properties ?? {})) {
    const inner = field['x-internal'] === true || field.deprecated === true
    // A state is never sent, and yet it is what a reader looks for.
    if (inner && catalog.resolve(field).enum === undefined) {
      kept.push(name)
      continue
    }
    const elsewhere = entityOf(catalog, field)
    const mark = inner || field.readOnly === true ? ' (read-only)' : ''
    const link = elsewhere === undefined ? '' : ` Fields: ${schemaUri(elsewhere)}`
    lines.push(`- ${way}${name}${mark}: ${fieldLine(catalog, field, false)}${link}`)
    if (elsewhere !== undefined || depth >= deepest) continue
    const inside = catalog.resolve(field).type === 'array' ? `${way}${name}[].` : `${way}${name}.`
    lines.push(...fieldLines(catalog, field, inside, depth + 1))
  }
  if (kept.length > 0 && depth === 0)
    lines.push(`- Also in responses, kept by the cluster: ${kept.join(', ')}`)
  return lines
}

/** The record that reading an entity returns. */
const readRecord = (operations: readonly Operation[]): Schema | undefined =>
  operations.find(({ kind, response }) => (kind === 'list' || kind === 'get') && response)?.response

/** Whether a field of a body, or the one it is in, is a field of the record too. */
const isOfRecord = (known: ReadonlySet<string>, name: string): boolean =>
  name
    .split('.')
    .slice(-2)
    .some((part) => known.has(part.replace('[]', '')))

/** Fields of a body that the record does not have. */
function ownFields(catalog: Catalog, operation: Operation, known: ReadonlySet<string>): string[] {
  const body = detailOperation(catalog, operation, '').request_body ?? {}
  return Object.entries(body)
    .filter(([name]) => name.split('.').length <= 2 + Number(name.startsWith('[].')))
    .filter(([name]) => !isOfRecord(known, name))
    .map(([name, line]) => `- ${name}: ${line}`)
}

/** What a caller may not do of an operation, in a few words; undefined where it may do all of it. */
export type RestrictionOf = (operation: Operation) => string | undefined

function marks(operation: Operation, restrictionOf: RestrictionOf): string {
  const { since, missing } = operation
  const from = since === undefined ? '' : `from ${since} on`
  const restriction = restrictionOf(operation) ?? ''
  return [effectWords(operation), restriction, from, missing ? 'not in this version' : '']
    .filter((mark) => mark !== '')
    .join('; ')
}

/** One entity with its operations and fields, as Markdown; `entity` as the catalog spells it. */
export function entityText(catalog: Catalog, entity: string, restrictionOf: RestrictionOf): string {
  const addresses = operationAddresses(catalog, entity)
  const operations = [...addresses.values()]
  const record = readRecord(operations)
  const known = new Set(
    Object.keys((record === undefined ? undefined : recordOf(catalog, record))?.properties ?? {})
  )
  const fields = record === undefined ? [] : fieldLines(catalog, record)
  const bodies = operations.flatMap((operation) => {
    const own = ownFields(catalog, operation, known)
    const title = `### ${operation.method} ${operation.base === '/rest/v2' ? '/rest/v2' : ''}${operation.path}`
    return own.length === 0 ? [] : ['', title, '', ...own]
  })
  return [
    `# ${entity}: ${operations.length} operations`,
    '',
    `Each has a resource ${schemaUri(entity)}/{operation}, by the name in brackets.`,
    '',
    ...[...addresses].map(([address, operation]) => {
      const { method, base, path, summary, tool } = operation
      const prefer = tool === undefined ? '' : `; use the tool ${tool}`
      return `- [${address}] ${method} ${base === '/rest/v2' ? base : ''}${path}: ${summary} (${marks(operation, restrictionOf)})${prefer}`
    }),
    ...(fields.length === 0 ? [] : ['', '## Fields of the record', '', ...fields]),
    ...(bodies.length === 0 ? [] : ['', '## Other fields to send', ...bodies]),
    ''
  ].join('\n')
}

function section(title: string, lines: FieldLines): string[] {
  const fields = Object.entries(lines)
  if (fields.length === 0) return []
  return ['', `## ${title}`, '', ...fields.map(([name, line]) => `- ${name}: ${line}`)]
}

/** One operation with all the catalog knows of it, as Markdown. */
export function operationText(
  catalog: Catalog,
  operation: Operation,
  restrictionOf: RestrictionOf
): string {
  const restriction = restrictionOf(operation)
  const detail = detailOperation(catalog, operation, '')
  const base = operation.base === '/rest/v2' ? operation.base : ''
  return [
    `# ${detail.method} ${base}${detail.path}`,
    '',
    detail.description,
    '',
    `Entity ${operation.entity}, effect: ${detail.effect}${restriction === undefined ? '' : ` (${restriction})`}.`,
    ...(detail.tool === undefined ? [] : [`Better use the tool ${detail.tool}.`]),
    ...(detail.note === undefined ? [] : [`Note: ${detail.note}.`]),
    ...section('Query parameters', detail.query_parameters ?? {}),
    ...section('Body', detail.request_body ?? {}),
    ...(detail.example === undefined
      ? []
      : ['', '## Example body', '', '```json', JSON.stringify(detail.example), '```']),
    '',
    '## Response',
    '',
    detail.response ?? 'No body.',
    ...Object.entries(detail.response_fields ?? {}).map(([name, line]) => `- ${name}: ${line}`),
    ...section('Errors', detail.errors),
    ...(detail.quirks.length === 0 ? [] : ['', `Quirks: ${detail.quirks.join(', ')}`]),
    ''
  ].join('\n')
}
