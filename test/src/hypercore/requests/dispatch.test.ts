import t from 'tap'
import { failureOf } from '../../../helper/failure.ts'
import { hostileSetup } from '../../../helper/hostile-client.ts'
import { misdeeds } from '../../../helper/hostile-proxy.ts'

const user = { username: 'second', password: 'secret-of-the-second' }
const isUser = /^\/User$/
const isLogin = /^\/login$/
const isNode = /^\/Node$/

for (const status of [500, 502, 503, 504, 408, 429])
  t.test(`JSON ${status} to a read: the next node is asked, and from then on first`, async (t) => {
    const { client, proxies, counts } = await hostileSetup(t)
    await client.list('/Drive')
    proxies.nodes[0]?.rules.push({ path: isNode, does: misdeeds.json(status) })
    for (let i = 0; i < 6; i++) {
      const { node } = await client.request({ method: 'GET', path: '/Node' })
      t.equal(node, proxies.nodes[1]?.host)
    }
    t.same(counts('GET', isNode), [1, 6, 0])
    t.same(counts('POST', isLogin), [1, 1, 0])
  })

for (const page of [502, 503])
  t.test(`HTML ${page} to a read of two nodes: the third is asked`, async (t) => {
    const { client, proxies } = await hostileSetup(t)
    for (const node of proxies.nodes.slice(0, 2)) node.rules.push({ does: misdeeds.page(page) })
    t.equal((await client.request({ method: 'GET', path: '/Node' })).node, proxies.nodes[2]?.host)
  })

t.test('what all nodes answer alike counts against none', async (t) => {
  const { client, proxies, counts, log } = await hostileSetup(t)
  proxies.all({ path: isNode, does: misdeeds.json(500, 'An internal error occurred') })
  const error = await failureOf(client.list('/Node'))
  t.match(error, {
    code: 'CLUSTER_ERROR',
    statusCode: 502,
    details: { status: 500, answer: 'An internal error occurred' }
  })
  t.match(error.message, /failed GET \/Node with 500: "An internal error occurred"/)
  t.same(counts('GET', isNode), [1, 1, 1])
  t.same(
    log.filter(({ level }) => level === 'warn'),
    []
  )
  await client.list('/Drive')
  t.same(counts('GET', /^\/Drive$/), [1, 0, 0], 'the order stays')
})

t.test('a 429 of all nodes keeps its status', async (t) => {
  const { client, proxies } = await hostileSetup(t)
  proxies.all({ path: isNode, does: misdeeds.json(429, 'Slow down') })
  t.match(await failureOf(client.list('/Node')), {
    code: 'CLUSTER_REFUSED',
    statusCode: 429,
    message: /refused GET \/Node with 429: "Slow down"/
  })
})

for (const status of [408, 429, 502, 503, 504])
  t.test(`JSON ${status} to a write: the outcome is unknown`, async (t) => {
    const { client, proxies, simulator } = await hostileSetup(t)
    proxies.all({ method: 'POST', path: isUser, does: misdeeds.jsonAfter(status) })
    const error = await failureOf(client.write('POST', '/User', user))
    t.match(error, { code: 'OUTCOME_UNKNOWN', statusCode: 502, details: { status } })
    t.match(error.message, /may or may not have been carried out; read the object it changes/)
    t.equal(proxies.count('POST', isUser), 1)
    const names = [...simulator.world.state.users.values()].map(({ username }) => username)
    t.ok(names.includes('second'))
  })

t.test('JSON 500 to a write: the cluster failed it, and it may have begun', async (t) => {
  const { client, proxies } = await hostileSetup(t)
  proxies.all({ method: 'POST', path: isUser, does: misdeeds.jsonAfter(500) })
  t.match(await failureOf(client.write('POST', '/User', user)), {
    code: 'CLUSTER_ERROR',
    message: /with 500: "Made up"; it may have begun: read the object concerned/
  })
  t.equal(proxies.count('POST', isUser), 1)
})
