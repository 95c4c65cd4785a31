import { isObject, parseJsonContainer } from '../../lib/json/json.ts'
import { quoteText } from '../../lib/text/quote.ts'
import { printValue } from '../filter/filter.ts'
import type { ValueRule } from './rule.ts'
import { ownValue } from '../../lib/json/own-value.ts'

/** Operators as objects have them. */
const operators: Readonly<Record<string, string>> = {
  gt: '>',
  gte: '>=',
  ge: '>=',
  lt: '<',
  lte: '<=',
  le: '<=',
  eq: ':',
  ne: '!=',
  older: ' older ',
  newer: ' newer '
}

const isValue = (value: unknown): value is string | number | boolean =>
  ['string', 'number', 'boolean'].includes(typeof value)

const isName = (name: string): boolean => /^[\p{L}_][\w-]*$/u.test(name)

/** One entry of an object as a condition; undefined where it can be read in two ways, or in none. */
function conditionOf(name: string, value: unknown): string | undefined {
  if (!isName(name)) return undefined
  if (typeof value === 'string') {
    const [, operator, rest = ''] = /^\s*(<=|>=|!=|<|>)\s*(.+)$/s.exec(value) ?? []
    return operator === undefined
      ? `${name}:${printValue(value)}`
      : `${name}${operator}${printValue(rest)}`
  }
  if (isValue(value)) return `${name}:${String(value)}`
  if (Array.isArray(value))
    return value.length > 0 && value.every(isValue)
      ? `${name} in (${value.map((each) => printValue(String(each))).join(', ')})`
      : undefined
  if (!isObject(value)) return undefined
  const parts = Object.entries(value).map(([word, operand]) => {
    const operator = ownValue(operators, word.replace(/^\$/, '').toLowerCase()) ?? asOperator(word)
    return operator === undefined || !isValue(operand)
      ? undefined
      : `${name}${operator}${printValue(String(operand))}`
  })
  return joined(parts, ' and ')
}

const asOperator = (word: string): string | undefined =>
  /^(?:<|<=|>|>=|!=|=)$/.test(word) ? word : undefined

const joined = (parts: readonly (string | undefined)[], by: string): string | undefined =>
  parts.length === 0 || parts.includes(undefined) ? undefined : parts.join(by)

/** A list or an object as the filter it says; undefined where it says none. */
function filterOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.trim() === '' ? undefined : value
  if (Array.isArray(value))
    return value.length === 1 || value.every(isCondition)
      ? joined(value.map(part), ' and ')
      : undefined
  if (!isObject(value)) return undefined
  const { field, operator = ':', op = operator, value: operand, ...rest } = value
  if (typeof field === 'string' && operand !== undefined && Object.keys(rest).length <= 1)
    return conditionOf(field, typeof op === 'string' && op !== ':' ? { [op]: operand } : operand)
  const parts = Object.entries(value).map(([name, held]) => {
    const word = name.replace(/^\$/, '').toLowerCase()
    if (Array.isArray(held) && word === 'or') return wrapped(joined(held.map(part), ' or '))
    if (Array.isArray(held) && word === 'and') return joined(held.map(part), ' and ')
    if (word === 'not') {
      const inner = part(held)
      return inner === undefined ? undefined : `not ${wrapped(inner)}`
    }
    return conditionOf(name, held)
  })
  return joined(parts, ' and ')
}

/** Words alone may be several for one, or a field and its value: it is unknown which. */
const isCondition = (value: unknown): boolean =>
  typeof value !== 'string' || /[:=<>]|\s(?:in|is|older|newer)\s/i.test(value)

const wrapped = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : `(${text})`

/** A part of a list: in parentheses where it may say several. */
function part(value: unknown): string | undefined {
  const text = filterOf(value)
  return text !== undefined && /\s(?:or|and)\s|\|/i.test(text) ? wrapped(text) : text
}

/** Filters as programs write them. */
export const filterForm: ValueRule = {
  name: 'filter as a list or object',
  does: 'is read where a filter is expected: all of it must match',
  example: '`filter: {"state": "RUNNING", "memory": ">8GB"}` → `state:RUNNING and memory>8GB`',
  coerce(value, schema) {
    if (schema['x-filter'] !== true) return undefined
    const given = typeof value === 'string' ? parseJsonContainer(value) : value
    if (given === undefined || typeof given !== 'object' || given === null) return undefined
    const text = filterOf(given)
    return text === undefined ? undefined : { value: text, note: `read as ${quoteText(text)}` }
  }
}
