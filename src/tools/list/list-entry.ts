import { isSecretName } from '../../lib/secrets/secrets.ts'
import { columnsOf } from '../../views/text/text-form.ts'

type Fields = Record<string, unknown>

/** `name` as it is written among the names, in whatever case it came. */
export const writtenAs = (name: string, names: readonly string[]): string | undefined =>
  names.find((candidate) => candidate.toLowerCase() === name.trim().toLowerCase())

const withoutSecrets = (fields: Fields): Fields =>
  Object.keys(fields).some(isSecretName)
    ? Object.fromEntries(Object.entries(fields).filter(([name]) => !isSecretName(name)))
    : fields

/** A record of a list and its description, which is computed once, and only on demand. */
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
