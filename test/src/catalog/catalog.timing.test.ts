import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { checkCall, type ApiCall } from '../../../src/catalog/call/check-call.ts'
import { loadCatalog } from '../../../src/catalog/load.ts'
import { CatalogSearch } from '../../../src/catalog/search/search.ts'
import { packageRoot } from '../../../src/lib/files/package-info.ts'
import { latency, type Question } from '../../eval/search-figures.ts'

const catalog = loadCatalog()
const search = new CatalogSearch(catalog)
const uuid = '7c4f2e6a-52b3-4c3e-9a0f-1f0b5e1c7d21'
const questions = JSON.parse(
  readFileSync(join(packageRoot, 'test/eval/questions.json'), 'utf8')
) as Question[]

t.test('the index is built at the first search', async (t) => {
  const start = performance.now()
  const fresh = new CatalogSearch(catalog)
  t.ok(performance.now() - start < 20, 'making it costs nothing')
  t.ok(fresh.search('vm').length > 0)
  const prepared = new CatalogSearch(catalog)
  const built = performance.now()
  prepared.prepare()
  const buildMs = performance.now() - built
  const asked = performance.now()
  prepared.search('vm')
  t.ok(performance.now() - asked < buildMs / 2, 'or before it')
})

t.test('the search is quick', async (t) => {
  const { p50Ms, p99Ms } = latency(search, questions)
  // Generous, because what else runs on the machine shows in the slowest.
  t.ok(p50Ms < 2, `${p50Ms.toFixed(2)} ms in the middle`)
  t.ok(p99Ms < 10, `${p99Ms.toFixed(2)} ms for all but one of a hundred`)
})

t.test('a checked call costs less than a millisecond more', async (t) => {
  const body = {
    dom: { name: 'x', mem: 2 ** 30, numVCPU: 2, blockDevs: [], netDevs: [] },
    options: {}
  }
  const calls: ApiCall[] = [
    { method: 'POST', path: '/VirDomain', query: {}, body },
    { method: 'GET', path: `/VirDomain/${uuid}`, query: {}, body: undefined },
    {
      method: 'POST',
      path: '/VirDomain/action',
      query: {},
      body: [{ virDomainUUID: uuid, actionType: 'START' }]
    }
  ]
  const round = (): void => {
    for (const call of calls) checkCall(catalog, search, call)
  }
  for (let i = 0; i < 50; i += 1) round()
  const times = Array.from({ length: 200 }, () => {
    const startedAt = performance.now()
    round()
    return (performance.now() - startedAt) / calls.length
  }).toSorted((a, b) => a - b)
  const median = times[100] ?? Infinity
  t.comment(`median ${median.toFixed(3)} ms a call`)
  t.ok(median < 1, `${median} ms`)
})
