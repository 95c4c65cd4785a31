import type { Catalog, Schema } from '../load.ts'

/** Whether a caller may send the field. */
export const isWritable = (field: Schema): boolean =>
  field.readOnly !== true && field['x-internal'] !== true && field.deprecated !== true

const unitOf = ({ 'x-unit': unit }: Schema): string => (unit === undefined ? '' : ` (${unit})`)

/** A field's type in a few words: `integer (bytes)`, `START | STOP`, `array of string`. */
export function typeWords(catalog: Catalog, schema: Schema, depth = 0): string {
  const target = catalog.resolve(schema)
  const unit = unitOf(schema) || unitOf(target)
  if (target.enum !== undefined)
    return target.enum.map((word) => (word === '' ? '""' : String(word))).join(' | ') + unit
  if (target.type === 'array')
    return target.items === undefined || depth > 3
      ? 'array'
      : `array of ${typeWords(catalog, target.items, depth + 1)}`
  return (target.type ?? 'any value') + unit
}

/** The record a schema holds, in an array or alone; undefined where it holds none. */
export function recordOf(catalog: Catalog, schema: Schema): Schema | undefined {
  let target = catalog.resolve(schema)
  for (let depth = 0; depth < 4 && target.items !== undefined; depth += 1)
    target = catalog.resolve(target.items)
  return target.properties === undefined ? undefined : target
}

/** Everything about a field in one line: type, marks, default, what it means. */
export function fieldLine(catalog: Catalog, field: Schema, required: boolean): string {
  const target = catalog.resolve(field)
  const fallback = field.default ?? target.default
  const known = field['x-known-values']
  const notes = [
    typeWords(catalog, field),
    required ? 'required' : '',
    field['x-create-only'] === true ? 'only when it is created' : '',
    field.writeOnly === true ? 'never read back' : '',
    fallback === undefined ? '' : `default ${JSON.stringify(fallback)}`,
    Array.isArray(known) ? `known values ${known.map(String).join(', ')}` : ''
  ].filter((note) => note !== '')
  const description = field.description ?? target.description
  return notes.join(', ') + (description === undefined ? '' : `: ${description}`)
}
