import { closest, distance } from 'fastest-levenshtein'
import { foldCase, lettersAndDigits } from './normalize.ts'

/** Longer ones cannot be a misspelling. */
const maxWordLength = 100

/** The nearest of the allowed words, if it is near enough to be meant. */
export function nearest(word: string, allowed: readonly string[]): string | undefined {
  if (word.length > maxWordLength) return undefined
  const same = allowed.find((candidate) => lettersAndDigits(candidate) === lettersAndDigits(word))
  if (same !== undefined || allowed.length === 0) return same
  const best = closest(
    word.toLowerCase(),
    allowed.map((name) => name.toLowerCase())
  )
  const found = allowed.find((name) => name.toLowerCase() === best)
  const near = distance(word.toLowerCase(), best) <= Math.max(2, Math.floor(best.length / 2))
  return near ? found : undefined
}

/** A word that may be meant, as the end of a message; nothing where there is none. */
export const didYouMean = (word: string | undefined): string =>
  word === undefined ? '' : `; did you mean ${word}?`

/** What tells names of a series apart, `web-01` from `web-02` and `db-a` from `db-b`: no slip of the keys. */
const seriesMarks = (text: string): string =>
  (foldCase(text).match(/\d+|(?<![a-z])[a-z](?![a-z])/g) ?? [])
    .map((mark) => mark.replace(/^0+(?=\d)/, ''))
    .join(' ')

/** How few of the characters differ, for a word to be a misspelling of another. */
const maxErrorRate = 0.4

/** A part of a name that is shorter is part of too many. */
const minPartLength = 3

/**
 * How a name is like a word: 0 but for case, between 0 and 1 misspelt, from 1 one holds the other;
 * undefined if it is not.
 */
function nameDistance(word: string, name: string): number | undefined {
  const [one, other] = [foldCase(word), foldCase(name)]
  if (one === other) return 0
  const maxLength = Math.max(one.length, other.length)
  const wrong = distance(one, other) / maxLength
  if (wrong < maxErrorRate) return wrong
  const [part, whole] = one.length < other.length ? [one, other] : [other, one]
  if (part.length < minPartLength || !whole.includes(part)) return undefined
  return 1 + (maxLength - part.length) / maxLength
}

/** The most similar names, the best first: equal but for case, then misspelt, then one within the other. */
export function nearestNames(word: string, names: readonly string[], max: number): string[] {
  if (word.length > maxWordLength) return []
  return [...new Set(names)]
    .filter((name) => name.trim() !== '')
    .map((name) => ({ name, far: nameDistance(word, name) }))
    .filter((each): each is { name: string; far: number } => each.far !== undefined)
    .toSorted((a, b) => a.far - b.far)
    .slice(0, max)
    .map(({ name }) => name)
}

/**
 * The names that a word can only be a slip of: another case, or a typing mistake or two that leave
 * numbers as they are. For calls that can lose data, where the reader may take whatever is offered.
 */
export function nearestMisspellings(word: string, names: readonly string[], max: number): string[] {
  const wrong = (name: string): number => distance(foldCase(word), foldCase(name))
  const slips = names.filter((name) => wrong(name) <= 2 && seriesMarks(name) === seriesMarks(word))
  const sameButCase = slips.filter((name) => wrong(name) === 0)
  const found = nearestNames(word, sameButCase.length > 0 ? sameButCase : slips, max)
  return found.filter((name) => wrong(name) / Math.max(word.length, name.length) < maxErrorRate)
}
