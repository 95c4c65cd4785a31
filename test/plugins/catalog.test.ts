import { setImmediate as turn } from 'node:timers/promises'
import Fastify from 'fastify'
import t from 'tap'
import { catalogPlugin } from '../../plugins/catalog.ts'
import { warmUpPlugin } from '../../plugins/warm-up.ts'
import { Catalog, loadCatalog } from '../../src/catalog/load.ts'
import { CatalogSearch, searchIn } from '../../src/catalog/search/search.ts'

const bundled = { catalogFile: undefined, nodes: [] }

t.test('the applications of a process share a catalog and its search', async (t) => {
  const [one, other] = [Fastify(), Fastify()]
  for (const app of [one, other]) {
    t.teardown(() => app.close())
    await app.register(warmUpPlugin)
    await app.register(catalogPlugin, bundled)
  }
  t.equal(one.catalog, other.catalog)
  t.equal(one.catalogSearch, other.catalogSearch)
  t.equal(one.catalogSearch, searchIn(loadCatalog()))
  const imported = new Catalog(structuredClone(loadCatalog().document))
  t.not(searchIn(imported), one.catalogSearch, 'another catalog has another')
})

const questions = ['take a snapshot', 'snapsht of a virtual machine', 'GET /VirDomain', 'mem']

t.test('the index that is built in slices is the same', async (t) => {
  const { document } = loadCatalog()
  const [whole, sliced, hasty] = [1, 2, 3].map(
    () => new CatalogSearch(new Catalog(structuredClone(document)))
  ) as [CatalogSearch, CatalogSearch, CatalogSearch]
  const found = (search: CatalogSearch): unknown =>
    questions.map((question) =>
      search.search(question).map(({ operation, score }) => [operation.path, score])
    )
  whole.prepare()

  let turns = 0
  const state = { done: false }
  const preparing = sliced.prepareInBackground().then(() => (state.done = true))
  while (!state.done) {
    await turn()
    turns += 1
  }
  await preparing
  t.ok(turns > 2, `others had their turn ${turns} times`)
  t.same(found(sliced), found(whole))

  const begun = hasty.prepareInBackground()
  t.same(found(hasty), found(whole), 'a search does not wait for the slices')
  await begun
})
