import type { Rule } from './rule.ts'
import type { ToolSchema } from '../../lib/schema-keywords.ts'

export const emptyRule: Rule = {
  name: 'nothing given',
  does: 'null, and empty text where it is not a valid value, are dropped from optional arguments; text that may be empty stays',
  example: '`limit: null` is left out, `tags: ""` clears the tags'
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
 * What to say to a quoted null where text is wanted: it would be written down as it stands.
 * Undefined for everything else.
 */
export function quotedNull(value: unknown, schema: ToolSchema, name: string): string | undefined {
  if (typeof value !== 'string' || !wordsForNothing.test(value)) return undefined
  if (!allows(schema, 'string') || schema.enum !== undefined) return undefined
  const clear = allowsEmptyText(schema) ? `, or give "" for an empty ${name}` : ''
  return `${name} is the text "${value.trim()}": leave ${name} out to leave it as it is${clear}`
}

/** Whether a value says nothing: it is none, and its schema has no use for it. */
export function saysNothing(value: unknown, schema: ToolSchema): boolean {
  if (value === null) return !allows(schema, 'null')
  if (typeof value !== 'string') return false
  if (value.trim() === '') return !allowsEmptyText(schema)
  // Where no text is wanted, this one can only be a null that was quoted.
  return value.trim() === 'null' && !allows(schema, 'string')
}
