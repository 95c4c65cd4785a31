import { BridgeError } from '../errors/errors.ts'
import { isNestedTooDeep, maxDepth } from './json-depth.ts'
import { isTooMuch } from './json-size.ts'

/** An object of JSON: what stands behind a name may be anything, or missing. */
export type JsonObject = Record<string, unknown>

/** Whether parsed JSON is an object, and neither a list nor null. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A value that is to be a text; `""` for anything else. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/**
 * The value of a JSON text; undefined, which JSON has not, when it is none, or nested without end. The
 * error of the parser is dropped: it quotes the text, which may hold a secret.
 */
export function parseJson(text: string): unknown {
  if (isNestedTooDeep(text)) return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/**
 * The object or array that a text is the JSON of, encoded twice as some clients do; undefined if it is
 * none, or holds more than any call needs.
 */
export function parseJsonContainer(text: string): object | undefined {
  if (!/^\s*[[{"]/.test(text)) return undefined
  const value = parseJson(text)
  if (typeof value === 'string') return parseJsonContainer(value)
  return typeof value === 'object' && value !== null && !isTooMuch(value) ? value : undefined
}

/** Whether a JSON value is nested deeper than this many levels. Walks without recursion. */
export function isDeeperThan(value: unknown, limit: number): boolean {
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return true
    level = level.flatMap((each) =>
      typeof each === 'object' && each !== null ? (Object.values(each) as unknown[]) : []
    )
  }
  return false
}

/** What to say of it. */
export const nestedTooDeep = (name: string): string =>
  `${name} is nested deeper than ${maxDepth} levels, and no call needs that: send it flatter`

/**
 * Refuses what is nested without end before anything walks it.
 * @param name what the message calls the value
 * @throws {BridgeError} INVALID_ARGUMENT
 */
export function refuseDeepNesting(name: string, value: unknown): void {
  if (isDeeperThan(value, maxDepth)) throw new BridgeError('INVALID_ARGUMENT', nestedTooDeep(name))
}
