import { BridgeError } from '../errors.ts'
import { nearest } from '../nearest.ts'
import { didYouMean } from '../schema-problems.ts'
import { blankCredentials, isSecretName } from '../secrets.ts'
import { columnsOf } from './text-answer.ts'

type Fields = Record<string, unknown>

/** A value to be searched, without what is secret in it: nobody shall find that out by filters. */
const asText = (value: unknown): string => {
  if (value === undefined) return ''
  const text =
    typeof value === 'string'
      ? value
      : JSON.stringify(value, (name, held: unknown) => (isSecretName(name) ? undefined : held))
  return text.includes('://') ? blankCredentials(text) : text
}

/** `name` as it is written among the names, in whatever case it came. */
const writtenAs = (name: string, names: readonly string[]): string | undefined =>
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

const splitFilter = (filter: string): [string, string] | undefined => {
  const at = filter.indexOf(':')
  return at < 0 ? undefined : [filter.slice(0, at).trim(), filter.slice(at + 1).trim()]
}

/** The entries whose description has the word, or whose field has the value. */
export function matching(entries: ListEntry[], filter: string): ListEntry[] {
  const [field, value] = splitFilter(filter) ?? []
  if (field !== undefined && value !== undefined) {
    const owner = entries.find((entry) => writtenAs(field, entry.names) !== undefined)
    const key = owner && writtenAs(field, owner.names)
    const wanted = value.toLowerCase()
    if (key !== undefined)
      return entries.filter((entry) => asText(entry.value(key)).toLowerCase().includes(wanted))
  }
  const wanted = filter.toLowerCase()
  return entries.filter(({ described }) =>
    Object.values(described).some((held) => asText(held).toLowerCase().includes(wanted))
  )
}

/**
 * Why a filter found nothing: the field is none (then the nearest one), or no record has the value
 * (then the values there are). A reader who takes "nothing found" for an answer would be misled.
 */
export function emptyHint(entries: ListEntry[], filter: string): string {
  const [first] = entries
  const [field, value] = splitFilter(filter) ?? []
  if (first !== undefined && field !== undefined) {
    const key = writtenAs(field, first.names)
    if (key === undefined)
      return `"${field}" is no field${didYouMean(nearest(field, first.names)) || '.'} Fields: ${Object.keys(first.described).join(', ')}`
    const values = [...new Set(entries.map((entry) => asText(entry.value(key))))]
    const shown = values.filter((each) => each !== '' && each.length <= 40).slice(0, 8)
    if (shown.length > 0) return `no ${key} has "${value}"; there is ${shown.join(', ')}`
  }
  return `nothing has "${filter}": try a shorter word, or leave filter out to see all`
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
      `fields: "${name}" is no field${didYouMean(nearest(name, entry.names)) || '.'} Fields: ${entry.names.join(', ')}`
    )
  })
  return [...new Set(chosen)]
}
