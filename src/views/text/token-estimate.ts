import { isCommonWord } from './common-words.ts'
import { nonAsciiCost } from './non-ascii-cost.ts'

/**
 * How many tokens a text costs a model, estimated without a vocabulary: the text is cut where the
 * tokenizers of today cut it before they merge (words, three digits, marks, whitespace), and each piece
 * costs what such pieces cost with o200k on average, and a little more.
 * test/src/views/text/token-estimate.slow.test.ts holds it against the real one.
 */

const [digit, lower, upper, mark, space, lineBreak] = [1, 2, 3, 4, 5, 6]

function kindOf(code: number): number | undefined {
  if (code >= 97 && code <= 122) return lower
  if (code >= 48 && code <= 57) return digit
  if (code >= 65 && code <= 90) return upper
  if (code === 10 || code === 13) return lineBreak
  return code === 32 || code === 9 ? space : mark
}

const kinds = Array.from({ length: 128 }, (_, code) => kindOf(code))

/** What lies beyond ASCII counts as lower case letters. 0 past the end. */
const kindAt = (text: string, at: number): number | undefined =>
  at < text.length ? (kinds[text.charCodeAt(at)] ?? lower) : 0

const charactersOf = (characters: string): boolean[] =>
  Array.from({ length: 128 }, (_, code) => characters.includes(String.fromCharCode(code)))

const vowels = charactersOf('aeiouyAEIOUY')
const rareLetters = charactersOf('jqxzJQXZ')
/** In one word with nothing else, most likely a piece of a uuid or of an address. */
const hexLetters = charactersOf('abcdefABCDEF')
/** Marks that merge with each other. */
const jsonMarks = charactersOf('"{}[]:,.-/')

/** Tokens of a letter of a word that no vocabulary has: a place, a name, another language. */
const letterCost = 0.4

/** Letters from `start` to `end`; `inside`: digits stand right before them. */
function wordCost(text: string, start: number, end: number, inside: boolean): number {
  const length = end - start
  let [uppers, spoken, rare, hex, run, maxRun, nonAscii, nonAsciiTokens] = [0, 0, 0, 0, 0, 0, 0, 0]
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at)
    if (code >= 128) {
      nonAscii += 1
      nonAsciiTokens += nonAsciiCost(code)
    }
    if (kinds[code] === upper) uppers += 1
    if (rareLetters[code]) rare += 1
    if (hexLetters[code]) hex += 1
    if (vowels[code]) {
      spoken += 1
      run = 0
    } else {
      run += 1
      if (run > maxRun) maxRun = run
    }
  }
  if (nonAscii > 0) return 0.4 + nonAsciiTokens + letterCost * (length - nonAscii)
  const mixed = uppers > 1 && uppers < length
  if (length <= 2) return inside && uppers > 0 ? 1.25 : 1
  if (!mixed && !inside && length > 3 && hex < length) {
    const common = isCommonWord(text.slice(start, end).toLowerCase())
    if (common) return uppers > 1 ? 1 + 0.28 * (length - 2) : 1.1
  }
  const word =
    !mixed && !inside && hex < length && maxRun <= 4 && spoken / length >= (rare > 0 ? 0.35 : 0.24)
  if (!word) return (uppers > 1 ? 0.68 : 0.57) * length
  if (length === 3) return uppers > 1 ? 1.4 : 1.1
  return uppers > 1 ? 0.1 + 0.5 * length : letterCost * length + (uppers > 0 ? 0.1 : 0)
}

/** Whitespace characters of one kind per token: runs of them have tokens of their own. */
const whitespaceInToken: Record<string, number> = { ' ': 80, '\t': 15, '\n': 15, '\r': 8 }

/** What a run of whitespace costs beyond one token. */
function longRunCost(text: string, start: number, end: number): number {
  if (end - start === 1) return 0
  let tokens = -1
  for (let at = start; at < end;) {
    const character = text[at] ?? ' '
    const begin = at
    while (at < end && text[at] === character) at += 1
    tokens += Math.ceil((at - begin) / (whitespaceInToken[character] ?? 8))
  }
  return tokens
}

function markCost(text: string, start: number, end: number): number {
  let odd = 0
  for (let at = start; at < end; at++)
    if (!jsonMarks[text.charCodeAt(at)] && text[at] !== text[at - 1]) odd += 1
  const length = end - start
  return length <= 3 && odd <= 1 ? 1 : Math.ceil(Math.max(length / 2.4, odd))
}

/** End of the run of one kind. */
function runEnd(text: string, start: number, kind: number): number {
  let at = start + 1
  while (kindAt(text, at) === kind) at += 1
  return at
}

/** The letters from here on that make one word: `Node`, `UUID`, `node`. */
function wordEnd(text: string, start: number): number {
  let at = start
  while (kindAt(text, at) === upper) at += 1
  while (kindAt(text, at) === lower) at += 1
  return at
}

/** What to add to be on the safe side, where a text is too short for averages. */
const safety = { share: 1.03, tokens: 3 }

/** Tokens of a piece of text, without the margin for short ones: those of lines may be added up. */
export function pieceTokens(text: string): number {
  let sum = 0
  let last = 0
  for (let at = 0; at < text.length;) {
    const kind = kindAt(text, at) ?? lower
    const isWord = kind === lower || kind === upper
    const end = isWord ? wordEnd(text, at) : runEnd(text, at, kind)
    const next = kindAt(text, end)
    if (kind === space || kind === lineBreak) sum += longRunCost(text, at, end)
    const beforeWord = next === lower || next === upper
    if (isWord) sum += wordCost(text, at, end, last === digit)
    else if (kind === digit) sum += Math.ceil((end - at) / 3)
    else if (kind === lineBreak) sum += 1
    // A single mark before a word melts into it half of the time, a space before anything but digits.
    else if (kind === mark)
      sum +=
        beforeWord && end - at === 1 ? (text[at] === '"' ? 0.95 : 0.6) : markCost(text, at, end)
    else if (text[end - 1] === ' ' && (beforeWord || next === mark)) sum += end - at > 1 ? 1 : 0
    else sum += beforeWord ? 0.6 : 1
    last = kind
    at = end
  }
  return sum * safety.share
}

/** Of one ASCII character, two letters right behind a digit, and of any other with the word it begins. */
const maxOfCharacter = { ascii: 1.25, other: 3.4 }

const beyondAscii = /[^\0-\x7f]/

/** More than `estimateTokens` says of a text, without reading it: most are far from any limit. */
export const maxTokensOf = (text: string): number =>
  Math.ceil(
    text.length *
      (beyondAscii.test(text) ? maxOfCharacter.other : maxOfCharacter.ascii) *
      safety.share +
      safety.tokens
  )

/** A text longer than this is judged by its beginning: it is megabytes of records of one kind. */
const maxCharsRead = 200_000

/** About how many tokens a text is to a model; errs on the high side. */
export function estimateTokens(text: string): number {
  if (text === '') return 0
  const times = Math.max(1, text.length / maxCharsRead)
  return Math.ceil(times * pieceTokens(text.slice(0, maxCharsRead)) + safety.tokens)
}
