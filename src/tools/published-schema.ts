import type { ToolSchema } from '../lib/json/schema-keywords.ts'

/** A JSON Schema as clients get it. */
// No interface: that is not plain JSON to the types of the SDK.
export type PublishedSchema = {
  type?: string
  description?: string
  enum?: string[]
  items?: PublishedSchema
  properties?: Record<string, PublishedSchema>
  required?: string[]
}

/**
 * Allowed words, default and range in words: some model servers pass only descriptions on. A range that
 * no value leaves (`x-hide-range`) is left to the error.
 */
function describe(schema: ToolSchema): string | undefined {
  const { description, minimum, maximum, enum: words, 'x-hide-range': hideRange = false } = schema
  const notes: string[] = []
  if (words?.some((word) => !description?.includes(word))) notes.push(`one of ${words.join(', ')}`)
  if (minimum !== undefined && maximum !== undefined && !hideRange)
    notes.push(`${minimum} to ${maximum}`)
  else if (minimum !== undefined && minimum > 0 && !hideRange) notes.push(`at least ${minimum}`)
  else if (maximum !== undefined && !hideRange) notes.push(`at most ${maximum}`)
  if (schema.default !== undefined) notes.push(`default ${JSON.stringify(schema.default)}`)
  if (notes.length === 0) return description
  return [...(description === undefined || description === '' ? [] : [description]), ...notes].join(
    ', '
  )
}

/**
 * The one projection of a tool's TypeBox schema that is published: plain types, required properties
 * first, no `additionalProperties`, no `$ref`; ranges and defaults in the description, as said twice they
 * cost tokens twice. Validation stays as strict as the definition.
 */
export function publishedSchema(schema: ToolSchema): PublishedSchema {
  const published: PublishedSchema = {}
  // Several types at once are lost on some converters: the widest one is named by the definition.
  const type = typeof schema.type === 'string' ? schema.type : schema['x-published-type']
  if (type !== undefined) published.type = type
  const description = describe(schema)
  if (description !== undefined) published.description = description
  if (schema.enum !== undefined) published.enum = [...schema.enum]
  if (schema.items !== undefined) published.items = publishedSchema(schema.items)
  if (schema.properties !== undefined) {
    const { required = [] } = schema
    const listed = Object.entries(schema.properties).filter(
      ([, field]) => field['x-unlisted'] !== true
    )
    const ordered = listed.toSorted(
      ([a], [b]) => Number(required.includes(b)) - Number(required.includes(a))
    )
    published.properties = Object.fromEntries(
      ordered.map(([name, field]) => [name, publishedSchema(field)])
    )
    const promised = ordered.map(([name]) => name).filter((name) => required.includes(name))
    if (promised.length > 0) published.required = promised
  }
  return published
}
