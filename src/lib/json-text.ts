/** The object or array that a text is the JSON of; undefined if it is none. */
export function fromJsonText(text: string): object | undefined {
  if (!/^\s*[[{"]/.test(text)) return undefined
  try {
    const value = JSON.parse(text) as unknown
    // Some clients encode twice.
    if (typeof value === 'string') return fromJsonText(value)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
