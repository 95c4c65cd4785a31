import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'
import { clientFor } from '../helper/cluster-client.ts'
import { startTime, until } from '../helper/simulator.ts'

t.test(
  'a write waits for the task on its VM, also where the cluster would refuse it',
  async (t) => {
    const bridge = await startTestBridge(t, { simulator: { overlappingWrites: 'fail', speed: 0 } })
    const exported = await bridge.call('exportVM', { vmUUID: 'web-01', wait: 0 })
    t.match(exported.body.state, /QUEUED|RUNNING/)
    const looks = () => bridge.simulator.requests.filter(({ path }) => path.includes('/TaskTag'))
    const before = looks().length
    const updating = bridge.call('updateVM', { vmUUID: 'web-01', tags: 'x' })
    await until(() => looks().length > before)
    startTime(t, bridge.simulator)
    const updated = await updating
    t.match(updated.body, {
      state: 'COMPLETE',
      notes: [
        /^vmUUID: /,
        new RegExp(`^waited \\d+ s for task ${exported.body.taskTag} \\(exportVM\\) on the same VM`)
      ]
    })
    const other = await bridge.call('updateVM', { vmUUID: 'db-01', tags: 'x' })
    t.notOk(other.body.notes?.some((note: string) => note.startsWith('waited')))
  }
)

t.test('a write whose turn does not come is refused, and names the task', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { speed: 0 }, timings: { queueMs: 200 } })
  const { body } = await bridge.call('exportVM', { vmUUID: 'web-01', wait: 0 })
  const update = (tags: string) => bridge.call('updateVM', { vmUUID: 'web-01', tags })
  const late = await update('x')
  t.equal(late.status, 409)
  t.match(late.body.error, {
    code: 'VM_BUSY',
    message: new RegExp(
      `^VM "?web-01"? is still being worked on by task ${body.taskTag} \\(exportVM\\)\\. Call waitTask with taskTag ${body.taskTag} and wait 45, then call again$`
    ),
    vmUUID: bridge.vm('web-01'),
    taskTag: body.taskTag
  })
  t.equal(bridge.simulator.requests.filter(({ method }) => method === 'PATCH').length, 0)
  const both = await Promise.all([update('y'), update('z')])
  for (const { body: refused } of both) t.equal(refused.error.code, 'VM_BUSY')
})

t.test(
  'nothing is destroyed while the cluster works on it, by whatever client it was begun',
  async (t) => {
    const bridge = await startTestBridge(t, { simulator: { speed: 0 } })
    const elsewhere = clientFor(t, bridge.simulator.urls).client
    const { virDomains, snapshots } = bridge.simulator.world.state
    const [first, second] = [...virDomains.values()].filter(
      ({ state, snapUUIDs }) => state === 'SHUTOFF' && snapUUIDs.length === 0
    )
    if (!first || !second) throw new Error('The simulated cluster has too few VMs that are off')

    const ours = await bridge.call('cloneVM', { vmUUID: first.uuid, name: 'copy', wait: 0 })
    const theirs = await elsewhere.write('POST', '/VirDomainSnapshot', {
      domainUUID: second.uuid,
      label: 'theirs'
    })
    bridge.simulator.world.clock.advance(10)
    for (const [vm, taskTag, what] of [
      [first, ours.body.taskTag, 'cloneVM'],
      [second, theirs.taskTag, `"Create Snapshot for Virtual Machine ${second.name}"`]
    ] as const) {
      const { status, body } = await bridge.call('deleteVM', { vmUUID: vm.uuid })
      t.equal(status, 409, vm.name)
      t.match(body.error, {
        code: 'VM_BUSY',
        message: new RegExp(
          `by task ${taskTag} \\(${what}\\), and nothing is destroyed meanwhile.*waitTask with taskTag ${taskTag}`
        )
      })
      t.ok(virDomains.has(vm.uuid))
      const raw = await bridge.call('run_api', { query: `/VirDomain/${vm.uuid}`, method: 'DELETE' })
      t.equal(raw.body.error?.code, 'VM_BUSY', 'through run_api, too')
    }
    bridge.simulator.world.clock.advance(600_000)
    await until(() => [...snapshots.values()].some(({ label }) => label === 'theirs'))
    const gone = bridge.call('deleteVM', { vmUUID: second.uuid })
    const advance = setInterval(() => bridge.simulator.world.clock.advance(60_000), 20)
    t.teardown(() => clearInterval(advance))
    t.match((await gone).body, { state: 'COMPLETE' })
    t.notOk(virDomains.has(second.uuid))
  }
)

t.test('a raw call takes the turn of its VM, whatever of it the call names', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { speed: 0 }, timings: { queueMs: 50 } })
  const { virDomains, snapshots } = bridge.simulator.world.state
  const vm = [...virDomains.values()].find(
    ({ blockDevs, netDevs, snapUUIDs }) =>
      blockDevs.length > 0 && netDevs.length > 0 && snapUUIDs.length > 0
  )
  if (vm === undefined) throw new Error('No simulated VM has a disk, a NIC and a snapshot')
  const { taskTag } = (await bridge.call('exportVM', { vmUUID: vm.uuid, wait: 0 })).body
  const [disk, nic] = [vm.blockDevs[0]?.uuid, vm.netDevs[0]?.uuid]
  const [snapshot] = vm.snapUUIDs
  for (const [method, query, payload] of [
    ['DELETE', `/VirDomainBlockDevice/${disk}`],
    ['DELETE', `/VirDomainNetDevice/${nic}`],
    ['DELETE', `/VirDomainSnapshot/${snapshot}`],
    ['PATCH', `/VirDomainNetDevice/${nic}`, { vlan: 7 }],
    ['POST', '/VirDomainSnapshot', { domainUUID: vm.uuid, label: 'raw' }],
    ['POST', '/VirDomainNetDevice', { virDomainUUID: vm.uuid, type: 'VIRTIO' }],
    ['PATCH', `/VirDomain/${vm.uuid}`, { description: 'raw' }]
  ] as const) {
    const { body } = await bridge.call('run_api', { method, query, ...(payload && { payload }) })
    t.match(body.error, { code: 'VM_BUSY', taskTag }, `${method} ${query}`)
  }
  t.ok(snapshots.has(snapshot ?? ''))
})
