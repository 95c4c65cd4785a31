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

const folded = (text: string): string => text.normalize('NFC').toLowerCase()

/** What tells names of a series apart, `web-01` from `web-02` and `db-a` from `db-b`: no slip of the keys. */
const marksOf = (text: string): string =>
  (folded(text).match(/\d+|(?<![a-z])[a-z](?![a-z])/g) ?? [])
    .map((mark) => mark.replace(/^0+(?=\d)/, ''))
    .join(' ')

/** How few of the signs differ, for a word to be a misspelling of another. */
const mostWrong = 0.4

/** A part of a name that is shorter is part of too many. */
const shortestPart = 3

/**
 * How a name is like a word: 0 but for case, between 0 and 1 misspelt, from 1 one holds the other;
 * undefined if it is not.
 */
function unlikeness(word: string, name: string): number | undefined {
  const [one, other] = [folded(word), folded(name)]
  if (one === other) return 0
  const longest = Math.max(one.length, other.length)
  const wrong = distance(one, other) / longest
  if (wrong < mostWrong) return wrong
  const [part, whole] = one.length < other.length ? [one, other] : [other, one]
  if (part.length < shortestPart || !whole.includes(part)) return undefined
  return 1 + (longest - part.length) / longest
}

/** The names most alike, the most alike first: but for case, then misspelt, then those that hold the word or are held by it. */
export function nearestFew(word: string, names: readonly string[], most: number): string[] {
  if (word.length > longestWord) return []
  return [...new Set(names)]
    .filter((name) => name.trim() !== '')
    .map((name) => ({ name, far: unlikeness(word, name) }))
    .filter((each): each is { name: string; far: number } => each.far !== undefined)
    .toSorted((a, b) => a.far - b.far)
    .slice(0, most)
    .map(({ name }) => name)
}

/**
 * The names that a word can only be a slip of: another case, or a typing mistake or two that leave
 * numbers as they are. For calls that can lose data, where the reader may take whatever is offered.
 */
export function misspeltFew(word: string, names: readonly string[], most: number): string[] {
  const wrong = (name: string): number => distance(folded(word), folded(name))
  const slips = names.filter((name) => wrong(name) <= 2 && marksOf(name) === marksOf(word))
  const sameButCase = slips.filter((name) => wrong(name) === 0)
  const found = nearestFew(word, sameButCase.length > 0 ? sameButCase : slips, most)
  return found.filter((name) => wrong(name) / Math.max(word.length, name.length) < mostWrong)
}
