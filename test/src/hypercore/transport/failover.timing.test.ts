import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import t from 'tap'
import type { Fault } from '../../../../src/simulator/faults.ts'
import { clientFor, clusterFor } from '../../../helper/cluster-client.ts'
import { failureOf } from '../../../helper/failure.ts'

/** Short for what shall run out, long enough for a busy machine to do the rest. */
const quick = { connectMs: 5000, headersMs: 2000, bodyMs: 2000 }

const newUser = { username: 'second', password: 'secret-of-the-second' }

t.test('a dead first node costs one call its connect timeout, and the next none', async (t) => {
  const dead = createServer(() => {})
  dead.listen(0, '127.0.0.1')
  await once(dead, 'listening')
  t.teardown(() => dead.close())
  const { simulator } = await clusterFor(t, { nodes: 1 })
  const nodes = [`https://127.0.0.1:${(dead.address() as AddressInfo).port}`, ...simulator.urls]
  const { client, log } = clientFor(t, nodes, { timeouts: { connectMs: 1000 } })
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: 100 }, () => client.list('/Node')))
  t.ok(performance.now() - startedAt < 4000, 'a burst waits one connect timeout, not seven')
  const secondAt = performance.now()
  await client.list('/Node')
  t.ok(performance.now() - secondAt < 900)
  t.match(
    log.find(({ level }) => level === 'warn'),
    { message: /did not accept the connection within 1 s/ }
  )
})

const lost: Fault[] = [
  { kind: 'hang', node: 0, path: '/User' },
  { kind: 'slow', node: 0, path: '/User', ms: 6000 }
]

// These mostly wait: buffered tests run side by side.
t.jobs = 4
for (const fault of lost) {
  t.test(`${fault.kind}: a read is repeated on another node`, { buffered: true }, async (t) => {
    const { simulator, client, calls } = await clusterFor(t, {}, { timeouts: quick })
    await client.list('/Node')
    simulator.faults.add(fault)
    t.ok((await client.list('/User')).length > 0)
    t.same(calls('/User'), [0, 1])
  })

  t.test(
    `${fault.kind}: a write is not repeated, its outcome is unknown`,
    { buffered: true },
    async (t) => {
      const { simulator, client, calls, hosts } = await clusterFor(t, {}, { timeouts: quick })
      await client.list('/Node')
      simulator.faults.add(fault)
      const error = await failureOf(client.write('POST', '/User', newUser))
      t.equal(error.code, 'OUTCOME_UNKNOWN')
      t.equal(error.statusCode, 502)
      t.match(error.message, hosts[0])
      t.match(error.message, /may or may not have been carried out/)
      t.equal(error.details.node, hosts[0])
      t.same(calls('/User'), [0])
    }
  )
}

t.test('on a single node a read without a response is not repeated', async (t) => {
  const { simulator, client, calls } = await clusterFor(t, { nodes: 1 }, { timeouts: quick })
  await client.list('/Node')
  simulator.faults.add({ kind: 'hang', path: '/User' })
  const error = await failureOf(client.list('/User'))
  t.equal(error.code, 'CLUSTER_TIMEOUT')
  t.equal(error.statusCode, 504)
  t.match(error.message, /did not respond within 2 s/)
  t.equal(calls('/User').length, 1)
})

t.test('a login that hangs leaves the write unsent: it goes elsewhere', async (t) => {
  const { simulator, client, hosts } = await clusterFor(t, {}, { timeouts: quick })
  simulator.faults.add({ kind: 'hang', node: 0, path: '/login' })
  const write = await client.request({ method: 'POST', path: '/User', body: newUser })
  t.equal(write.node, hosts[1])
})

t.test('timeoutMs lets a slow call take its time', async (t) => {
  const { simulator, client } = await clusterFor(t, { nodes: 1 }, { timeouts: quick })
  simulator.faults.add({ kind: 'slow', path: '/User', ms: 2600 })
  await client.write('POST', '/User', newUser, { timeoutMs: 20_000 })
  t.ok([...simulator.world.state.users.values()].some(({ username }) => username === 'second'))
})

t.test('a queue before a node that hangs is over after one timeout', async (t) => {
  const { simulator, client } = await clusterFor(
    t,
    { nodes: 1 },
    { timeouts: { ...quick, laneMs: 2000 } }
  )
  await client.list('/Node')
  simulator.faults.add({ kind: 'hang', path: '/User' })
  const errors = await Promise.all(
    Array.from({ length: 60 }, () => failureOf(client.write('POST', '/User', newUser)))
  )
  const codes = errors.map(({ code }) => code)
  t.equal(codes.filter((code) => code === 'OUTCOME_UNKNOWN').length, 8)
  t.equal(codes.filter((code) => code === 'CLUSTER_BUSY').length, 52, 'nothing of them was sent')
})
