import { isObject, parseJsonContainer } from '../../lib/json/json.ts'
import { filterForm } from './filter-rule.ts'
import type { Rule, ValueRule } from './rule.ts'
import { withoutSeparators } from '../../lib/text/normalize.ts'
import { macPattern, normalizeMac } from '../../lib/text/mac-address.ts'
import { quote } from '../../lib/text/quote.ts'
import { formatBytes, gibibyte, parseBytes } from '../../lib/text/units.ts'
import { parseUuid } from '../../lib/text/uuid.ts'
import type { ToolSchema } from '../../lib/json/schema-keywords.ts'
import { writeArguments } from '../schemas.ts'

/** Text that stands for something: whitespace around it means nothing. Free text keeps its whitespace. */
const isFreeText = ({ type, enum: words, format, pattern, minLength }: ToolSchema): boolean =>
  (type === 'string' || Array.isArray(type)) &&
  words === undefined &&
  format === undefined &&
  pattern === undefined &&
  (minLength ?? 0) === 0

const surroundingWhitespace: ValueRule = {
  name: 'surrounding whitespace',
  does: 'is removed from names, words, numbers and uuids; free text keeps it',
  example: '`" web-01 "` → `web-01`',
  coerce(value, schema) {
    if (typeof value !== 'string' || isFreeText(schema)) return undefined
    const text = value.trim()
    return text === value ? undefined : { value: text }
  }
}

const jsonText: ValueRule = {
  name: 'JSON text',
  does: 'is parsed where an object or a list is expected',
  example: '`disks: "[{\\"capacity\\": 42949672960}]"`',
  coerce(value, { type }) {
    if (typeof value !== 'string' || (type !== 'object' && type !== 'array')) return undefined
    const parsed = parseJsonContainer(value)
    if (parsed === undefined) return undefined
    return { value: parsed, note: 'JSON text was read' }
  }
}

const oneForList: ValueRule = {
  name: 'one for a list',
  does: 'one object is put into a list where a list of objects is expected',
  example: '`nics: {"vlan": 10}` → `[{"vlan": 10}]`',
  coerce(value, { type, items }) {
    if (!isObject(value) || type !== 'array' || items?.type !== 'object') return undefined
    return { value: [value], note: 'one object was put into a list' }
  }
}

const commaWords: ValueRule = {
  name: 'comma-separated text',
  does: 'is split where a list of words is expected',
  example: '`bootDevices: "<uuid>, <uuid>"`',
  coerce(value, { type, items }) {
    if (typeof value !== 'string' || type !== 'array' || items?.type !== 'string') return undefined
    // Broken JSON, or a list in some other notation: its punctuation would become part of the words.
    if (/["'[\]{}]/.test(value)) return undefined
    const words = value.split(',').map((word) => word.trim())
    const given = words.filter((word) => word !== '')
    return given.length === 0 ? undefined : { value: given, note: 'text was read as a list' }
  }
}

const isWord = (word: unknown): boolean =>
  typeof word === 'string' && !word.includes(',') && word.trim() !== ''

const listForWords: ValueRule = {
  name: 'list of words',
  does: 'is joined where comma-separated text is expected',
  example: '`tags: ["prod", "web"]` → `prod,web`',
  coerce(value, schema) {
    // An empty one would clear what is there, and often only means that nothing is known.
    if (schema['x-comma-list'] !== true || !Array.isArray(value) || value.length === 0)
      return undefined
    if (!value.every(isWord)) return undefined
    const text = (value as string[]).map((word) => word.trim()).join(',')
    return { value: text, note: `list read as ${quote(text)}` }
  }
}

const tidyWords: ValueRule = {
  name: 'comma-separated words',
  does: 'lose whitespace around them, empty ones and repetitions; `;` counts as a comma',
  example: '`tags: "prod; web ,"` → `prod,web`',
  coerce(value, schema) {
    if (schema['x-comma-list'] !== true || typeof value !== 'string') return undefined
    const words = value
      .split(/[,;]/)
      .map((word) => word.trim())
      .filter((word) => word !== '')
    const text = [...new Set(words)].join(',')
    // Nothing but separators would clear what is there.
    if (text === value || text === '') return undefined
    // Whitespace alone is not news.
    const isNews = text !== value.replaceAll(/\s*,\s*/g, ',').trim()
    return { value: text, ...(isNews && { note: `${quote(value)} read as ${quote(text)}` }) }
  }
}

/** Longer text is none of the short things that are asked for. */
const maxWordLength = 100

/** Forms that are unambiguous: no thousands, no exponent, no leading zero, no unit. */
const plainNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/

const numberText: ValueRule = {
  name: 'number as text',
  does: 'is read where a number is expected; text with other letters is refused',
  example: '`numVCPU: "4"` → `4`',
  coerce(value, { type }) {
    if (type !== 'integer' && type !== 'number') return undefined
    if (typeof value !== 'string' || value.length > maxWordLength) return undefined
    if (!plainNumber.test(value)) return undefined
    const number = Number(value)
    const fits =
      Math.abs(number) <= Number.MAX_SAFE_INTEGER && (type === 'number' || Number.isInteger(number))
    return fits ? { value: number, note: `${quote(value)} read as ${number}` } : undefined
  }
}

const sizeText: ValueRule = {
  name: 'size with a unit',
  does: 'is read where bytes or GiB are expected; KB, MB, GB, TB are powers of 1024 like KiB, MiB, GiB, TiB',
  example: '`mem: "8 GB"` → `8589934592`',
  coerce(value, schema) {
    const { 'x-bytes': isBytes = false, 'x-gib': isGiB = false } = schema
    if ((!isBytes && !isGiB) || typeof value !== 'string') return undefined
    const bytes = value.length > maxWordLength ? undefined : parseBytes(value)
    if (bytes === undefined) return undefined
    if (isGiB)
      return { value: bytes / gibibyte, note: `${quote(value)} read as ${formatBytes(bytes)}` }
    return { value: bytes, note: `${quote(value)} read as ${bytes} bytes (${formatBytes(bytes)})` }
  }
}

const booleanText: ValueRule = {
  name: 'true or false as text',
  does: 'is read in any case where true or false is expected; 1, 0, yes and no are refused',
  example: '`strictAffinity: "False"` → `false`',
  coerce(value, { type }) {
    if (typeof value !== 'string' || type !== 'boolean') return undefined
    const word = value.toLowerCase()
    if (word !== 'true' && word !== 'false') return undefined
    return { value: word === 'true', note: `${quote(value)} read as ${word}` }
  }
}

const textForNumber: ValueRule = {
  name: 'number for text',
  does: 'is read as text where text is expected',
  example: '`taskTag: 1207` → `"1207"`',
  coerce(value, { type, enum: words, format }) {
    if (typeof value !== 'number' || type !== 'string') return undefined
    if (words !== undefined || format !== undefined) return undefined
    // Beyond, the digits that were sent are lost already.
    if (Math.abs(value) > Number.MAX_SAFE_INTEGER) return undefined
    return { value: String(value), note: `${value} read as text` }
  }
}

/** Shorter pieces are not words: `st op` may be the rest of anything. */
const minPieceLength = 3

/** Whether a word is taken apart only where words begin, or where the allowed one is. */
function isPartedLike(given: string, word: string): boolean {
  const pieces = given.toLowerCase().split(/[\s_-]/)
  if (pieces.every((piece) => piece.length >= minPieceLength)) return true
  return (
    pieces.join(' ') ===
    word
      .toLowerCase()
      .split(/[\s_-]/)
      .join(' ')
  )
}

const allowedWords: ValueRule = {
  name: 'allowed words',
  does: 'are recognised in any case, and with spaces, `_` or `-` between their parts',
  example: '`actionType: "live_migrate"` → `LIVEMIGRATE`',
  coerce(value, { enum: words }) {
    if (typeof value !== 'string' || words === undefined || words.includes(value)) return undefined
    if (value.length > maxWordLength) return undefined
    const given = withoutSeparators(value)
    const meant = words.filter(
      (word) => withoutSeparators(word) === given && isPartedLike(value, word)
    )
    const [word] = meant
    if (word === undefined || meant.length > 1 || word === '') return undefined
    return { value: word, note: `${quote(value)} read as ${word}` }
  }
}

/** The cluster has them in lower case (FACTS 3.5), so a literal comparison never misses one. */
const uuids: ValueRule = {
  name: 'uuid',
  does: 'is taken in any case, in braces, after `urn:uuid:`, without dashes',
  example: '`{03DAC0A9-…}` → `03dac0a9-…`',
  coerce(value, schema) {
    if (schema['x-entity'] === undefined && schema.format !== 'uuid') return undefined
    if (typeof value !== 'string' || value.length > maxWordLength) return undefined
    const uuid = parseUuid(value)
    return uuid === undefined ? undefined : { value: uuid }
  }
}

const macs: ValueRule = {
  name: 'MAC address',
  does: 'is taken with `:`, `-`, `.` or nothing between its bytes, in any case',
  example: '`7c-4c-58-aa-bb-cc` → `7C:4C:58:AA:BB:CC`',
  coerce(value, { pattern }) {
    if (pattern !== macPattern || typeof value !== 'string') return undefined
    const mac = normalizeMac(value)
    return mac === undefined || mac === value
      ? undefined
      : { value: mac, note: `${quote(value)} read as ${mac}` }
  }
}

/** In the order they are tried: each finds what those before it made of the value. */
export const valueRules: readonly ValueRule[] = [
  surroundingWhitespace,
  filterForm,
  jsonText,
  oneForList,
  commaWords,
  listForWords,
  tidyWords,
  sizeText,
  numberText,
  booleanText,
  textForNumber,
  allowedWords,
  uuids,
  macs
]

export const emptyRule: Rule = {
  name: 'nothing given',
  does: 'null, and where they are not valid values empty text and the description of an argument, are dropped from optional arguments; text that may be empty stays. Dropped as well are 0 beside another amount, and an unknown argument that is null, or that is empty text where no argument of the tool may be',
  example:
    '`limit: null`, `plan: "approved"` and `toGiB: 0` beside `addGiB: 20` are left out, `tags: ""` clears the tags'
}

const allows = ({ type }: ToolSchema, name: string): boolean =>
  type === name || (Array.isArray(type) && type.includes(name))

function allowsEmptyText(schema: ToolSchema): boolean {
  const { enum: words, pattern, minLength = 0, format } = schema
  if (!allows(schema, 'string') || minLength > 0 || format !== undefined) return false
  if (words !== undefined) return words.includes('')
  return pattern === undefined || new RegExp(pattern, 'u').test('')
}

const wordsForNothing = /^\s*(?:null|none|nil|undefined)\s*$/i

/**
 * What to say to a quoted null where text is asked for: it would be written down as it stands.
 * Undefined for everything else.
 */
export function quotedNull(value: unknown, schema: ToolSchema, name: string): string | undefined {
  if (typeof value !== 'string' || !wordsForNothing.test(value)) return undefined
  if (!allows(schema, 'string') || schema.enum !== undefined) return undefined
  const clear = allowsEmptyText(schema) ? `, or pass "" for an empty ${name}` : ''
  return `${name} is the text "${value.trim()}": leave ${name} out to leave it as it is${clear}`
}

/**
 * Whether a text is what the schema says of its value, and no value: small models fill in every
 * argument there is, with the words that stand there.
 */
function repeatsDescription(text: string, { description, pattern }: ToolSchema): boolean {
  if (description === undefined) return false
  const isSame = text.trim().toLowerCase() === description.toLowerCase()
  const isRefused = pattern !== undefined && !new RegExp(pattern, 'u').test(text)
  // One word may be a name; nothing is called by several that happen to be these.
  return isSame && (isRefused || /\s/.test(text.trim()))
}

/** Whether a value says nothing: it is none, and its schema has no use for it. */
export function saysNothing(value: unknown, schema: ToolSchema): boolean {
  if (value === null) return !allows(schema, 'null')
  if (typeof value !== 'string') return false
  if (value.trim() === '') return !allowsEmptyText(schema)
  if (repeatsDescription(value, schema)) return true
  // Where no text is asked for, this one can only be a null that was quoted.
  return value.trim() === 'null' && !allows(schema, 'string')
}

/** Whether an amount that has to be more than 0 is 0, and another one says how much. */
export function isSpareAmount(
  name: string,
  args: Record<string, unknown>,
  { properties = {}, required = [] }: ToolSchema
): boolean {
  const isAmount = (each: string): boolean =>
    Object.hasOwn(properties, each) && properties[each]?.exclusiveMinimum === 0
  if (args[name] !== 0 || !isAmount(name) || required.includes(name)) return false
  return Object.entries(args).some(
    ([other, value]) => isAmount(other) && value !== 0 && value !== null && value !== ''
  )
}

/**
 * Whether an argument that the tool does not have says nothing, as small models fill in those of other tools.
 * Empty text may be a misspelled order to clear something, where the tool can clear anything.
 */
export function unknownSaysNothing(
  value: unknown,
  { properties = {}, additionalProperties }: ToolSchema
): boolean {
  // The steps of a plan have the arguments of their tools.
  if (additionalProperties !== false) return false
  if (value === null) return true
  return (
    typeof value === 'string' &&
    value.trim() === '' &&
    !Object.entries(properties).some(
      ([name, field]) => !Object.hasOwn(writeArguments, name) && allowsEmptyText(field)
    )
  )
}
