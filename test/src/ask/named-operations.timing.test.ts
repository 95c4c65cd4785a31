import t from 'tap'
import { namedOperations } from '../../../src/ask/named-operations.ts'
import { loadCatalog } from '../../../src/catalog/load.ts'

const catalog = loadCatalog()
const given = catalog.operations.slice(0, 6)

t.test('a long answer is read quickly', async (t) => {
  const before = performance.now()
  for (const piece of [
    '-',
    '/',
    '<',
    '{a',
    'GET ',
    '/A',
    'a:',
    '$x.',
    'https://',
    '.',
    '/VirDomain '
  ])
    namedOperations(catalog, given, piece.repeat(20_000 / piece.length))
  t.ok(performance.now() - before < 2_000, `${performance.now() - before} ms`)
})
