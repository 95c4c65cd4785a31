/**
 * The most tokens that one UTF-16 code unit takes in ordinary text, from this code unit up to the next
 * entry: accented letters, other alphabets, ideographs, surrogates of emoji. In ascending order; measured
 * with o200k.
 */
const costs: readonly (readonly [from: number, tokens: number])[] = [
  [0x0080, 1],
  [0x0180, 2],
  // Accents that stand alone.
  [0x0300, 2.5],
  [0x0370, 0.5],
  [0x0460, 1],
  [0x0530, 0.6],
  [0x0700, 1.5],
  [0x0900, 0.7],
  [0x0e00, 0.5],
  [0x0e80, 1.4],
  [0x1000, 0.9],
  [0x10a0, 0.6],
  // Ethiopic, and others that vocabularies hardly know.
  [0x1100, 2.4],
  [0x1780, 0.9],
  [0x1800, 2.4],
  [0x1e00, 1.4],
  [0x2000, 1],
  [0x2070, 1.8],
  [0x2c00, 2.6],
  [0x3000, 1.1],
  [0x3100, 2.6],
  [0x4e00, 1.4],
  [0xa000, 2.6],
  // Halves of characters beyond the first 65,536: emoji, then letters few people use.
  [0xd800, 2],
  [0xd83c, 1.3],
  [0xd83f, 2],
  [0xdc00, 1.3],
  [0xe000, 3],
  [0xf900, 2.2],
  [0xff00, 1.5]
]

/** The vowels and endings of most Korean syllables; vocabularies lack syllables with others. */
const usualVowels = new Set([0, 1, 4, 5, 6, 8, 13, 18, 20])
const usualEndings = new Set([0, 1, 4, 8, 16, 17, 21])

/** A syllable's code counts its beginning, its vowel (of 21) and its ending (of 28), the last fastest. */
function syllableCost(code: number): number {
  const place = code - 0xac00
  const usual = usualEndings.has(place % 28) && usualVowels.has(Math.floor(place / 28) % 21)
  return usual ? 1.3 : 2.6
}

/** Greek and Cyrillic capitals, which merge far less than small letters. */
const isCapital = (code: number): boolean =>
  (code >= 0x0386 && code <= 0x03ab) || (code >= 0x0400 && code <= 0x042f)

/** Tokens of one UTF-16 unit beyond ASCII. */
export function nonAsciiCost(code: number): number {
  if (code >= 0xac00 && code <= 0xd7a3) return syllableCost(code)
  if (isCapital(code)) return 1
  let cost = 1
  for (const [from, tokens] of costs) {
    if (code < from) break
    cost = tokens
  }
  return cost
}
