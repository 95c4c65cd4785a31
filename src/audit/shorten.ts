/** Characters of a text that are recorded; the hash of the body stands for the rest. */
const maxText = 1000

/** Of all texts of a value together. */
const maxTotal = 16 * 1024

/** A copy of a value of JSON that one entry can hold: what is too long ends with how long it was. */
export function shorten(value: unknown): unknown {
  let left = maxTotal
  const walk = (held: unknown): unknown => {
    left -= 8
    if (typeof held === 'string') {
      const room = Math.max(0, Math.min(maxText, left))
      left -= Math.min(held.length, room)
      return held.length <= room ? held : `${held.slice(0, room)}… (${held.length} characters)`
    }
    if (typeof held !== 'object' || held === null) return held
    if (left <= 0) return '…'
    if (Array.isArray(held)) {
      const items: unknown[] = []
      for (const item of held as unknown[]) {
        if (left <= 0) {
          items.push(`… (${held.length} items)`)
          break
        }
        items.push(walk(item))
      }
      return items
    }
    const fields: [string, unknown][] = []
    for (const [name, item] of Object.entries(held)) {
      if (left <= 0) {
        fields.push(['…', `${Object.keys(held).length} fields`])
        break
      }
      left -= name.length
      fields.push([name.slice(0, maxText), walk(item)])
    }
    return Object.fromEntries(fields)
  }
  return walk(value)
}
