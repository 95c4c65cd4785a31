import { closest, distance } from 'fastest-levenshtein'

/** Longer ones are no misspelling of anything. */
const longestWord = 100

/** A word without case and punctuation. */
const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '')

/** The nearest of the allowed words, if it is near enough to be meant. */
export function nearest(word: string, allowed: readonly string[]): string | undefined {
  if (word.length > longestWord) return undefined
  const same = allowed.find((candidate) => plain(candidate) === plain(word))
  if (same !== undefined || allowed.length === 0) return same
  const best = closest(
    word.toLowerCase(),
    allowed.map((name) => name.toLowerCase())
  )
  const found = allowed.find((name) => name.toLowerCase() === best)
  const near = distance(word.toLowerCase(), best) <= Math.max(2, Math.floor(best.length / 2))
  return near ? found : undefined
}
