import { closest, distance } from 'fastest-levenshtein'

/** Longer ones are no misspelling of anything. */
const longestWord = 100

/** A word without case and punctuation. */
export const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '')

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

/** The words most alike, the most alike first: those that hold the word or are held by it, then by distance. */
export function nearestFew(word: string, words: readonly string[], most: number): string[] {
  if (word.length > longestWord) return []
  const wanted = plain(word)
  const apart = (candidate: string): number => {
    const other = plain(candidate)
    const holds =
      wanted !== '' && other !== '' && (other.includes(wanted) || wanted.includes(other))
    return holds ? 0 : distance(wanted, other) / Math.max(wanted.length, other.length, 1)
  }
  return [...new Set(words)]
    .map((candidate) => ({ candidate, far: apart(candidate) }))
    .filter(({ far }) => far <= 0.5)
    .toSorted((a, b) => a.far - b.far)
    .slice(0, most)
    .map(({ candidate }) => candidate)
}
