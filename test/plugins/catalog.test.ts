import { setImmediate as turn } from 'node:timers/promises'
import { performance } from 'node:perf_hooks'
import Fastify from 'fastify'
import t from 'tap'
import { catalogPlugin } from '../../plugins/catalog.ts'
import { CatalogSearch } from '../../src/catalog/search/search.ts'

t.test('the index of the search is built once the bridge listens', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(catalogPlugin, { catalogFile: undefined, nodes: [] })
  const fresh = new CatalogSearch(app.catalog)
  const built = performance.now()
  fresh.search('vm')
  const buildMs = performance.now() - built

  await app.listen({ host: '127.0.0.1', port: 0 })
  // The hook only asks for it: two turns later it is done.
  await turn()
  await turn()
  const asked = performance.now()
  t.ok(app.catalogSearch.search('vm').length > 0)
  const askedMs = performance.now() - asked
  t.ok(askedMs < buildMs / 2, `${askedMs.toFixed(1)} ms where building takes ${buildMs.toFixed(1)}`)
})
