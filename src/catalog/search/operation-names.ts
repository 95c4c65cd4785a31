import { recordOf } from './describe-field.ts'
import type { Catalog, Operation, Schema } from '../load.ts'

/** Names of fields in a schema, those of the records in it with their depth (0 is the top). */
export function fieldsOf(
  catalog: Catalog,
  schema: Schema | undefined,
  max: number
): Map<string, number> {
  const names = new Map<string, number>()
  const visit = (given: Schema, depth: number): void => {
    for (const [name, field] of Object.entries(recordOf(catalog, given)?.properties ?? {})) {
      if (!names.has(name)) names.set(name, depth)
      if (depth < max) visit(field, depth + 1)
    }
  }
  if (schema !== undefined) visit(schema, 0)
  return names
}

/** How deep in a body its words are looked for. */
const maxNestedWords = 2

/** Words a body's fields may hold, such as START and LIVEMIGRATE. */
export function allowedWords(catalog: Catalog, schema: Schema | undefined): string[] {
  const words = new Set<string>()
  const visit = (given: Schema, depth: number): void => {
    const target = catalog.resolve(given)
    const allowed = target.enum ?? (target.items && catalog.resolve(target.items).enum) ?? []
    for (const word of allowed) if (typeof word === 'string') words.add(word)
    if (depth > maxNestedWords) return
    for (const field of Object.values(recordOf(catalog, given)?.properties ?? {}))
      visit(field, depth + 1)
  }
  if (schema !== undefined) visit(schema, 0)
  return [...words]
}

/** Words of the path: its names without the parameters. */
export const pathNames = ({ path }: Operation): string[] =>
  path.split('/').filter((part) => part !== '' && !part.startsWith('{'))
