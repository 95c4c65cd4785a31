import { alsoMeans } from './concepts.ts'
import { fitOf, intentsOf } from './intent.ts'
import { isUpdate, Names } from './exact.ts'
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

export const tuning = { phrase: 1, floor: 0.4, post: 0.75, name: 1 }

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
    const spelled = wordsOf(asked)
      .slice(0, mostWords)
      .map((word) => this.index.spelling.correct(word))
    const words = spelled.map(({ word }) => word)
    const intents = intentsOf(words)
    const tokens = new Map<string, number>()
    const add = (token: string, weight: number): void => {
      tokens.set(token, Math.max(tokens.get(token) ?? 0, weight))
    }
    for (const token of tokensOf(words)) {
      add(token, 1)
      for (const [other, weight] of alsoMeans(token)) add(other, weight)
    }
    const weighted: WeightedToken[] = [...tokens].map(([token, weight]) => ({ token, weight }))
    const found = this.index.find(weighted)
    const bestText = Math.max(1e-9, ...[...found.values()].map(({ byText }) => byText))
    const bestPhrase = Math.max(1e-9, ...[...found.values()].map(({ byPhrase }) => byPhrase))
    const scores = new Map<Operation, number>()
    for (const [id, { byText, byPhrase }] of found) {
      const operation = this.#operations[id]
      if (operation === undefined) continue
      const text = byText / bestText + (tuning.phrase * byPhrase) / bestPhrase
      const fit = tuning.floor + (1 - tuning.floor) * fitOf(operation, intents)
      const whole = isUpdate(operation) && operation.method === 'POST' ? tuning.post : 1
      scores.set(operation, text * fit * whole)
    }
    for (const name of asked.split(/\s+/)) {
      if (!/[a-z][A-Z]|^[A-Z]/.test(name) && asked.includes(' ')) continue
      for (const [operation, points] of this.names.byName(name))
        scores.set(
          operation,
          (scores.get(operation) ?? 0) +
            (tuning.name * points * (tuning.floor + fitOf(operation, intents))) / 4
        )
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
