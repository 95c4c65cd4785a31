import { BridgeError } from '../../lib/errors.ts'
import { nearest, didYouMean } from '../../lib/nearest.ts'
import { isSecretName } from '../../lib/secrets.ts'
import { columnsOf } from '../../views/text/text-form.ts'
import { quote } from '../../lib/quote.ts'

type Fields = Record<string, unknown>

/** `name` as it is written among the names, in whatever case it came. */
export const writtenAs = (name: string, names: readonly string[]): string | undefined =>
  names.find((candidate) => candidate.toLowerCase() === name.trim().toLowerCase())

const withoutSecrets = (fields: Fields): Fields =>
  Object.keys(fields).some(isSecretName)
    ? Object.fromEntries(Object.entries(fields).filter(([name]) => !isSecretName(name)))
    : fields

/** A record of a list, and how it is described; that is found out once, and only if it is needed. */
export class ListEntry {
  readonly record: Fields
  readonly #describe: () => Fields
  #described: Fields | undefined

  constructor(record: Fields, describe: () => Fields) {
    this.record = record
    this.#describe = describe
  }

  get described(): Fields {
    return (this.#described ??= withoutSecrets(this.#describe()))
  }

  /** All fields there are but secret ones, those of the description first. */
  get names(): string[] {
    return columnsOf([this.described, this.record]).filter((name) => !isSecretName(name))
  }

  value(name: string): unknown {
    return name in this.described ? this.described[name] : this.record[name]
  }
}

/**
 * A record with the fields a caller named alone.
 * @throws {BridgeError} INVALID_ARGUMENT for one that is none.
 */
export function chooseFields(record: object, names: readonly string[]): Fields {
  const entry = new ListEntry(record as Fields, () => record as Fields)
  return Object.fromEntries(namedFields(names, entry).map((name) => [name, entry.value(name)]))
}

/**
 * The fields a caller named, as they are written.
 * @throws {BridgeError} INVALID_ARGUMENT for one that is none.
 */
export function namedFields(names: readonly string[], entry: ListEntry): string[] {
  const chosen = names.map((name) => {
    const known = writtenAs(name, entry.names)
    if (known !== undefined) return known
    throw new BridgeError(
      'INVALID_ARGUMENT',
      `fields: ${quote(name)} is no field${didYouMean(nearest(name, entry.names)) || '.'} Fields: ${entry.names.join(', ')}`
    )
  })
  return [...new Set(chosen)]
}
