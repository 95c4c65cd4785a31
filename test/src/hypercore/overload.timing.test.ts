import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { clusterFor, createUser, positionOf } from '../../helper/cluster-client.ts'
import { until } from '../../helper/simulator.ts'

t.test('a read that had waited for its turn does not hold its haste against a node', async (t) => {
  const timeouts = { moveOnMs: 10_000, connectMs: 5000, firstByteMs: 4000, slowMs: 60_000 }
  const { simulator, client, log } = await clusterFor(t, { nodes: 2 }, { timeouts })
  await client.list('/Node')
  const read = () => client.request({ method: 'GET', path: `/VirDomain/${randomUUID()}` })
  // Once for the connections.
  await Promise.all(Array.from({ length: 24 }, read))
  // Less than the 2 s that a node is given alone, and more than what is left after a wait of 1.5 s.
  simulator.faults.add({ kind: 'slow', path: '/VirDomain', ms: 1500 })
  const reads = Array.from({ length: 30 }, read)
  await until(() =>
    client.traffic().lanes.some(({ lane, waiting }) => lane === 'read' && waiting > 0)
  )
  await Promise.all(reads)
  t.same(
    log.filter(({ level }) => level === 'warn'),
    [],
    'no node failed'
  )
  for (const node of [0, 1]) t.equal(positionOf(client, node, 'write'), 'closed')
})

t.test('who waits at a half-open node goes to another as soon as that responds', async (t) => {
  const timeouts = { restMs: 800 }
  const { simulator, client, hosts } = await clusterFor(t, { nodes: 2 }, { timeouts })
  await client.list('/Node')
  const revive = [0, 1].map((node) => simulator.faults.add({ kind: 'node-down', node }))
  await t.rejects(client.list('/Node'), { code: 'CLUSTER_UNREACHABLE' })
  revive[0]?.()
  await until(async () => {
    await client.list('/Node').catch(() => [])
    return positionOf(client, 0, 'write') === 'half-open'
  })
  t.equal(positionOf(client, 1, 'write'), 'open')
  simulator.faults.add({ kind: 'slow', node: 0, path: '/User', ms: 8000 })
  const held = createUser(client)
  const waiting = createUser(client)
  t.match(
    client.traffic().lanes.find(({ lane }) => lane === 'write'),
    { underWay: 1, waiting: 1 }
  )
  revive[1]?.()
  await until(async () => {
    await client.list('/Node')
    return positionOf(client, 1, 'write') !== 'open'
  })
  t.equal((await waiting).node, hosts[1])
  t.equal((await held).node, hosts[0])
})

t.test('a write that gets no response sends those after it elsewhere', async (t) => {
  const timeouts = { moveOnMs: 300, headersMs: 3000 }
  const { simulator, client, hosts } = await clusterFor(t, {}, { timeouts })
  await client.list('/Node')
  simulator.faults.add({ kind: 'hang', node: 0, path: '/User', times: 1 })
  let isOver = false
  const write = createUser(client).finally(() => (isOver = true))
  const lost = t.rejects(write, { code: 'OUTCOME_UNKNOWN' })
  await until(() => positionOf(client, 0, 'write') === 'open')
  t.equal((await createUser(client)).node, hosts[1])
  t.notOk(isOver, 'the first is waited for all the same')
  await lost
})

t.test('a slow read does not take the places of writes', async (t) => {
  const { simulator, client, calls } = await clusterFor(t, {}, { timeouts: { moveOnMs: 300 } })
  await client.list('/Node')
  simulator.faults.add({ kind: 'slow', node: 0, path: '/VirDomain', ms: 1000 })
  await client.list('/VirDomain')
  t.equal(positionOf(client, 0, 'write'), 'open', 'it may hang altogether')
  await until(async () => {
    await client.list('/Node')
    await delay(20)
    return positionOf(client, 0, 'write') !== 'open'
  })
  t.equal(positionOf(client, 0, 'write'), 'closed')
  t.equal(positionOf(client, 0, 'read'), 'half-open')
  simulator.faults.clear()
  simulator.faults.add({ kind: 'slow', path: '/User', ms: 400 })
  await Promise.all(Array.from({ length: 4 }, () => createUser(client)))
  t.same(calls('/User'), [0, 0, 0, 0])
})
