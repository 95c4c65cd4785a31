/** Values that are shared, and the JSON of each. */
const sources = new WeakMap<object, string>()

/** What nobody can change any more, in all its parts. */
function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return
  Object.freeze(value)
  for (const part of Object.values(value)) freeze(part)
}

/**
 * Makes a parsed value one that may be shared: it is frozen, so that its JSON stays the same, and is kept.
 * @param text what it was parsed from, where it was
 */
export function shareParsed(value: object, text?: string): void {
  if (sources.has(value)) return
  freeze(value)
  const json = JSON.stringify(value)
  // Mostly the same, and then held once.
  sources.set(value, json === text ? text : json)
}

/** The JSON of a value that is shared; undefined for any other. */
export const sourceOf = (value: unknown): string | undefined =>
  typeof value === 'object' && value !== null ? sources.get(value) : undefined

/** As `JSON.stringify`, without writing anew what is shared: the value, or fields of it. */
export function stringify(value: unknown): string | undefined {
  const source = sourceOf(value)
  if (source !== undefined) return source
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return JSON.stringify(value)
  const fields = Object.entries(value)
  if (fields.every(([, field]) => sourceOf(field) === undefined)) return JSON.stringify(value)
  const parts = fields.flatMap(([name, field]) => {
    const text = sourceOf(field) ?? JSON.stringify(field)
    return text === undefined ? [] : [`${JSON.stringify(name)}:${text}`]
  })
  return `{${parts.join(',')}}`
}
