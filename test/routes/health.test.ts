import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'

t.test('up and ready', async (t) => {
  const bridge = await startTestBridge(t, { timings: { readyFreshMs: 60_000 } })
  t.match((await bridge.fetch('/health')).body, { status: 'ok', version: /^\d/ })
  const ready = await bridge.fetch('/ready')
  t.equal(ready.status, 200)
  t.match(ready.body, { status: 'ready', nodes: 3, nodesAnswering: 3 })
  const asked = bridge.simulator.requests.length
  await Promise.all(Array.from({ length: 20 }, () => bridge.fetch('/ready')))
  t.equal(bridge.simulator.requests.length, asked, 'an open door costs the cluster nothing')
})

t.test('up without a cluster', async (t) => {
  const bridge = await startTestBridge(t, { cluster: { nodes: ['https://127.0.0.1:1'] } })
  t.equal((await bridge.fetch('/health')).status, 200)
  const { status, body, text } = await bridge.fetch('/ready')
  t.equal(status, 503)
  t.match(body, { status: 'cluster not reachable', nodesAnswering: 0 })
  t.notMatch(text, '127.0.0.1', 'addresses stay inside')
})

t.test('/ready names the nodes that are not asked for everything, without addresses', async (t) => {
  const bridge = await startTestBridge(t, { timings: { readyFreshMs: 60_000 } })
  await bridge.call('vm_read')
  t.notOk('breakers' in (await bridge.fetch('/ready')).body)
  bridge.simulator.faults.add({ kind: 'error-500', node: 0, path: '/VirDomain' })
  t.equal((await bridge.call('vm_read')).status, 200)
  const { body, text } = await bridge.fetch('/ready')
  t.same(body.breakers, [{ node: 1, state: 'open', calls: ['read'] }])
  t.notMatch(text, /127\.0\.0/)
})

t.test('/ready says how many nodes are not in SCALE_HOST', async (t) => {
  const bridge = await startTestBridge(t)
  const { state } = bridge.simulator.world
  await bridge.call('node_read')
  t.notOk('nodesNotListed' in (await bridge.fetch('/ready')).body)
  const [node] = state.nodes.values()
  if (node !== undefined) state.nodes.set('new', { ...node, uuid: 'new', lanIP: '10.20.0.99' })
  await bridge.call('node_read')
  t.equal((await bridge.fetch('/ready')).body.nodesNotListed, 1)
})
