import { isObject } from '../lib/json.ts'

/** A JSON Schema as clients get it. */
export type PublishedSchema = Record<string, unknown>

/**
 * What a client's model reads; everything else is noise to it or breaks a converter. Ranges and
 * defaults are in the description, which alone every model server passes on: twice costs tokens.
 */
const kept = ['type', 'description', 'enum'] as const

/**
 * Allowed words, default and range in words too: some model servers pass only descriptions on. A range
 * that nobody leaves (`x-wide-range`) is left to the error.
 */
function describe(schema: Record<string, unknown>): string | undefined {
  const {
    description,
    minimum,
    maximum,
    enum: words
  } = schema as {
    description?: string
    minimum?: number
    maximum?: number
    enum?: string[]
  }
  const isWide = schema['x-wide-range'] === true
  const notes: string[] = []
  if (words?.some((word) => !description?.includes(word))) notes.push(`one of ${words.join(', ')}`)
  if (minimum !== undefined && maximum !== undefined && !isWide)
    notes.push(`${minimum} to ${maximum}`)
  else if (minimum !== undefined && minimum > 0 && !isWide) notes.push(`at least ${minimum}`)
  else if (maximum !== undefined && !isWide) notes.push(`at most ${maximum}`)
  if (schema['default'] !== undefined) notes.push(`default ${JSON.stringify(schema['default'])}`)
  if (notes.length === 0) return description
  return [...(description === undefined ? [] : [description]), ...notes].join(', ')
}

/**
 * The one projection of a tool's TypeBox schema that is published: plain types, required properties
 * first, no `additionalProperties`, no `$ref`. Validation stays as strict as the definition.
 */
export function publishedSchema(schema: object): PublishedSchema {
  const source = schema as Record<string, unknown>
  const published: PublishedSchema = {}
  for (const key of kept) if (source[key] !== undefined) published[key] = source[key]
  // Several types at once are lost on some converters: the widest one is named by the definition.
  if (Array.isArray(source['type'])) published['type'] = source['x-published-type']
  const description = describe(source)
  if (description !== undefined) published['description'] = description
  if (isObject(source['items'])) published['items'] = publishedSchema(source['items'])
  if (isObject(source['properties'])) {
    const required = (source['required'] as string[] | undefined) ?? []
    const names = Object.keys(source['properties'])
    const ordered = [
      ...names.filter((name) => required.includes(name)),
      ...names.filter((name) => !required.includes(name))
    ]
    const properties = source['properties']
    published['properties'] = Object.fromEntries(
      ordered.map((name) => [name, publishedSchema(properties[name] as object)])
    )
    if (required.length > 0) published['required'] = ordered.slice(0, required.length)
  }
  return published
}
