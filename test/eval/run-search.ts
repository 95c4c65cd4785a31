import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { loadCatalog } from '../../src/catalog/load.ts'
import { CatalogSearch } from '../../src/catalog/search/search.ts'
import { packageRoot } from '../../src/lib/files/package-info.ts'
import { evaluate, type Figures, latency, type Question } from './search-figures.ts'

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`.padStart(8)

const line = (name: string, { questions, hit1, hit5, mrr }: Figures): string =>
  `${name.padEnd(12)}${String(questions).padStart(5)}${percent(hit1)}${percent(hit5)}${mrr.toFixed(3).padStart(8)}`

const args = process.argv.slice(2)
const file =
  args.find((arg) => !arg.startsWith('-')) ?? join(packageRoot, 'test/eval/questions.json')
const onlySet = args.find((arg) => arg.startsWith('--set='))?.slice('--set='.length)
const questions = (JSON.parse(readFileSync(file, 'utf8')) as Question[]).filter(
  ({ set }) => onlySet === undefined || set === onlySet
)
const catalog = loadCatalog()
const start = performance.now()
const search = new CatalogSearch(catalog)
search.search('list all vms')
const builtMs = performance.now() - start
const { all, bySet, byStyle, byLanguage, misses } = evaluate(search, questions)

console.log(`${'set'.padEnd(12)}    n   hit@1   hit@5     MRR`)
console.log(line('all', all))
for (const [name, set] of bySet) console.log(line(name, set))
console.log('\nby style')
for (const [name, style] of byStyle) console.log(line(name, style))
console.log('\nby language')
for (const [name, language] of byLanguage) console.log(line(name.padEnd(18), language))
const { p50Ms, p99Ms, maxMs } = latency(search, questions)
console.log(
  `\nindex built with the first search in ${builtMs.toFixed(0)} ms; warm search p50 ${p50Ms.toFixed(2)} ms, ` +
    `p99 ${p99Ms.toFixed(2)} ms, longest ${maxMs.toFixed(2)} ms`
)
const shown = misses.toSorted((a, b) => (b.place ?? 99) - (a.place ?? 99))
console.log(`\n${misses.length} not first`)
for (const { question, place, first } of shown)
  console.log(
    `${String(place ?? '-').padStart(3)}  ${question.query}  [${question.style}${question.set === undefined ? '' : `, ${question.set}`}]\n` +
      `       wanted ${question.relevant.slice(0, 3).join(', ')}\n       got    ${first.slice(0, 3).join(', ')}`
  )
