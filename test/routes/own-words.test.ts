import t from 'tap'
import { describeOperation } from '../../src/catalog/search/describe-operation.ts'
import { loadCatalog } from '../../src/catalog/load.ts'
import { startTestBridge } from '../helper/bridge.ts'

t.test('fields that hold a secret are described like any other', async (t) => {
  const bridge = await startTestBridge(t)
  const catalog = loadCatalog()
  const withSecrets = catalog.operations.filter(
    ({ base, body }) =>
      base === '/rest/v1' &&
      /"(password|authPassword|sharedSecret|privateKey|sessionID)"/.test(
        JSON.stringify(body?.schema ?? {})
      )
  )
  t.ok(withSecrets.length >= 8)
  for (const round of [1, 2])
    for (const operation of withSecrets) {
      const query = `${operation.method} ${operation.path}`
      const { body } = await bridge.call('query_api', { query, limit: 1 })
      const expected = describeOperation(catalog, operation, query, { best: true })
      t.same(body.available_paths[0], JSON.parse(JSON.stringify(expected)), `${query}, ${round}`)
      t.notMatch(JSON.stringify(body), /:""/)
    }
  t.same(
    bridge.app.catalog.operations,
    catalog.operations,
    'an answer changes nothing in the catalog'
  )

  const refused = await bridge.call('run_api', {
    query: '/User',
    method: 'POST',
    payload: { usrname: 'x' }
  })
  t.match(refused.body.error.example, { username: /./, password: /./ })
})
