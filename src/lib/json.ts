/** An object of JSON: what stands behind a name may be anything, or missing. */
export type JsonObject = Record<string, unknown>

/** Whether parsed JSON is an object, and neither a list nor null. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * The value of a JSON text; undefined, which JSON has not, when it is none. The error of the parser is
 * dropped: it quotes the text, which may hold a secret.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** The object or array that a text is the JSON of, encoded twice as some clients do; undefined if it is none. */
export function parseJsonContainer(text: string): object | undefined {
  if (!/^\s*[[{"]/.test(text)) return undefined
  const value = parseJson(text)
  if (typeof value === 'string') return parseJsonContainer(value)
  return typeof value === 'object' && value !== null ? value : undefined
}
