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

t.test('a very long argument holds nothing up', async (t) => {
  const bridge = await startTestBridge(t)
  const long = 'a'.repeat(1_000_000)
  const calls: [string, object][] = [
    ['query_api', { query: long }],
    ['changeVM_state', { vmUUID: long, actionType: long }],
    ['run_api', { query: long, method: 'GET' }],
    ['run_api', { query: '/VirDomain', method: 'POST', payload: { [long]: long } }],
    ['ask_api', { question: long }],
    ['vm_read', { [long]: 1 }],
    ['vm_read', { filter: `smb://${long}:${long}` }]
  ]
  // The index of the search is built after the start, as one block: not what is measured here.
  await bridge.call('query_api', { query: 'vm' })
  for (const [tool, args] of calls) {
    const started = performance.now()
    const { status } = await bridge.call(tool, args)
    t.equal(status, 400, tool)
    t.ok(performance.now() - started < 1000, `${tool} answers at once`)
  }
})
