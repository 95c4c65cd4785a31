import t from 'tap'
import { failureOf } from '../../helper/failure.ts'
import { hostileSetup } from '../../helper/hostile-client.ts'
import { misdeeds } from '../../helper/hostile-proxy.ts'

const user = { username: 'second', password: 'secret-of-the-second' }
const isUser = /^\/User$/
const isLogin = /^\/login$/
const isNode = /^\/Node$/

async function timed<T>(work: Promise<T>): Promise<{ value: T; ms: number }> {
  const startedAt = performance.now()
  return { value: await work, ms: performance.now() - startedAt }
}

// These mostly wait: buffered tests run side by side.
t.jobs = 4
const aside = { buffered: true }

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

t.test('what all nodes answer alike is held against none', async (t) => {
  const { client, proxies, counts, log } = await hostileSetup(t)
  proxies.all({ path: isNode, does: misdeeds.json(500, 'An internal error occurred') })
  const error = await failureOf(client.list('/Node'))
  t.match(error, {
    code: 'CLUSTER_ERROR',
    statusCode: 502,
    details: { status: 500, answer: 'An internal error occurred' }
  })
  t.match(error.message, /failed GET \/Node with 500: An internal error occurred/)
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
    message: /refused GET \/Node with 429: Slow down/
  })
})

for (const status of [408, 429, 502, 503, 504])
  t.test(`JSON ${status} to a write: nobody knows`, async (t) => {
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
    message: /with 500: Made up; it may have begun, so read the object concerned/
  })
  t.equal(proxies.count('POST', isUser), 1)
})

/** Short for those who wait, long enough for a busy machine to log in to the last node. */
const short = { connectMs: 1500, headersMs: 4000, moveOnMs: 800, firstByteMs: 3500, wholeMs: 6000 }

t.test('two of three nodes hang: the third answers within the budget', aside, async (t) => {
  for (const warm of [true, false]) {
    const { client, proxies } = await hostileSetup(t, short)
    if (warm) await client.list('/Drive')
    for (const node of proxies.nodes.slice(0, 2)) node.rules.push({ does: misdeeds.hang() })
    const read = await timed(client.request({ method: 'GET', path: '/Node' }))
    t.equal(read.value.node, proxies.nodes[2]?.host)
    t.ok(read.ms < short.firstByteMs, `${Math.round(read.ms)} ms`)
    const next = await timed(client.request({ method: 'GET', path: '/Node' }))
    t.equal(next.value.node, proxies.nodes[2]?.host)
    t.ok(next.ms < 500, `the next: ${Math.round(next.ms)} ms`)
  }
  const { client, proxies } = await hostileSetup(t, short)
  for (const node of proxies.nodes.slice(0, 2)) node.rules.push({ does: misdeeds.hang() })
  const write = await timed(client.write('POST', '/User', user))
  t.ok(write.value.createdUUID)
  t.ok(write.ms < short.firstByteMs, `a write: ${Math.round(write.ms)} ms`)
})

t.test('seven of eight nodes hang', aside, async (t) => {
  const limits = { ...short, firstByteMs: 8000 }
  const { client, proxies } = await hostileSetup(t, limits, { nodes: 8 })
  for (const node of proxies.nodes.slice(0, 7)) node.rules.push({ does: misdeeds.hang() })
  const read = await timed(client.request({ method: 'GET', path: '/Node' }))
  t.equal(read.value.node, proxies.nodes[7]?.host)
  t.ok(read.ms < limits.firstByteMs + 500, `${Math.round(read.ms)} ms`)
})

t.test('all nodes are slower than one is waited for alone: the first answers', aside, async (t) => {
  const { client, proxies } = await hostileSetup(t, short)
  await client.list('/Drive')
  proxies.all({ path: isNode, does: misdeeds.delay(1700) })
  const read = await timed(client.request({ method: 'GET', path: '/Node' }))
  t.equal(read.value.node, proxies.nodes[0]?.host)
  t.ok(read.ms < 2300, `${Math.round(read.ms)} ms`)
})

t.test('all nodes hang: one error that names them, in time', aside, async (t) => {
  const { client, proxies } = await hostileSetup(t, short)
  proxies.all({ does: misdeeds.hang() })
  const read = await timed(failureOf(client.list('/Node')))
  t.equal(read.value.code, 'CLUSTER_TIMEOUT')
  for (const { host } of proxies.nodes) t.match(read.value.message, host)
  t.ok(read.ms < short.firstByteMs + 500, `${Math.round(read.ms)} ms`)
})

t.test('a body that trickles: the next node is asked soon', aside, async (t) => {
  const { client, proxies, log } = await hostileSetup(t, { paceMs: 300 })
  await client.list('/Drive')
  proxies.nodes[0]?.rules.push({ path: isNode, does: misdeeds.drip(50) })
  const read = await timed(client.request({ method: 'GET', path: '/Node' }))
  t.equal(read.value.node, proxies.nodes[1]?.host)
  t.ok(read.ms < 2000, `${Math.round(read.ms)} ms`)
  t.match(
    log.filter(({ level }) => level === 'warn'),
    [{ message: /did not answer/ }]
  )
  const next = await timed(client.request({ method: 'GET', path: '/Node' }))
  t.ok(next.ms < 500, 'and from then on first')
})

t.test('a body that trickles from the only node is waited for', aside, async (t) => {
  const { client, proxies } = await hostileSetup(t, { paceMs: 100 }, { nodes: 1 })
  await client.list('/Drive')
  proxies.all({ path: /^\/ping$/, does: misdeeds.drip(40) })
  t.match((await client.request({ method: 'GET', path: '/ping' })).body, { status: 'Active' })
})

t.test('what loses the race is ended at its node', aside, async (t) => {
  let closed = 0
  const { client, proxies } = await hostileSetup(t, short)
  await client.list('/Drive')
  proxies.nodes[0]?.rules.push({
    path: isNode,
    does: ({ response }) => void response.once('close', () => (closed += 1))
  })
  await client.list('/Node')
  await new Promise((resolve) => setTimeout(resolve, 100))
  t.equal(closed, 1)
})
