import { nearest, didYouMean } from '../../lib/nearest.ts'
import { type ListEntry, writtenAs } from './list-entry.ts'
import { isObject } from '../../lib/json.ts'
import { withoutLogins } from '../../lib/address-login.ts'
import { foldCase } from '../../lib/normalize.ts'
import { asWord, quote } from '../../lib/quote.ts'
import { isSecretName } from '../../lib/secrets.ts'
import { onRequest } from '../on-request.ts'
import { isUuid } from '../../lib/uuid.ts'

/**
 * The texts a value is made of, without what is secret in it, as nobody shall find that out by
 * filters; none for nothing.
 */
function leavesOf(value: unknown): string[] {
  if (value === undefined || value === null || value === '') return []
  if (Array.isArray(value)) return value.flatMap(leavesOf)
  if (isObject(value))
    return Object.entries(value).flatMap(([name, held]) =>
      isSecretName(name) || Object.hasOwn(onRequest, name) ? [] : leavesOf(held)
    )
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return [withoutLogins(text)]
}

/** Numbers with or without their unit, truth values, MAC and IP addresses. */
const exact = [
  /^-?\d+(\.\d+)?( [a-z%/]+)?$/i,
  /^(true|false)$/,
  /^([\da-f]{2}[:-]){5}[\da-f]{2}$/i,
  /^\d+(\.\d+){3}(\/\d+)?$/,
  /^[\da-f:]*:[\da-f:]*:[\da-f:.]*$/i
]

/** Whether a part of this text says nothing of the whole: VLAN 1 is not within VLAN 10. */
const isExact = (text: string): boolean => isUuid(text) || exact.some((form) => form.test(text))

/** A text, and the words of a list such as `prod,web`. */
const wordsOf = (text: string): string[] =>
  text.includes(',') ? [text, ...text.split(',').map((word) => word.trim())] : [text]

const wordSign = /[\w:-]/

/** Whether one text is within another, an address only where it ends: 10.0.0.1 is not within 10.0.0.11. */
function within(part: string, text: string): boolean {
  if (!isExact(part) || !/[.:-]/.test(part)) return text.includes(part)
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) {
    const before = text.slice(0, at)
    const after = text.slice(at + part.length)
    const goesOn = wordSign.test(after.slice(0, 1)) || /^\.\d/.test(after)
    if (!goesOn && !wordSign.test(before.slice(-1)) && !/\d\.$/.test(before)) return true
  }
  return false
}

/** By indexes, as a regular expression with many stars takes ages on a long text. */
function like(parts: readonly string[], text: string): boolean {
  const [first = '', ...rest] = parts
  const last = rest.pop()
  if (last === undefined) return text === first
  if (!text.startsWith(first)) return false
  let at = first.length
  for (const part of rest) {
    const found = text.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return text.length - last.length >= at && text.endsWith(last)
}

interface Searcher {
  /** Whether a text, or a word of its list, is what is searched for, in any case; `*` is any text. */
  is: (text: string) => boolean
  /** Whether it is somewhere in the text. */
  isWithin: (text: string) => boolean
}

function searcherOf(value: string): Searcher {
  const wanted = foldCase(value)
  const parts = wanted.split('*')
  return {
    is: (text) => wordsOf(foldCase(text)).some((word) => like(parts, word)),
    isWithin: (text) => within(wanted, foldCase(text))
  }
}

/** `field:value`, or a word that any field may have. */
interface Condition {
  /** As the records write it; undefined for a word. */
  field?: string
  /** `!=`, or `-` before the field. */
  not: boolean
  value: string
}

/** `field:`, `field=`, `field!=` or `-field:` at the beginning, or after a blank, a comma or `and`. */
const begins = /(^|[\s,;]+(?:(?:and|&&)\s+)?)([-!]?)(\w+)\s*(!=|==?|:)\s*/giu

/** What stands in quotes, made unreadable: a field in it is none. */
const masked = (text: string): string =>
  text.replaceAll(/"[^"]*"/g, (quoted) => `"${'·'.repeat(quoted.length - 2)}"`)

const unquoted = (text: string): string => /^(["'])(.*)\1$/s.exec(text)?.[2] ?? text

/**
 * The conditions of a filter; all of them must hold. A value reaches to the next field there is, so
 * whitespace may be in it.
 */
function readConditions(filter: string, names: readonly string[]): Condition[] {
  const found = [...masked(filter).matchAll(begins)].flatMap((match) => {
    const [whole, , sign, name = '', operator] = match
    const field = writtenAs(name, names)
    const not = operator === '!=' || sign !== ''
    return field === undefined
      ? []
      : [{ field, not, at: match.index, from: match.index + whole.length }]
  })
  const first = unquoted(filter.slice(0, found[0]?.at).trim())
  return [
    ...(first === '' ? [] : [{ not: false, value: first }]),
    ...found.map(({ field, not, from }, i) => ({
      field,
      not,
      value: unquoted(filter.slice(from, found[i + 1]?.at).trim())
    }))
  ]
}

interface Match {
  entries: ListEntry[]
  /** How many have the value within a longer one, where others have the value itself. */
  longer: number
  /** Whether no record has the value itself. */
  loose: boolean
}

/** The entries whose field is the value; where none is, those whose text has it within. */
function haveField(entries: ListEntry[], field: string, value: string): Match {
  const leaves = new Map(entries.map((entry) => [entry, leavesOf(entry.value(field))]))
  const having = (fits: (leaf: string) => boolean): ListEntry[] =>
    entries.filter((entry) => leaves.get(entry)?.some(fits))
  if (value === '')
    return {
      entries: entries.filter((entry) => !leaves.get(entry)?.length),
      longer: 0,
      loose: false
    }
  const { is, isWithin } = searcherOf(value)
  const equal = having(is)
  if (value.includes('*')) return { entries: equal, longer: 0, loose: false }
  const within = having((leaf) => !isExact(leaf) && isWithin(leaf))
  if (equal.length === 0) return { entries: within, longer: 0, loose: true }
  const exactly = new Set(equal)
  const longer = within.filter((entry) => !exactly.has(entry)).length
  return { entries: equal, longer, loose: false }
}

function meet(entries: ListEntry[], { field, not, value }: Condition): Match {
  if (field === undefined) {
    const { is, isWithin } = searcherOf(value)
    const fits = value.includes('*') ? is : isWithin
    const held = entries.filter(({ described }) => leavesOf(described).some(fits))
    return { entries: held, longer: 0, loose: false }
  }
  const match = haveField(entries, field, value)
  if (!not) return match
  // What is to be left out is taken by its word: never more than was named.
  const out = new Set(match.loose ? [] : match.entries)
  return { entries: entries.filter((entry) => !out.has(entry)), longer: 0, loose: match.loose }
}

/** Some values that records have in a field; none where they are shown on request alone. */
const valuesOf = (entries: ListEntry[], field: string): string[] =>
  Object.hasOwn(onRequest, field)
    ? []
    : [...new Set(entries.flatMap((entry) => leavesOf(entry.value(field))))]
        .filter((leaf) => leaf.length <= 40)
        .slice(0, 8)

/** A value that records have: words of the cluster as they are, what people write in quotes. */
const shownValue = (value: string): string =>
  /^[A-Z0-9_.:%-]+$/.test(value) ? value : quote(value)

const listed = (values: readonly string[]): string =>
  values.length === 0 ? '' : `; there is ${values.map(shownValue).join(', ')}`

const shown = ({ field, not, value }: Condition): string =>
  field === undefined ? quote(value) : `${field}${not ? '!=' : ':'}${asWord(value)}`

/** Why no record meets a condition: the field is none, or no record has the value. */
function whyNone(entries: ListEntry[], { field, value }: Condition, names: string[]): string {
  if (field !== undefined) {
    const there = valuesOf(entries, field)
    if (value === '') return `every record has a ${field}`
    return `no ${field} has ${quote(value)}${listed(there)}`
  }
  const meant = /^[-!]?(\w+)\s*(?:[:=!<>])/u.exec(value)?.[1]
  if (meant === undefined)
    return `nothing has ${quote(value)}: try a shorter word, or leave filter out to see all`
  if (writtenAs(meant, names) !== undefined)
    return `filter knows field:value, field!=value and * for any text, not ${quote(value)}`
  const described = Object.keys(entries[0]?.described ?? {})
  return `${quote(meant)} is no field${didYouMean(nearest(meant, names)) || '.'} Fields: ${described.join(', ')}`
}

/** What a filter finds, and what a reader has to know of how: one who takes it as said would be misled. */
export interface Filtered {
  entries: ListEntry[]
  hints: string[]
}

/** The entries that meet all conditions of a filter. */
export function applyFilter(entries: ListEntry[], filter: string): Filtered {
  const names = [...new Set(entries.flatMap((entry) => entry.names))]
  const conditions = readConditions(filter, names)
  const matches = conditions.map((condition) => ({ condition, ...meet(entries, condition) }))
  const sets = matches.map((match) => new Set(match.entries))
  const held = entries.filter((entry) => sets.every((set) => set.has(entry)))
  if (entries.length === 0) return { entries: held, hints: [] }
  const none = matches.filter((match) => match.entries.length === 0)
  if (none.length > 0)
    return { entries: held, hints: none.map(({ condition }) => whyNone(entries, condition, names)) }
  if (held.length === 0) {
    const each = matches.map((match) => `${shown(match.condition)} has ${match.entries.length}`)
    return { entries: held, hints: [`no record meets all of it: ${each.join(', ')}`] }
  }
  const hints = matches.flatMap(({ condition: { field, not, value }, longer, loose }) => [
    ...(longer > 0
      ? [`${longer} more have ${asWord(value)} within their ${field}: ${field}:*${asWord(value)}*`]
      : []),
    ...(loose && not
      ? [
          `no ${field} is ${quote(value)}, so none is left out${listed(valuesOf(entries, field ?? ''))}`
        ]
      : []),
    ...(loose && !not ? [`no ${field} is just ${quote(value)}: these have it within`] : [])
  ])
  return { entries: held, hints }
}
