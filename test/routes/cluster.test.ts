import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'

t.test('the cluster and its parts', async (t) => {
  const bridge = await startTestBridge(t)
  const { state } = bridge.simulator.world

  t.match((await bridge.call('ping_read')).body, { status: 'Active', node: /^127\.0\.0\.1:\d+$/ })

  const cluster = await bridge.call('cluster_read')
  t.match(cluster.body, { clusterName: state.cluster.clusterName, icosVersion: '9.4.30.217736' })
  t.equal(cluster.body.nodes.length, 3)

  const nodes = await bridge.call('node_read')
  t.same(
    nodes.body.items.map(({ uuid }: { uuid: string }) => uuid).toSorted(),
    [...state.nodes.keys()].toSorted()
  )
  t.ok(nodes.body.items.every(({ usable }: { usable: boolean }) => usable))

  const drives = await bridge.call('drive_read')
  t.equal(drives.body.total, state.drives.size)
  t.type(drives.body.items[0].temperature, 'number')

  const users = await bridge.call('user_read', { filter: 'username:admin' })
  t.match(users.body.items[0], { username: 'admin', roles: ['Admin'] })
  t.notOk(users.text.includes('"password"'))

  const isos = await bridge.call('iso_read')
  t.equal(isos.body.total, state.isos.size)
  const disks = await bridge.call('virtualDisk_read')
  t.equal(disks.body.total, state.virtualDisks.size)

  const conditions = await bridge.call('condition_read')
  const active = state.conditions.filter(({ value }) => value)
  t.equal(conditions.body.total, active.length)
  t.ok(active.length > 0 && active.length < 20)
})

t.test('the hardware, with a ClusterSpec and without', async (t) => {
  const without = await startTestBridge(t)
  const assembled = await without.call('clusterSpec_read')
  t.equal(assembled.status, 200)
  t.match(assembled.body, { source: /^assembled from/, nodeCount: 3, driveCount: 12 })

  const withSpec = await startTestBridge(t, { simulator: { clusterSpec: true } })
  t.match((await withSpec.call('clusterSpec_read')).body, { source: 'ClusterSpec' })
})

t.test('the other version', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { version: '9.6.19.223352' } })
  t.equal((await bridge.call('cluster_read')).body.icosVersion, '9.6.19.223352')
})
