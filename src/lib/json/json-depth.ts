import {
  closeBrace,
  closeBracket,
  endOfString,
  openBrace,
  openBracket,
  quotationMark
} from './json-text.ts'

/** Far more levels than any call needs, and far fewer than recursion can walk. */
export const maxDepth = 64

/** What the arguments of a call stand in: the body, or a message, its `params` and `arguments`. */
const envelopeDepth = 4

/**
 * Whether a JSON text is nested deeper than this many levels, found out without parsing it: V8 takes
 * about a microsecond a level, and memory without bounds, for a text that is nothing but brackets. One
 * pass, 2 ms a MiB. A text that is not JSON may get either answer.
 */
export function isTextDeeperThan(text: string, limit: number): boolean {
  const { length } = text
  let depth = 0
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code === quotationMark) i = endOfString(text, i)
    else if (code === openBracket || code === openBrace) {
      depth += 1
      if (depth > limit) return true
    } else if (code === closeBracket || code === closeBrace) depth -= 1
  }
  return false
}

/** Whether nothing that a client or a node sends in earnest is nested so deep. */
export const isNestedTooDeep = (text: string): boolean =>
  isTextDeeperThan(text, maxDepth + envelopeDepth)
