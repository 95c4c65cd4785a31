import { Kind, type TSchema } from '@sinclair/typebox'
import { type PublishedSchema, publishedSchema } from '../../tools/published-schema.ts'

/** Whatever JSON the cluster or the catalog has: the one type of the definition is for readers. */
const isAnything = (source: TSchema): boolean =>
  source[Kind] === 'Unsafe' && source.enum === undefined && source.properties === undefined

/**
 * Takes out what does not hold for every response: the type of what may be anything, null too, and
 * required fields below the root, as items are the cluster's own records with `detail: "full"`.
 */
function loosen(published: PublishedSchema, source: TSchema, isRoot: boolean): PublishedSchema {
  const { type, required, properties, items, ...rest } = published
  const fields = (source.properties ?? {}) as Record<string, TSchema>
  const loosened = Object.entries(properties ?? {}).map(
    ([name, field]) => [name, loosen(field, fields[name] as TSchema, false)] as const
  )
  return {
    ...(isAnything(source) ? {} : { type }),
    ...rest,
    ...(items && { items: loosen(items, source.items as TSchema, false) }),
    ...(properties && { properties: Object.fromEntries(loosened) }),
    ...(isRoot && required !== undefined && { required })
  }
}

/**
 * What every response of a tool fits: MCP clients check it, and throw away one that does not. The schema
 * that REST publishes only describes.
 */
export const outputSchema = (output: TSchema): PublishedSchema & { type: 'object' } => ({
  ...loosen(publishedSchema(output), output, true),
  type: 'object'
})
