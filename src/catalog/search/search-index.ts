import MiniSearch, { type AsPlainObject } from 'minisearch'
import { alsoMeans, conceptNames, conceptWords, isConcept } from './concepts.ts'
import { intentWords, isPlainVerb } from './intent.ts'
import { EntityNames } from './entity-names.ts'
import type { Catalog, Operation } from '../load.ts'
import { allowedWords, fieldsOf, pathNames } from './operation-names.ts'
import { Spelling } from './spelling.ts'
import { tokensOf } from './tokens.ts'
import { stopWords, wordsOf } from './words.ts'
import { lettersAndDigits } from '../../lib/text/normalize.ts'

/** A token of a question, and how much it counts. */
export interface WeightedToken {
  token: string
  weight: number
}

/** What the index reads of one operation; every text is tokens joined by spaces. */
interface OperationDocument {
  id: number
  subject: string
  summary: string
  description: string
  phrases: string
  bodyFields: string
  responseFields: string
  values: string
}

interface PhraseDocument {
  id: number
  operation: number
  text: string
}

/** How much a word counts by where it is found. */
const boosts = {
  subject: 3,
  summary: 2.5,
  description: 0.6,
  /** Phrases are scored one by one as well; here each word found in one counts as met. */
  phrases: 1,
  bodyFields: 0.8,
  responseFields: 0.4,
  values: 0.6
}

/** A text is tokenized before the index sees it: the index splits at spaces and changes nothing. */
const asTokens = {
  tokenize: (text: string) => text.split(' '),
  processTerm: (term: string) => (term === '' ? null : term)
}

const operationOptions = { fields: Object.keys(boosts), ...asTokens }
const phraseOptions = { fields: ['text'], storeFields: ['operation'], ...asTokens }

/** The index as it is written to a file: made of the same operations, in the same order. */
export interface SavedSearchIndex {
  byOperation: AsPlainObject
  byPhrase: AsPlainObject
  subjects: string[]
  nouns: string[]
  compounds: [string, readonly string[]][]
  likelyWords: string[]
  words: string[]
}

interface ReadText {
  words: string[]
  tokens: string[]
}

/** Reads texts once: a field's name comes back in every operation that has the field. */
function textReader(): (text: string) => ReadText {
  const read = new Map<string, ReadText>()
  return (text) => {
    let known = read.get(text)
    if (known === undefined) {
      const words = wordsOf(text)
      known = { words, tokens: tokensOf(words) }
      read.set(text, known)
    }
    return known
  }
}

/**
 * The words of a catalog, indexed: once by operation, once by phrase, because a question that is all of
 * a short phrase says more than one that shares a word with many.
 */
export class SearchIndex {
  #spelling = new Spelling(new Set(), [])
  readonly #entities = new EntityNames()
  /** Words of entities and paths as tokens: one of them says what a question is about. */
  #subjects = new Set<string>()
  /** Words of fields, values, summaries and phrases as tokens: with others one of them may. */
  #nouns = new Set<string>()
  /** Words of names that are written as one: virdomainsnapshot is vir, domain and snapshot. */
  #compounds = new Map<string, readonly string[]>()
  #byOperation = new MiniSearch<OperationDocument>(operationOptions)
  #byPhrase = new MiniSearch<PhraseDocument>(phraseOptions)

  /** What `toJSON` has returned, of the same operations. */
  static from(saved: SavedSearchIndex, operations: readonly Operation[]): SearchIndex {
    const index = new SearchIndex()
    index.#byOperation = MiniSearch.loadJS<OperationDocument>(saved.byOperation, operationOptions)
    index.#byPhrase = MiniSearch.loadJS<PhraseDocument>(saved.byPhrase, phraseOptions)
    index.#subjects = new Set(saved.subjects)
    index.#nouns = new Set(saved.nouns)
    index.#compounds = new Map(saved.compounds)
    index.#spelling = new Spelling(saved.likelyWords, saved.words)
    for (const { entity } of operations) index.#entities.add(entity)
    return index
  }

  toJSON(): SavedSearchIndex {
    return {
      byOperation: this.#byOperation.toJSON(),
      byPhrase: this.#byPhrase.toJSON(),
      subjects: [...this.#subjects],
      nouns: [...this.#nouns],
      compounds: [...this.#compounds],
      likelyWords: [...this.#spelling.likely],
      words: [...this.#spelling.known]
    }
  }

  /** Indexes one operation after the other; who takes the steps may do something else between them. */
  *fill(catalog: Catalog, operations: readonly Operation[]): Generator<void, void> {
    const words = new Set<string>(conceptWords())
    const likely = new Set<string>([...intentWords(), ...conceptNames])
    const read = textReader()
    const tokens = (texts: readonly string[]): string =>
      texts.map((text) => read(text).tokens.join(' ')).join(' ')
    const join = (texts: readonly string[]): string => {
      for (const text of texts) for (const word of read(text).words) words.add(word)
      return tokens(texts)
    }
    let phraseId = 0
    for (const [id, operation] of operations.entries()) {
      const { entity, summary, description, phrases, body, response, tool } = operation
      const bodyFields = [...fieldsOf(catalog, body?.schema, 2).keys()]
      const responseFields = [...fieldsOf(catalog, response, 0).keys()]
      const queryFields = operation.parameters
        .filter((parameter) => parameter.in === 'query')
        .map(({ name }) => name)
      const values = allowedWords(catalog, body?.schema)
      const names = [entity, ...pathNames(operation)]
      for (const name of names) {
        for (const word of read(name).words) likely.add(word)
        for (const token of read(name).tokens) this.#subjects.add(token)
        if (read(name).words.length > 1)
          this.#compounds.set(lettersAndDigits(name), read(name).words)
      }
      for (const text of [
        summary,
        ...phrases,
        ...bodyFields,
        ...queryFields,
        ...responseFields,
        ...values
      ])
        for (const token of read(text).tokens) if (!isPlainVerb(token)) this.#nouns.add(token)
      this.#byOperation.add({
        id,
        subject: join([...new Set(names)]),
        summary: join([summary]),
        // Its words are too many to correct others to.
        description: tokens([description]),
        phrases: join(phrases),
        bodyFields: join([...bodyFields, ...queryFields]),
        responseFields: join(responseFields),
        values: join(values)
      })
      for (const text of [summary, ...phrases]) {
        this.#byPhrase.add({ id: phraseId, operation: id, text: read(text).tokens.join(' ') })
        phraseId += 1
      }
      for (const name of [...names, operation.operationId, tool]) {
        if (name === undefined) continue
        words.add(lettersAndDigits(name))
        for (const word of read(name).words) words.add(word)
      }
      this.#entities.add(entity)
      yield
    }
    this.#spelling = new Spelling(likely, [...words, ...stopWords])
  }

  /** Of the words of all operations. */
  get spelling(): Spelling {
    return this.#spelling
  }

  /** The words of a name that is written as one word. */
  wordsOfCompound(word: string): readonly string[] | undefined {
    return this.#compounds.get(word)
  }

  /**
   * Whether tokens say what a question is about: one is a concept or part of a name, or more than half of
   * them are in fields or phrases. A word that is in the catalog by chance says nothing.
   */
  saysSubject(tokens: readonly string[]): boolean {
    const meansMore = (token: string): boolean => alsoMeans(token, tokens).length > 0
    // `update` is a verb, and the name of an entity.
    const content = tokens.filter((token) => !isPlainVerb(token) || meansMore(token))
    const isSubject = (token: string): boolean =>
      !isPlainVerb(token) && (isConcept(token) || this.#subjects.has(token) || meansMore(token))
    if (content.some(isSubject)) return true
    const nouns = content.filter((token) => this.#nouns.has(token) || meansMore(token))
    return nouns.length * 2 > content.length
  }

  /** The share of an entity's name that the tokens of a question leave out, 0 to 1. */
  missing(entity: string, tokens: ReadonlyMap<string, number>): number {
    return this.#entities.missing(entity, tokens)
  }

  /** Points by operation, as they are numbered in the list the index was built from. */
  find(tokens: readonly WeightedToken[]): Map<number, { byText: number; byPhrase: number }> {
    const query = tokens.map(({ token }) => token).join(' ')
    const boostTerm = (_: string, at: number): number => tokens[at]?.weight ?? 1
    const found = new Map<number, { byText: number; byPhrase: number }>()
    for (const { id, score } of this.#byOperation.search(query, { boost: boosts, boostTerm }))
      found.set(id as number, { byText: score, byPhrase: 0 })
    for (const { operation, score } of this.#byPhrase.search(query, { boostTerm })) {
      const points = found.get(operation as number)
      if (points !== undefined) points.byPhrase = Math.max(points.byPhrase, score)
    }
    return found
  }
}
