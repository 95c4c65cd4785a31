export const [quotationMark, openBracket, closeBracket, openBrace, closeBrace] = [
  0x22, 0x5b, 0x5d, 0x7b, 0x7d
] as const
const [backslash, space, comma] = [0x5c, 0x20, 0x2c]

/** Where the string that begins at a quotation mark ends; the end of the text where it does not. */
export function endOfString(text: string, begin: number): number {
  for (let end = begin; ;) {
    end = text.indexOf('"', end + 1)
    if (end < 0) return text.length
    let before = end - 1
    while (text.charCodeAt(before) === backslash) before -= 1
    // Of two backslashes the second one is escaped.
    if ((end - before) % 2 === 1) return end
  }
}

/**
 * Whether a JSON text has nothing between its parts, and no escape in its strings but those that
 * `JSON.stringify` writes, too: then each name and string stands in it as it would there.
 */
export function isCompact(text: string): boolean {
  if (text.includes('\\u') || text.includes('\\/')) return false
  const { length } = text
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code === quotationMark) i = endOfString(text, i)
    else if (code <= space) return false
  }
  return true
}

/**
 * The texts of the items of a list, from the JSON of it; undefined for what is not a list, or has something
 * between its parts.
 */
export function itemsOf(text: string): string[] | undefined {
  if (text.charCodeAt(0) !== openBracket) return undefined
  if (text === '[]') return []
  const items: string[] = []
  let [depth, begin] = [0, 1]
  for (let i = 1; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === quotationMark) i = endOfString(text, i)
    else if (code <= space) return undefined
    else if (code === openBracket || code === openBrace) depth += 1
    else if (depth > 0) depth -= code === closeBracket || code === closeBrace ? 1 : 0
    else if (code === comma || code === closeBracket) {
      items.push(text.slice(begin, i))
      begin = i + 1
      if (code === closeBracket) return begin === text.length ? items : undefined
    }
  }
  return undefined
}
