import t from 'tap'
import { Breaker } from '../../../../src/hypercore/transport/breaker.ts'
import { clusterFor } from '../../../helper/cluster-client.ts'
import { holdTimers } from '../../../helper/held-timers.ts'
import { until } from '../../../helper/simulator.ts'

t.test('each rest without a success is twice as long, up to the longest', async (t) => {
  const breaker = new Breaker(8000, () => 0)
  t.equal(breaker.position, 'closed')
  let now = 100
  for (const restMs of [1000, 2000, 4000, 8000, 8000]) {
    breaker.fail(now, { isWhole: true })
    t.equal(breaker.position, 'open')
    t.notOk(breaker.isRested(now + restMs - 1))
    t.ok(breaker.isRested(now + restMs), `${restMs} ms`)
    now += restMs
  }
  breaker.halfOpen()
  breaker.succeed(10, 12)
  breaker.fail(now, { isWhole: true })
  t.ok(breaker.isRested(now + 1000), 'a success ends the count')
})

t.test('many requests that fail together are one failure', async (t) => {
  const breaker = new Breaker(8000, () => 0)
  for (const now of [0, 0, 1, 2, 900]) breaker.fail(now, { isWhole: true })
  t.equal(breaker.restLeftMs(900), 100)
  t.ok(breaker.isRested(1000))
  breaker.fail(1000, { isWhole: true })
  t.notOk(breaker.isRested(2999))
  t.ok(breaker.isRested(3000), 'the next rest is twice as long, and not sixteen times')
})

t.test('bridges do not look in step', async (t) => {
  const late = new Breaker(8000, () => 0)
  const early = new Breaker(8000, () => 1)
  for (const each of [late, early]) each.fail(0, { isWhole: true })
  t.same([late.isRested(750), early.isRested(750)], [false, true])
})

t.test('half-open it takes one request, and with each success one more', async (t) => {
  const breaker = new Breaker(1000)
  breaker.succeed(5, 4)
  t.equal(breaker.room(4), 4)
  breaker.fail(0)
  t.notOk(breaker.isWhole)
  t.equal(breaker.room(4), 4, 'where nothing else is left')
  breaker.halfOpen()
  const rooms = [1, 2, 3].map(() => {
    const room = breaker.room(4)
    t.equal(breaker.position, 'half-open')
    breaker.succeed(5, 4)
    return room
  })
  t.same(rooms, [1, 2, 3])
  t.same([breaker.room(4), breaker.position], [4, 'closed'])
  breaker.halfOpen()
  t.equal(breaker.position, 'closed')
})

t.test('what failed beside another kind of requests gets back the places it had', async (t) => {
  const breaker = new Breaker(1000)
  breaker.fail(0, { isWhole: true, startsOver: false })
  t.equal(breaker.position, 'open')
  breaker.halfOpen()
  t.same([breaker.position, breaker.room(8)], ['closed', 8])
  breaker.fail(0)
  breaker.halfOpen()
  breaker.succeed(5, 8)
  breaker.fail(0, { isWhole: true, startsOver: false })
  breaker.halfOpen()
  t.same([breaker.position, breaker.room(8)], ['half-open', 2])
})

t.test('it knows how long responses take', async (t) => {
  const breaker = new Breaker(1000)
  t.equal(breaker.latencyMs, undefined)
  breaker.succeed(100, 4)
  t.equal(breaker.latencyMs, 100)
  breaker.succeed(200, 4)
  t.ok(Number(breaker.latencyMs) > 100 && Number(breaker.latencyMs) < 200)
})

t.test('a node that is back is not rushed', async (t) => {
  const limits = { timeouts: { restMs: 50 } }
  const { simulator, client } = await clusterFor(t, { nodes: 2 }, limits)
  await client.list('/Node')
  const revive = simulator.faults.add({ kind: 'node-down', node: 0 })
  await client.list('/Node')
  const [first] = client.traffic().nodes
  t.same(
    first?.kinds.map(({ position }) => position),
    ['open', 'open', 'open', 'open']
  )
  t.match(first?.reason, /connection/)
  revive()
  await until(async () => {
    await client.list('/Node')
    return client.traffic().nodes[0]?.kinds[2]?.position === 'half-open'
  })
  const write = client.traffic().nodes[0]?.kinds.find(({ kind }) => kind === 'write')
  t.equal(write?.position, 'half-open', 'reads have shown that it is back, writes not yet')
  const body = { username: 'second', password: 'secret-of-the-second' }
  const waits = holdTimers(t, 4_000_000)
  simulator.faults.add({ kind: 'slow', path: '/User', ms: 4_000_000 })
  const before = simulator.requests.length
  const writes = Array.from({ length: 8 }, (_, i) =>
    client.write('POST', '/User', { ...body, username: `u${i}` })
  )
  const posts = (node: number): number =>
    simulator.requests
      .slice(before)
      .filter((each) => each.node === node && each.path === '/rest/v1/User').length
  await until(() => waits.waiting.length === 8)
  t.same([posts(0), posts(1)], [1, 7], 'one request finds out, the others go elsewhere')
  waits.release()
  await Promise.all(writes)
})

t.test('what fails for reads alone does not keep writes from the node', async (t) => {
  const { simulator, client, hosts } = await clusterFor(t)
  await client.list('/Node')
  simulator.faults.add({ kind: 'error-500', node: 0, path: '/VirDomain' })
  await client.list('/VirDomain')
  const kinds = client.traffic().nodes[0]?.kinds.filter(({ position }) => position !== 'closed')
  t.same(
    kinds?.map(({ kind }) => kind),
    ['read']
  )
  t.equal((await client.request({ method: 'GET', path: '/Node' })).node, hosts[1])
  const body = { username: 'second', password: 'secret-of-the-second' }
  t.equal((await client.request({ method: 'POST', path: '/User', body })).node, hosts[0])
})
