import { effectWords } from '../catalog/effects/effect-words.ts'
import { isWritable, recordOf, typeWords } from '../catalog/search/describe-field.ts'
import type { Catalog, Operation, Schema } from '../catalog/load.ts'
import { nameOf } from '../catalog/operation-name.ts'

/**
 * How much is said of an operation: `full` all of it; `plain` fields without their descriptions;
 * `brief` required fields, and the others by name; `line` what it is for.
 */
export const entryLevels = ['full', 'plain', 'brief', 'line'] as const
export type EntryLevel = (typeof entryLevels)[number]

/** How deep fields of fields are shown: dom, its disks, a disk's fields. */
const deepest = 3
const maxExampleLength = 700
const maxFieldTextLength = 140

/** One line of a text, ended after a whole word where it is too long. */
function firstWords(text: string, maxLength: number): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length <= maxLength ? line : `${line.slice(0, maxLength).replace(/\s+\S*$/, '')} …`
}

/** Lines for the fields a caller may send, required ones first. */
function fieldLines(
  catalog: Catalog,
  schema: Schema,
  level: EntryLevel,
  isUpdate: boolean,
  above: Schema[] = []
): string[] {
  const record = recordOf(catalog, schema)
  if (record === undefined || above.length === deepest || above.includes(record)) return []
  const required = new Set(record.required ?? [])
  const fields = Object.entries(record.properties ?? {})
    .filter(
      ([, field]) =>
        isWritable(field) &&
        isWritable(catalog.resolve(field)) &&
        !(isUpdate && field['x-create-only'] === true)
    )
    .toSorted(([a], [b]) => Number(required.has(b)) - Number(required.has(a)))
  const indent = '  '.repeat(above.length)
  const isBrief = level === 'brief'
  const lines = fields
    .filter(([name]) => !isBrief || required.has(name))
    .flatMap(([name, field]) => {
      const text = field.description ?? catalog.resolve(field).description ?? ''
      const words =
        level === 'full' && text !== '' ? `: ${firstWords(text, maxFieldTextLength)}` : ''
      const mark = required.has(name) ? ', required' : ''
      return [
        `${indent}- ${name} (${typeWords(catalog, field)}${mark})${words}`,
        ...fieldLines(catalog, field, level, isUpdate, [...above, record])
      ]
    })
  const others = fields.filter(([name]) => isBrief && !required.has(name)).map(([name]) => name)
  return others.length === 0 ? lines : [...lines, `${indent}- optional: ${others.join(', ')}`]
}

function bodyLines(catalog: Catalog, operation: Operation, level: EntryLevel): string[] {
  const { body, example, kind } = operation
  if (body === undefined) return []
  const schema = catalog.resolve(body.schema)
  const what =
    schema.type === 'array'
      ? 'JSON array of objects'
      : body.contentType === 'application/json'
        ? 'JSON object'
        : body.contentType
  const text = example === undefined ? '' : JSON.stringify(example)
  return [
    `Body: ${what}`,
    ...fieldLines(catalog, body.schema, level, kind === 'update'),
    ...(text === '' || text.length > maxExampleLength ? [] : [`Example body: ${text}`])
  ]
}

function parameterLine({ parameters }: Operation): string[] {
  if (parameters.length === 0) return []
  const each = parameters.map(
    ({ name, in: place, required }) => `${name} (${place}${required ? ', required' : ''})`
  )
  return [`Parameters: ${each.join(', ')}`]
}

/** One operation as a model sees it, in lines. */
export function operationEntry(catalog: Catalog, operation: Operation, level: EntryLevel): string {
  const { summary, description, returnsTask, tool, since, missing } = operation
  if (level === 'line') return `${nameOf(operation)}: ${summary}`
  const facts = [
    `Effect: ${effectWords(operation)}`,
    ...(returnsTask ? ['returns a taskTag'] : []),
    ...(since === undefined ? [] : [`from version ${since} on`]),
    ...(missing ? ['the version of this cluster does not have it'] : []),
    ...(tool === undefined ? [] : [`prefer the tool ${tool}`])
  ]
  return [
    nameOf(operation),
    `${summary}.${level === 'brief' || description === '' ? '' : ` ${firstWords(description, 600)}`}`,
    ...parameterLine(operation),
    ...bodyLines(catalog, operation, level),
    `${facts.join('; ')}.`
  ].join('\n')
}
