import { alsoMeans } from './concepts.ts'
import { askingClause, fitOf, intentsOf, isVerb } from './intent.ts'
import { isUpdate, Names, splitMethod } from './exact.ts'
import type { Catalog, Operation } from './load.ts'
import { SearchIndex, type WeightedToken } from './search-index.ts'
import { typingDistance } from './spelling.ts'
import { tokensOf } from './tokens.ts'
import { bareName, wordsOf } from './words.ts'

/** An operation and how well it answers the question; comparable within one search only. */
export interface Hit {
  operation: Operation
  score: number
}

const mostWords = 40

export const tuning = {
  phrase: 1,
  floor: 0.4,
  post: 0.75,
  name: 0.35,
  text: 0.3,
  outside: 0.7,
  later: 0.95,
  otherMethod: 0.2,
  verb: 0.6,
  missing: 0.25
}

/**
 * The tokens of a question, and with less weight what each may mean besides, unless the question itself
 * says which of it. Plain verbs count less: the intent is read from them.
 */
function weighTokens(words: readonly string[]): WeightedToken[] {
  const tokens = tokensOf(words)
  const weights = new Map<string, number>()
  const add = (token: string, weight: number): void => {
    weights.set(token, Math.max(weights.get(token) ?? 0, weight))
  }
  let place = 1
  for (const token of tokens) {
    add(token, place * (isVerb(token) ? tuning.verb : 1))
    for (const [other, weight] of alsoMeans(token, tokens)) add(other, weight * place)
    place *= tuning.later
  }
  return [...weights].map(([token, weight]) => ({ token, weight }))
}

/**
 * Search in a catalog by plain words, other vendors' words, names and paths. Lexical and local: no model,
 * no network. The index is built at the first search.
 */
export class CatalogSearch {
  readonly #catalog: Catalog
  readonly #operations: readonly Operation[]
  #index: SearchIndex | undefined
  #names: Names | undefined

  constructor(catalog: Catalog) {
    this.#catalog = catalog
    this.#operations = catalog.operations.filter(
      ({ gone, method }) => !gone && method !== 'OPTIONS'
    )
  }

  get index(): SearchIndex {
    this.#index ??= new SearchIndex(this.#catalog, this.#operations)
    return this.#index
  }

  get names(): Names {
    this.#names ??= new Names(this.#catalog, this.#operations)
    return this.#names
  }

  /** The operations that answer a question, the best first; none where no word of it is known. */
  search(question: string, { limit = 5 }: { limit?: number } = {}): Hit[] {
    const asked = question.trim()
    const { method, rest } = splitMethod(asked)
    const pieces = rest.split(/\s+/)
    const names = pieces.filter(
      (piece) => (pieces.length === 1 || /[a-z][A-Z]/.test(piece)) && this.names.has(piece)
    )
    const correct = (word: string): string => this.index.spelling.correct(word)
    const words = wordsOf(rest)
      .slice(0, mostWords)
      .map((word) => correct(word))
    const plain = pieces.filter((piece) => !names.includes(piece)).join(' ')
    const intents = intentsOf(
      askingClause(plain)
        .slice(0, mostWords)
        .map((word) => correct(word))
    )
    const tokens = weighTokens(words)
    const found = this.index.find(tokens)
    const weights = new Map(tokens.map(({ token, weight }) => [token, weight]))
    const bestText = Math.max(1e-9, ...[...found.values()].map(({ byText }) => byText))
    const bestPhrase = Math.max(1e-9, ...[...found.values()].map(({ byPhrase }) => byPhrase))
    const scores = new Map<Operation, number>()
    const alone = names.length === pieces.length
    for (const [id, { byText, byPhrase }] of found) {
      const operation = this.#operations[id]
      if (operation === undefined) continue
      const named = 1 - tuning.missing * this.index.missing(operation.entity, weights)
      const text = (byText / bestText + (tuning.phrase * byPhrase) / bestPhrase) * named
      scores.set(operation, alone ? text * tuning.text : text)
    }
    for (const name of names)
      for (const [operation, points] of this.names.byName(name))
        scores.set(operation, (scores.get(operation) ?? 0) + tuning.name * points)
    for (const [operation, score] of scores) {
      const fit = tuning.floor + (1 - tuning.floor) * fitOf(operation, intents)
      const whole = isUpdate(operation) && operation.method === 'POST' ? tuning.post : 1
      const outside = operation.base === '/rest/v1' ? 1 : tuning.outside
      const asMethod = method === undefined || method === operation.method ? 1 : tuning.otherMethod
      scores.set(operation, score * fit * whole * outside * asMethod)
    }
    for (const operation of this.names.byPath(asked))
      scores.set(operation, (scores.get(operation) ?? 0) + 100)
    return [...scores]
      .map(([operation, score]) => ({ operation, score }))
      .toSorted((a, b) => b.score - a.score)
      .slice(0, limit)
  }

  /** Entities whose names are nearest to the words of a question, five at most. */
  nearestEntities(question: string): string[] {
    const words = wordsOf(question)
    const distance = (entity: string): number =>
      Math.min(
        ...[bareName(question), ...words].map((word) => {
          const name = bareName(entity)
          return typingDistance(word, name, 40) / Math.max(word.length, name.length)
        })
      )
    return [...new Set(this.#operations.map(({ entity }) => entity))]
      .map((entity) => ({ entity, far: distance(entity) }))
      .toSorted((a, b) => a.far - b.far)
      .slice(0, 5)
      .map(({ entity }) => entity)
  }
}
