import { setImmediate } from 'node:timers/promises'
import { fitOf } from './intent.ts'
import type { Catalog, Operation } from '../load.ts'
import { isUpdate, NameIndex } from './name-index.ts'
import { readQuestion, type Question } from './question.ts'
import { type SavedIndexes, savedIndexes } from './saved-indexes.ts'
import { SearchIndex } from './search-index.ts'
import { typingDistance } from './spelling.ts'
import { wordsOf } from './words.ts'
import { lettersAndDigits } from '../../lib/text/normalize.ts'

/** An operation and how well it answers the question; comparable within one search only. */
export interface Hit {
  operation: Operation
  score: number
}

/** How much counts what; found by trying, and flat around these values. */
const weights = {
  /** The best phrase of an operation, beside all its text (1). */
  phrase: 0.8,
  /** What is left of an operation that does not do what is asked for. */
  unfit: 0.4,
  /** What an operation loses when its entity's name is not in the question at all. */
  unnamed: 0.3,
  /** A point of a name. */
  name: 0.35,
  /** The text, where the question is nothing but a name. */
  textOfName: 0.3,
  /** POST of a whole record, because PATCH does the same with less. */
  wholeRecord: 0.45,
  /** Calls that run_api cannot make. */
  outside: 0.85,
  /** The share of the best one's points that such a call needs to be shown. */
  outsideShown: 0.75,
  /** Another method than the question begins with. */
  otherMethod: 0.2,
  /** More than words can reach: the path as it is written. */
  path: 100
}

/** Where nothing in a question is near to a name: what operators ask about most. */
const mainEntities = ['VirDomain', 'VirDomainSnapshot', 'VirDomainBlockDevice', 'Node', 'Cluster']

/** Farther than this a word and a name have no more in common than any two. */
const tooFar = 0.55

interface Indexes {
  text: SearchIndex
  names: NameIndex
}

/** How long building the index may keep others waiting, in milliseconds. */
const sliceMs = 5

const searches = new WeakMap<Catalog, CatalogSearch>()

/** The search in a catalog: one for each, however many ask for it. */
export function searchIn(catalog: Catalog): CatalogSearch {
  const search = searches.get(catalog) ?? new CatalogSearch(catalog)
  searches.set(catalog, search)
  return search
}

/**
 * Search in a catalog by plain words, other vendors' words, names and paths. Lexical and local: no
 * model, no network. The index of the bundled catalog comes with a build; that of another, or of the
 * sources, is built at the first search or before it.
 */
export class CatalogSearch {
  readonly #catalog: Catalog
  readonly #operations: readonly Operation[]
  readonly #saved: () => SavedIndexes | undefined
  /** The steps to the index, begun with the first of them. */
  #steps: Generator<void, Indexes> | undefined
  #built: Indexes | undefined

  /** @param saved reads the indexes where they are built already */
  constructor(
    catalog: Catalog,
    saved: () => SavedIndexes | undefined = () => savedIndexes(catalog)
  ) {
    this.#catalog = catalog
    this.#saved = saved
    // Those that this cluster lacks are found too: the response says so, which helps more than silence.
    this.#operations = catalog.operations.filter(({ method }) => method !== 'OPTIONS')
  }

  *#build(): Generator<void, Indexes> {
    const saved = this.#saved()
    if (saved !== undefined) {
      const text = SearchIndex.from(saved.text, this.#operations)
      yield
      const names = NameIndex.from(saved.names, this.#catalog, this.#operations)
      yield
      // The tables that questions are read by.
      readQuestion('which vms run', text, names)
      return { text, names }
    }
    const text = new SearchIndex()
    yield* text.fill(this.#catalog, this.#operations)
    return { text, names: new NameIndex(this.#catalog, this.#operations).fill() }
  }

  /** The indexes, to be written to a file. */
  save(): SavedIndexes {
    const { text, names } = this.#indexes
    return { text: text.toJSON(), names: names.toJSON() }
  }

  /** Whether the index is ready. */
  #step(): boolean {
    if (this.#built !== undefined) return true
    this.#steps ??= this.#build()
    const { done, value } = this.#steps.next()
    if (done === true) this.#built = value
    return done === true
  }

  /** The index; what is not built of it yet is built now. */
  get #indexes(): Indexes {
    while (!this.#step());
    return this.#built as Indexes
  }

  /** Builds the index now, so that the first search need not. */
  prepare(): void {
    void this.#indexes
  }

  /**
   * Builds the index in slices.
   * @param pause between them, in which the process does what else there is to do
   */
  async prepareInBackground(pause: () => Promise<unknown> = () => setImmediate()): Promise<void> {
    for (let startedAt = performance.now(); !this.#step();)
      if (performance.now() - startedAt > sliceMs) {
        await pause()
        startedAt = performance.now()
      }
  }

  /**
   * The operations that answer a question, the best first; none where no word of it is known. Operations
   * outside /rest/v1 are among them only where they are near the best, because run_api cannot call them.
   */
  search(question: string, { limit = 5 }: { limit?: number } = {}): Hit[] {
    const { text, names } = this.#indexes
    const asked = readQuestion(question, text, names)
    const scores = this.#scoreText(asked)
    for (const name of asked.names)
      for (const [operation, points] of names.byName(name))
        scores.set(operation, (scores.get(operation) ?? 0) + weights.name * points)
    for (const [operation, score] of scores)
      scores.set(operation, score * this.#suits(operation, asked))
    for (const operation of names.byPath(question.trim()))
      scores.set(operation, weights.path * this.#suits(operation, asked))
    const ranked = [...scores]
      .map(([operation, score]) => ({ operation, score }))
      .toSorted((a, b) => b.score - a.score)
    const [best] = ranked
    return ranked
      .filter(({ operation, score }) => this.#helps(operation, score / (best?.score ?? 1)))
      .slice(0, limit)
  }

  /** Whether an operation is worth showing: one that run_api cannot call only if it is near the best. */
  #helps({ base, method, path }: Operation, share: number): boolean {
    if (base === '/rest/v1') return true
    return share >= weights.outsideShown && this.#catalog.find(method, path) === undefined
  }

  /** Points for the words of an operation and its best phrase, each against the best of all. */
  #scoreText({ tokens, names, isName }: Question): Map<Operation, number> {
    const scores = new Map<Operation, number>()
    if (tokens.length === 0) return scores
    const { text } = this.#indexes
    const found = text.find(tokens)
    const asked = new Map(tokens.map(({ token, weight }) => [token, weight]))
    let maxByText = Number.MIN_VALUE
    let maxByPhrase = Number.MIN_VALUE
    for (const { byText, byPhrase } of found.values()) {
      maxByText = Math.max(maxByText, byText)
      maxByPhrase = Math.max(maxByPhrase, byPhrase)
    }
    for (const [id, { byText, byPhrase }] of found) {
      const operation = this.#operations[id]
      if (operation === undefined) continue
      const points = byText / maxByText + (weights.phrase * byPhrase) / maxByPhrase
      const named = 1 - weights.unnamed * text.missing(operation.entity, asked)
      const only = isName && names.length > 0 ? weights.textOfName : 1
      scores.set(operation, points * named * only)
    }
    return scores
  }

  /** How well an operation suits what is asked for, whatever it is about: 0 to 1. */
  #suits(operation: Operation, { intents, method }: Question): number {
    const fit = weights.unfit + (1 - weights.unfit) * fitOf(operation, intents)
    const whole = isUpdate(operation) && operation.method === 'POST' ? weights.wholeRecord : 1
    const outside = operation.base === '/rest/v1' ? 1 : weights.outside
    const asMethod = method === undefined || method === operation.method ? 1 : weights.otherMethod
    return fit * whole * outside * asMethod
  }

  /** Entities whose names are nearest to the words of a question, five at most. */
  nearestEntities(question: string): string[] {
    const words = [lettersAndDigits(question), ...wordsOf(question).map(lettersAndDigits)].filter(
      (word) => word.length > 2
    )
    const farFrom = (entity: string): number => {
      const name = lettersAndDigits(entity)
      return Math.min(
        ...words.map(
          (word) => typingDistance(word, name, name.length) / Math.max(word.length, name.length)
        )
      )
    }
    const entities = [...new Set(this.#operations.map(({ entity }) => entity))]
    const near = entities
      .map((entity) => ({ entity, far: farFrom(entity) }))
      .filter(({ far }) => far <= tooFar)
      .toSorted((a, b) => a.far - b.far)
      .map(({ entity }) => entity)
    const main = mainEntities.filter((entity) => entities.includes(entity))
    return [...new Set([...near, ...main])].slice(0, 5)
  }
}
