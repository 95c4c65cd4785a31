import { isObject } from '../../lib/json/json.ts'
import { withoutLogins } from '../../lib/http/address-login.ts'
import { normalizeMac } from '../../lib/text/mac-address.ts'
import { foldCase } from '../../lib/text/normalize.ts'
import { isSecretName } from '../../lib/secrets/secrets.ts'
import { isUuid } from '../../lib/text/uuid.ts'
import { onRequest } from '../call/on-request.ts'

/**
 * The texts that a value consists of, without what is secret in it, as it must not be found out by
 * filters; none for nothing.
 */
export function leavesOf(value: unknown): string[] {
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
export const isExact = (text: string): boolean =>
  isUuid(text) || exact.some((form) => form.test(text))

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
    const continues = wordSign.test(after.slice(0, 1)) || /^\.\d/.test(after)
    if (!continues && !wordSign.test(before.slice(-1)) && !/\d\.$/.test(before)) return true
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

export interface Searcher {
  /** Whether a text, or a word of its list, is what is searched for, in any case; `*` is any text. */
  is: (text: string) => boolean
  /** Whether it is somewhere in the text. */
  isWithin: (text: string) => boolean
}

export function searcherOf(value: string): Searcher {
  const wanted = foldCase(value)
  const parts = wanted.split('*')
  const mac = normalizeMac(value)
  return {
    is: (text) =>
      wordsOf(foldCase(text)).some((word) => like(parts, word)) ||
      (mac !== undefined && normalizeMac(text) === mac),
    isWithin: (text) =>
      within(wanted, foldCase(text)) || (mac !== undefined && normalizeMac(text) === mac)
  }
}
