import { alsoMeans } from './concepts.ts'
import { askingClause, type Intents, intentsOf, isPlainVerb } from './intent.ts'
import { fromJapanese } from './languages/japanese.ts'
import { toEnglish } from './languages/translate.ts'
import { type NameIndex, splitMethod } from './name-index.ts'
import type { SearchIndex, WeightedToken } from './search-index.ts'
import { tokensOf } from './tokens.ts'
import { wordsOf } from './words.ts'
import { lettersAndDigits } from '../../lib/text/normalize.ts'
import { uuidsInText } from '../../lib/text/uuid.ts'

/** A question as the search understands it. */
export interface Question {
  /** What it is about; empty where it says nothing but what is to be done. */
  tokens: WeightedToken[]
  /** Names of the API in it: entities, operationIds, fields, tools. */
  names: string[]
  /** Whether it is nothing but such names. */
  isName: boolean
  /** What it asks to be done. */
  intents: Intents
  /** The HTTP method it begins with. */
  method: string | undefined
}

/** More words than this say nothing more, and only cost time. */
const maxWords = 40

/** A plain verb is read as the intent first. */
const verbWeight = 0.6

/** What comes later in a question matters a little less: `delete the vm and its disks`. */
const laterWeight = 0.95

/** Addresses in a question by what they are, which is all that the API knows of them. */
const nameAddresses = (question: string): string =>
  question
    .replaceAll(/[^\s@]+@[^\s@]+\.\w+/g, ' email address ')
    .replaceAll(/\b(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}\b/gi, ' mac address ')
    .replaceAll(uuidsInText, ' ')

/** The words without what only goes with a thing: `the vm and its disks` is about the vm. */
function withoutCompanions(words: readonly string[]): readonly string[] {
  const at = words.findIndex(
    (word, i) =>
      i > 1 && /^(?:its|their)$/.test(word) && /^(?:and|with|plus)$/.test(words[i - 1] ?? '')
  )
  return at === -1 ? words : words.slice(0, at)
}

/** The tokens of words, and with less weight what each may mean besides. */
function weighTokens(words: readonly string[]): WeightedToken[] {
  const tokens = tokensOf(words)
  if (tokens.every((token) => isPlainVerb(token) && alsoMeans(token, tokens).length === 0))
    return []
  const weights = new Map<string, number>()
  const add = (token: string, weight: number): void => {
    weights.set(token, Math.max(weights.get(token) ?? 0, weight))
  }
  let place = 1
  for (const token of tokens) {
    add(token, place * (isPlainVerb(token) ? verbWeight : 1))
    for (const [other, weight] of alsoMeans(token, tokens)) add(other, weight * place)
    place *= laterWeight
  }
  return [...weights].map(([token, weight]) => ({ token, weight }))
}

/** Reads a question: its method, its names, its words in English with their spelling put right. */
export function readQuestion(question: string, text: SearchIndex, index: NameIndex): Question {
  const { spelling } = text
  const { method, rest } = splitMethod(fromJapanese(question.trim()))
  const pieces = rest.split(/\s+/)
  const only = pieces.length === 1 ? spelling.correct(lettersAndDigits(rest)) : ''
  const names = pieces.filter(
    (piece) => (pieces.length === 1 || /[a-z][A-Z]/.test(piece)) && index.has(piece)
  )
  // A name with a typing error is that name.
  if (names.length === 0 && text.wordsOfCompound(only) !== undefined) names.push(only)
  const correct = (word: string): readonly string[] => {
    const corrected = spelling.correct(word)
    return text.wordsOfCompound(corrected) ?? [corrected]
  }
  const english = (words: readonly string[]): readonly string[] =>
    toEnglish(words.slice(0, maxWords), (word) => spelling.knows(word))
  const words = withoutCompanions(english(wordsOf(nameAddresses(rest))))
  const surely = words.flatMap((word) =>
    spelling.trusts(word, spelling.correct(word)) ? correct(word) : [word]
  )
  const plain = pieces.filter((piece) => !names.includes(piece)).join(' ')
  return {
    tokens: text.saysSubject(tokensOf(surely)) ? weighTokens(words.flatMap(correct)) : [],
    names,
    isName: names.length === pieces.length,
    intents: intentsOf(english(askingClause(plain)).flatMap(correct)),
    method
  }
}
