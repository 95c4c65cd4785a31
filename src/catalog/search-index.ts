import MiniSearch from 'minisearch'
import { conceptWords } from './concepts.ts'
import { intentWords } from './intent.ts'
import type { Catalog, Operation } from './load.ts'
import { allowedWords, fieldsOf, pathNames } from './operation-names.ts'
import { Spelling } from './spelling.ts'
import { tokensOfText } from './tokens.ts'
import { bareName, stopWords, wordsOf } from './words.ts'

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
  answerFields: string
  values: string
}

interface PhraseDocument {
  id: number
  operation: number
  text: string
}

const boosts = {
  subject: 3,
  summary: 2,
  phrases: 2,
  description: 0.6,
  bodyFields: 0.8,
  answerFields: 0.4,
  values: 0.6
}

/** Tokens are made before the index sees a text: it splits at spaces and changes nothing. */
const asTokens = {
  tokenize: (text: string) => text.split(' '),
  processTerm: (term: string) => (term === '' ? null : term)
}

const join = (texts: readonly string[]): string => texts.flatMap(tokensOfText).join(' ')

/**
 * The words of a catalog, indexed: once by operation, once by phrase, because a question that is all of
 * a short phrase says more than one that shares a word with many.
 */
export class SearchIndex {
  readonly spelling: Spelling
  readonly #byOperation: MiniSearch<OperationDocument>
  readonly #byPhrase: MiniSearch<PhraseDocument>

  constructor(catalog: Catalog, operations: readonly Operation[]) {
    this.#byOperation = new MiniSearch<OperationDocument>({
      fields: Object.keys(boosts),
      ...asTokens
    })
    this.#byPhrase = new MiniSearch<PhraseDocument>({
      fields: ['text'],
      storeFields: ['operation'],
      ...asTokens
    })
    const words = new Set<string>([...intentWords, ...conceptWords, ...stopWords])
    let phraseId = 0
    for (const [id, operation] of operations.entries()) {
      const { entity, summary, description, phrases, body, response, tool } = operation
      const bodyFields = [...fieldsOf(catalog, body?.schema, 2).keys()]
      const answerFields = [...fieldsOf(catalog, response, 1).keys()]
      const queryFields = operation.parameters
        .filter((parameter) => parameter.in === 'query')
        .map(({ name }) => name)
      const values = allowedWords(catalog, body?.schema)
      const names = [entity, ...pathNames(operation)]
      this.#byOperation.add({
        id,
        subject: join([...new Set(names)]),
        summary: join([summary]),
        description: join([description]),
        phrases: join(phrases),
        bodyFields: join([...bodyFields, ...queryFields]),
        answerFields: join(answerFields),
        values: join(values)
      })
      for (const text of [summary, ...phrases]) {
        this.#byPhrase.add({ id: phraseId, operation: id, text: tokensOfText(text).join(' ') })
        phraseId += 1
      }
      const read = [
        ...names,
        operation.operationId ?? '',
        tool ?? '',
        summary,
        description,
        ...phrases,
        ...bodyFields,
        ...queryFields,
        ...answerFields,
        ...values
      ]
      for (const text of read) for (const word of wordsOf(text)) words.add(word)
      for (const name of [...names, operation.operationId ?? '']) words.add(bareName(name))
    }
    this.spelling = new Spelling(words)
  }

  /** Points by operation, as they are numbered in the list the index was made of. */
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
