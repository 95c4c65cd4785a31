import t from 'tap'
import { BridgeError } from '../../../../src/lib/errors/errors.ts'
import { operator } from '../../../../src/identity/static-token.ts'
import { slotsOf } from '../../../../src/hypercore/lanes/lanes.ts'
import { failureOf } from '../../../helper/failure.ts'
import { hostileSetup, type HostileSetup } from '../../../helper/hostile-client.ts'
import { misdeeds } from '../../../helper/hostile-proxy.ts'

const user = { username: 'second', password: 'secret-of-the-second' }
const isNode = /^\/Node$/

async function timed<T>(work: Promise<T>): Promise<{ value: T; ms: number }> {
  const startedAt = performance.now()
  return { value: await work, ms: performance.now() - startedAt }
}

// These mostly wait: buffered tests run side by side.
t.jobs = 4
const aside = { buffered: true }

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
    [{ message: /responds too slowly/ }]
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

/** What is not asked for everything, or not first. */
const notWell = ({ client }: HostileSetup): object[] =>
  client
    .traffic()
    .nodes.filter(({ kinds }) => kinds.some(({ slow, position }) => slow || position !== 'closed'))

t.test('who had little time left for a node holds nothing against it', async (t) => {
  const limits = { ...short, connectMs: 2000, firstByteMs: 3000, moveOnMs: 3000 }
  const setup = await hostileSetup(t, limits, { nodes: 2 })
  const { client, proxies, log } = setup
  const authority = { principal: operator }
  await client.request({ method: 'GET', path: '/Drive', authority })
  proxies.all({ path: isNode, does: misdeeds.delay(400) })
  // With a time limit of its own a read is shared with no other; of one call, they wait for their turn.
  const reads = Array.from({ length: 24 * slotsOf('read') }, () =>
    client.request({ method: 'GET', path: '/Node', timeoutMs: 5000, authority })
  )
  const ended = await Promise.allSettled(reads)
  const failed = ended.flatMap((end) => (end.status === 'rejected' ? [end.reason as Error] : []))
  t.match(failed[0], { code: 'CLUSTER_TIMEOUT' })
  t.ok(
    failed.every((error) => error instanceof BridgeError),
    'also of one whose turn came at the last moment'
  )
  t.same(notWell(setup), [])
  t.same(
    log.filter(({ level }) => level === 'warn'),
    []
  )
})
