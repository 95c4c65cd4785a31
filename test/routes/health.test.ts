import { join } from 'node:path'
import t from 'tap'
import { OverviewReader } from '../../src/console/overview.ts'
import { operator } from '../../src/identity/static-token.ts'
import { startTestBridge } from '../helper/bridge.ts'
import { simulatorFor } from '../helper/simulator.ts'

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

t.test('/ready, the console and /metrics show what the list of nodes has shown', async (t) => {
  const cluster = await simulatorFor(t, { nodes: 4, vms: 2 })
  const pins = cluster.fingerprints.slice(0, 3)
  const bridge = await startTestBridge(t, {
    timings: { readyFreshMs: 0 },
    cluster: {
      nodes: cluster.urls.slice(0, 2),
      tls: { mode: 'pin', fingerprints: pins },
      discover: { listMs: 3_600_000 }
    }
  })
  const look = async (): Promise<void> => {
    t.equal((await bridge.call('node_read')).status, 200)
    await bridge.app.hypercore.nodeLists.settled()
  }
  const { state } = cluster.world
  const [, second] = [...state.nodes.values()]
  if (second === undefined) throw new Error('No second node')
  await look()
  state.nodes.delete(second.uuid)
  await look()
  const { body, text } = await bridge.fetch('/ready')
  t.match(body, { nodes: 3, nodesAnswering: 3, nodesFound: 1, nodesLeft: 1, nodesNotListed: 1 })
  t.notOk('nodeList' in body)
  t.notMatch(text, /127\.0\.0/)
  const metrics = await bridge.fetch('/metrics', {
    headers: { authorization: `Bearer ${bridge.token}` }
  })
  for (const line of ['configured"} 1', 'found"} 1', 'missing"} 1'])
    t.match(metrics.text, `scale_bridge_cluster_nodes{state="${line}`)
  const { traffic = [] } = await new OverviewReader(bridge.app.hypercore).cluster(operator)
  t.match(traffic.toSorted(), [
    /^127\.0\.0\.2:\d+ is tried last: the cluster's list of nodes lacks it$/,
    /^127\.0\.0\.4:\d+ was found but is not used: .*not pinned/
  ])
  const [first] = [...state.nodes.values()]
  state.nodes.clear()
  if (first !== undefined) state.nodes.set(first.uuid, first)
  await look()
  t.equal((await bridge.fetch('/ready')).body.nodeList, 'not followed')
})

t.test('a bridge that starts again goes by the nodes it had found', async (t) => {
  const cluster = await simulatorFor(t, { nodes: 2, vms: 2 })
  const options = {
    store: join(t.testdir(), 'ledger'),
    cluster: {
      nodes: cluster.urls.slice(0, 1),
      tls: { mode: 'pin' as const, fingerprints: cluster.fingerprints },
      discover: { listMs: 3_600_000 }
    }
  }
  const first = await startTestBridge(t, options)
  t.equal((await first.call('node_read')).status, 200)
  await first.app.hypercore.nodeLists.settled()
  await first.close()
  cluster.faults.add({ kind: 'node-down', node: 0 })
  const second = await startTestBridge(t, options)
  await second.app.hypercore.nodeLists.settled()
  t.equal((await second.call('vm_read')).status, 200)
})
