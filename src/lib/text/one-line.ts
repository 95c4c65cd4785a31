import { revealHidden } from './visible-text.ts'

/** Whitespace, control characters and line ends of any kind; the byte order mark is none of them. */
const breaks = /(?:[^\S\ufeff]|[\p{Cc}\p{Zl}\p{Zp}])+/gu

/**
 * Text from outside, for one line that a model or a person reads: nothing in it can pass for
 * a line of ours, or hide. Not longer than `max` characters, none of which is cut in two; `mark` ends
 * what was cut. A name in a sentence is to be quoted besides: src/lib/text/quote.ts.
 */
export function oneLine(text: string, max = 80, mark = '…'): string {
  const line = revealHidden(text.replaceAll(breaks, ' ')).trim()
  const characters = Array.from(line)
  if (characters.length <= max) return line
  return characters.slice(0, max - mark.length).join('') + mark
}
