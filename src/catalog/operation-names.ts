import type { Catalog, Operation, Schema } from './load.ts'

/** Names of fields in a schema, those of the records in it with their depth (0 is the top). */
export function fieldsOf(
  catalog: Catalog,
  schema: Schema | undefined,
  most: number
): Map<string, number> {
  const names = new Map<string, number>()
  const visit = (given: Schema | undefined, depth: number): void => {
    if (given === undefined || depth > most) return
    const target = catalog.resolve(given)
    if (target.items !== undefined) visit(target.items, depth)
    for (const [name, field] of Object.entries(target.properties ?? {})) {
      if (!names.has(name)) names.set(name, depth)
      visit(field, depth + 1)
    }
  }
  visit(schema, 0)
  return names
}

/** Words a body's fields may hold, such as START and LIVEMIGRATE. */
export function allowedWords(catalog: Catalog, schema: Schema | undefined): string[] {
  const words = new Set<string>()
  const visit = (given: Schema | undefined, depth: number): void => {
    if (given === undefined || depth > 2) return
    const target = catalog.resolve(given)
    for (const word of target.enum ?? []) if (typeof word === 'string') words.add(word)
    if (target.items !== undefined) visit(target.items, depth)
    for (const field of Object.values(target.properties ?? {})) visit(field, depth + 1)
  }
  visit(schema, 0)
  return [...words]
}

/** Words of the path: its names without the parameters. */
export const pathNames = ({ path }: Operation): string[] =>
  path.split('/').filter((part) => part !== '' && !part.startsWith('{'))
