import { performance } from 'node:perf_hooks'
import type { CatalogSearch } from '../../src/catalog/search/search.ts'

/** A question and the operations that answer it, each `METHOD /path`. */
export interface Question {
  query: string
  style: string
  relevant: string[]
  /** `tuning` or `held-out`; absent in a file of one set. */
  set?: string
  /** Absent for English and German. */
  language?: string
}

export interface Miss {
  question: Question
  /** Place of the first right answer, from 1; undefined where it is not among the first fifty. */
  place: number | undefined
  first: string[]
}

export interface Figures {
  questions: number
  hit1: number
  hit5: number
  /** Mean of 1 / place of the first right answer. */
  mrr: number
}

export interface Evaluation {
  all: Figures
  bySet: Map<string, Figures>
  byStyle: Map<string, Figures>
  byLanguage: Map<string, Figures>
  misses: Miss[]
}

function figures(places: readonly (number | undefined)[]): Figures {
  const share = (max: number): number =>
    places.filter((place) => place !== undefined && place <= max).length / places.length
  const sum = places.reduce<number>(
    (total, place) => total + (place === undefined ? 0 : 1 / place),
    0
  )
  return { questions: places.length, hit1: share(1), hit5: share(5), mrr: sum / places.length }
}

/** Asks every question and says how often the right operation comes first, and among the first five. */
export function evaluate(
  search: Pick<CatalogSearch, 'search'>,
  questions: readonly Question[]
): Evaluation {
  const results = questions.map((question) => {
    const found = search
      .search(question.query, { limit: 50 })
      .map(({ operation }) => `${operation.method} ${operation.path}`)
    const at = found.findIndex((name) => question.relevant.includes(name))
    return { question, place: at === -1 ? undefined : at + 1, first: found.slice(0, 5) }
  })
  const by = (key: (question: Question) => string): Map<string, Figures> => {
    const places = new Map<string, (number | undefined)[]>()
    for (const { question, place } of results)
      places.set(key(question), [...(places.get(key(question)) ?? []), place])
    return new Map([...places].map(([name, group]) => [name, figures(group)]))
  }
  return {
    all: figures(results.map(({ place }) => place)),
    bySet: by(({ set }) => set ?? 'all'),
    byStyle: by(({ style }) => style),
    byLanguage: by(({ language }) => language ?? 'english and german'),
    misses: results.filter(({ place }) => place !== 1)
  }
}

export interface Latency {
  p50Ms: number
  p99Ms: number
  maxMs: number
}

/** Times of single searches in a warm process. */
export function latency(search: CatalogSearch, questions: readonly Question[]): Latency {
  for (let i = 0; i < 3; i += 1) for (const { query } of questions) search.search(query)
  const times: number[] = []
  for (let i = 0; i < 5; i += 1)
    for (const { query } of questions) {
      const start = performance.now()
      search.search(query)
      times.push(performance.now() - start)
    }
  times.sort((a, b) => a - b)
  const at = (share: number): number => times[Math.floor((times.length - 1) * share)] ?? 0
  return { p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) }
}
