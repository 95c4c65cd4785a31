import { Kind } from '@sinclair/typebox'
import { publishedSchema } from '../../tools/published-schema.ts'

type Schema = Record<string | symbol, unknown>

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Whatever JSON the cluster or the catalog has: the one type of the definition is for readers. */
const isAnything = (source: Schema): boolean =>
  source[Kind] === 'Unsafe' && source['enum'] === undefined && source['properties'] === undefined

/**
 * Takes out what does not hold for every answer: the type of what may be anything, null too, and
 * required fields below the root, as items are the cluster's own records with `detail: "full"`.
 */
function loosen(published: Schema, source: Schema, isRoot: boolean): Schema {
  const { type, required, properties, items, ...rest } = published
  const fields = isSchema(source['properties']) ? source['properties'] : {}
  return {
    ...(isAnything(source) ? {} : { type }),
    ...rest,
    ...(isSchema(items) ? { items: loosen(items, source['items'] as Schema, false) } : {}),
    ...(isSchema(properties)
      ? {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, field]) => [
              name,
              loosen(field as Schema, fields[name] as Schema, false)
            ])
          )
        }
      : {}),
    ...(isRoot && required !== undefined ? { required } : {})
  }
}

/**
 * What every answer of a tool fits: MCP clients check it, and throw away an answer that does not. The
 * schema that REST publishes only describes.
 */
export const outputSchema = (output: object): { type: 'object' } & Schema => ({
  ...loosen(publishedSchema(output), output as Schema, true),
  type: 'object'
})
