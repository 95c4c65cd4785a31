import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { bundledCatalogFile, loadCatalog } from '../../../../src/catalog/load.ts'
import { indexFile, type SavedIndexes } from '../../../../src/catalog/search/saved-indexes.ts'
import { CatalogSearch } from '../../../../src/catalog/search/search.ts'
import { packageRoot } from '../../../../src/lib/files/package-info.ts'
import type { Question } from '../../../eval/search-figures.ts'

const catalog = loadCatalog()
const built = new CatalogSearch(catalog)
const saved = JSON.parse(indexFile(built.save())) as SavedIndexes & { catalog: string }

/** What is found, with its points; the operations themselves are long. */
const found = (search: CatalogSearch, question: string): string =>
  search
    .search(question, { limit: 10 })
    .map(({ operation: { method, path }, score }) => `${method} ${path} ${score}`)
    .join('\n')

t.test('the indexes of a file find what built ones find, with the same points', async (t) => {
  const read = new CatalogSearch(catalog, () => saved)
  const questions = JSON.parse(
    readFileSync(join(packageRoot, 'test/eval/questions.json'), 'utf8')
  ) as Question[]
  const asked = ['snapshto of a vm', 'PATCH /VirDomain/{uuid}', 'numVCPU', 'qwertz']
  for (const query of [...questions.map(({ query }) => query), ...asked])
    t.equal(found(read, query), found(built, query), query)
  t.same(read.nearestEntities('virdomian'), built.nearestEntities('virdomian'))
})

t.test('the file says which catalog it is of', async (t) => {
  const hash = createHash('sha256').update(readFileSync(bundledCatalogFile)).digest('hex')
  t.equal(saved.catalog, hash)
})
