/** The first of some texts in a sentence, and how many are left out: `a, b and 3 more`. */
export function someOf(texts: readonly string[], max: number, separator = ', '): string {
  const more = texts.length - max
  const shown = texts.slice(0, max).join(separator)
  return more > 0 ? `${shown} and ${more} more` : shown
}
