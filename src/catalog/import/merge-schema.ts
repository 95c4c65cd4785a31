import type { Schema } from '../load.ts'

/** What an import found in comparison with the bundled catalog. */
export interface Comparison {
  matched: number
  /** Known from the cluster's document alone. */
  added: string[]
  /** Known to us, but not in the cluster's document. */
  missing: string[]
}

export const newComparison = (): Comparison => ({ matched: 0, added: [], missing: [] })

/** Our own text and marks of a schema: what a document of the vendor's does not say or says worse. */
function ourText(ours: Schema): Schema {
  const text: Schema = {}
  for (const [name, value] of Object.entries(ours))
    if (name.startsWith('x-')) text[name as `x-${string}`] = value
  if (ours.description !== undefined) text.description = ours.description
  if (ours.deprecated === true) text.deprecated = true
  if (ours.writeOnly === true) text.writeOnly = true
  return text
}

/** A schema that says nothing, such as that of an upload in the 9.4 document (SPEC). */
const isEmpty = (schema: Schema): boolean =>
  schema.$ref === undefined &&
  schema.type === undefined &&
  schema.enum === undefined &&
  schema.anyOf === undefined &&
  schema.not === undefined

/** Brings the cluster's schemas and our text together, and counts the fields. */
export class SchemaMerger {
  readonly #ours: Record<string, Schema>

  constructor(ours: Record<string, Schema>) {
    this.#ours = ours
  }

  /**
   * The cluster's schema with our text: types, required fields, enums and strictness are the
   * cluster's own, descriptions and marks ours where we have them.
   * @param label names the schema in `fields`
   */
  merge(
    ours: Schema | undefined,
    theirs: Schema,
    fields: Comparison,
    label: string,
    depth = 0
  ): Schema {
    if (ours === undefined) return theirs
    if (isEmpty(theirs)) return ours
    const text = ourText(ours)
    if (theirs.$ref !== undefined)
      // 3.0 cannot write readOnly beside a $ref, so its absence says nothing.
      return { ...theirs, ...text, ...(ours.readOnly === true ? { readOnly: true } : {}) }
    const known = this.#resolve(ours)
    const merged: Schema = { ...theirs, ...ourText(known), ...text }
    if (known.enum !== undefined && theirs.enum === undefined) merged['x-known-values'] = known.enum
    if (theirs.items !== undefined)
      merged.items = this.merge(known.items, theirs.items, fields, `${label}[]`, depth)
    if (theirs.properties !== undefined)
      Object.assign(merged, this.#mergeFields(known, theirs.properties, fields, label, depth))
    return merged
  }

  #mergeFields(
    known: Schema,
    theirs: Record<string, Schema>,
    fields: Comparison,
    label: string,
    depth: number
  ): Schema {
    const ours = known.properties ?? {}
    const properties = Object.fromEntries(
      Object.entries(theirs).map(([name, field]): [string, Schema] => {
        const mine = Object.hasOwn(ours, name) ? ours[name] : undefined
        if (mine === undefined) {
          fields.added.push(`${label}.${name}`)
          return [name, { ...field, 'x-imported': true }]
        }
        fields.matched += 1
        return [name, this.merge(mine, field, fields, `${label}.${name}`, depth + 1)]
      })
    )
    const missing = Object.keys(ours).filter((name) => !Object.hasOwn(theirs, name))
    fields.missing.push(...missing.map((name) => `${label}.${name}`))
    return { properties, ...(missing.length > 0 ? { 'x-missing-fields': missing } : {}) }
  }

  #resolve(schema: Schema): Schema {
    const name = schema.$ref?.split('/').at(-1) ?? ''
    return Object.hasOwn(this.#ours, name) ? (this.#ours[name] ?? schema) : schema
  }
}
