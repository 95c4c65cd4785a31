/** An object of JSON: what stands behind a name may be anything, or missing. */
export type JsonObject = Record<string, unknown>

/** Whether parsed JSON is an object, and neither a list nor null. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
