import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'

t.test('query_api', async (t) => {
  const bridge = await startTestBridge(t)
  const find = async (query: string, limit?: number) =>
    (await bridge.call('query_api', { query, limit })).body

  const { available_paths } = await find('/VirDomainSnapshot')
  t.equal(available_paths.length, 5)
  t.same(Object.keys(available_paths[0]), [
    'path',
    'method',
    'description',
    'request_body',
    'response'
  ])
  t.match(available_paths[0], { path: '/VirDomainSnapshot' })

  const create = (await find('create user', 3)).available_paths
  t.equal(create.length, 3)
  t.match(create[0], { path: '/User', method: 'POST', request_body: { username: /required/ } })

  const none = await find('quux')
  t.same(none.available_paths, [])
  t.match(none.hint, /VirDomain, /)
})
