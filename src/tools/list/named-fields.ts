import { BridgeError } from '../../lib/errors/errors.ts'
import { didYouMean, nearest } from '../../lib/text/nearest.ts'
import { quote } from '../../lib/text/quote.ts'
import { ListEntry } from './list-entry.ts'
import { fieldCalled } from './list-words.ts'

type Fields = Record<string, unknown>

/**
 * A record with the fields a caller named alone.
 * @throws {BridgeError} INVALID_ARGUMENT for one that is none.
 */
export function chooseFields(record: object, names: readonly string[]): Fields {
  const entry = new ListEntry(record as Fields, () => record as Fields)
  return Object.fromEntries(namedFields(names, entry).map((name) => [name, entry.value(name)]))
}

/**
 * The fields a caller named, as they are written; they go by the names that a filter knows them by.
 * @throws {BridgeError} INVALID_ARGUMENT for one that is none.
 */
export function namedFields(
  names: readonly string[],
  entry: ListEntry,
  aliases: Readonly<Record<string, string>> = {}
): string[] {
  const chosen = names.map((name) => {
    const known = fieldCalled(name, entry.names, aliases)
    if (known !== undefined) return known
    throw new BridgeError(
      'INVALID_ARGUMENT',
      `fields: unknown field ${quote(name)}${didYouMean(nearest(name, entry.names)) || '.'} Fields: ${entry.names.join(', ')}`
    )
  })
  return [...new Set(chosen)]
}
