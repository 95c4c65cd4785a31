/**
 * What would end a line, steer a terminal, turn the text around, or not be seen at all: blanks, control
 * characters, and Unicode's line ends, marks of direction and characters without width.
 */
const unprintable = /[\s\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu

/**
 * Text that somebody else wrote, such as the name of a VM, for one line that a model or a person reads:
 * nothing in it can pass for a line of ours, or hide. Not longer than `most` characters, none of which is
 * cut in two; `mark` ends what was cut.
 */
export function oneLine(text: string, max = 80, mark = '…'): string {
  const line = text.replaceAll(unprintable, ' ').trim()
  const signs = Array.from(line)
  if (signs.length <= max) return line
  return signs.slice(0, max - mark.length).join('') + mark
}
