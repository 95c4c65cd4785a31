import t from 'tap'
import { clientFor, clusterFor } from '../../helper/cluster-client.ts'
import { hostileSetup } from '../../helper/hostile-client.ts'
import { misdeeds } from '../../helper/hostile-proxy.ts'

t.test('all is well: no problem, and a session is there', async (t) => {
  const { client, calls } = await clusterFor(t)
  t.equal(await client.findProblem(), undefined)
  t.same(calls('/login'), [0])
  t.equal(await client.findProblem(), undefined)
  t.same(calls('/login'), [0], 'one is enough')
})

t.test('a wrong password', async (t) => {
  const { client, hosts } = await clusterFor(t, { nodes: 1 }, { password: 'wrong-zzq' })
  t.match(await client.findProblem(), {
    isTotal: true,
    code: 'CLUSTER_LOGIN_REFUSED',
    node: hosts[0],
    reason: /refused the login with 401/,
    advice: /check SCALE_USERNAME and SCALE_PASSWORD/
  })
})

t.test('certificates that are not trusted: all are named', async (t) => {
  const tls = { mode: 'pin' as const, fingerprints: ['00'.repeat(32)] }
  const { client, simulator } = await clusterFor(t, {}, { tls })
  const problem = await client.findProblem()
  t.match(problem, { isTotal: true, code: 'CLUSTER_TLS', reason: /not pinned/, advice: /compare/ })
  for (const fingerprint of simulator.fingerprints) t.match(problem?.message, fingerprint)
})

t.test('no node is reachable', async (t) => {
  const { client } = clientFor(t, ['https://127.0.0.1:1'])
  t.match(await client.findProblem(), {
    isTotal: true,
    code: 'CLUSTER_UNREACHABLE',
    node: '127.0.0.1:1',
    reason: 'refused the connection',
    advice: /SCALE_HOST/
  })
})

t.test('one of three nodes, and what is hardest to fix leads', async (t) => {
  const { client, proxies } = await hostileSetup(t)
  const [first, second] = proxies.nodes
  await first?.down()
  t.match(await client.findProblem(), {
    isTotal: false,
    code: 'CLUSTER_UNREACHABLE',
    node: first?.host
  })
  second?.rules.push({ path: /^\/ping$/, does: misdeeds.json(500, 'broken-zzq') })
  t.match(await client.findProblem(), {
    isTotal: false,
    code: 'CLUSTER_ERROR',
    node: second?.host,
    message: new RegExp(`tried too: ${first?.host}`)
  })
})
