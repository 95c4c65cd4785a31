/** What a response lists of a long sequence: its window is small, and the record has all of it. */
const maxListed = 20

/** Of what went as it was to, a reader needs less. */
const maxDone = { listed: 10, shown: 3 }

/** The first of some entries, and how many are left out. */
export const listed = <T>(entries: readonly T[]): { shown: T[]; more: number } => ({
  shown: entries.slice(0, maxListed),
  more: Math.max(0, entries.length - maxListed)
})

/**
 * The lines of a sequence, as many as a response holds.
 * @param isDone every step went as it was to
 */
export function shownSteps(lines: readonly string[], isDone = false): string[] {
  const max = isDone && lines.length > maxDone.listed ? maxDone.shown : maxListed
  const more = lines.length - max
  return more > 0 ? [...lines.slice(0, max), `and ${more} more`] : [...lines]
}
