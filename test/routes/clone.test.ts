import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'

t.test('a VM is cloned', async (t) => {
  const bridge = await startTestBridge(t)
  const { virDomains, snapshots } = bridge.simulator.world.state
  const vm = [...virDomains.values()].find(
    ({ state, netDevs, tags, sourceVirDomainUUID }) =>
      state === 'RUNNING' && netDevs.length > 0 && tags !== '' && sourceVirDomainUUID === ''
  )

  const cloned = await bridge.call('cloneVM', { vmUUID: vm?.uuid })
  t.match(cloned.body, { state: 'COMPLETE', vmName: `${vm?.name}-clone` })
  const copy = virDomains.get(cloned.body.createdUUID)
  t.match(copy, { name: `${vm?.name}-clone`, state: 'SHUTOFF', tags: vm?.tags, mem: vm?.mem })
  t.not(copy?.netDevs[0]?.macAddress, vm?.netDevs[0]?.macAddress)
  t.notSame(copy?.blockDevs[0]?.uuid, vm?.blockDevs[0]?.uuid)

  const snapshot = [...snapshots.values()].find(
    ({ domainUUID, unavailable }) => domainUUID !== vm?.uuid && !unavailable
  )
  const source = snapshot?.domainUUID
  const named = await bridge.call('cloneVM', {
    vmUUID: source,
    name: 'restored-01',
    snapUUID: snapshot?.uuid
  })
  t.match(named.body, { state: 'COMPLETE', vmName: 'restored-01' })
  t.equal(virDomains.get(named.body.createdUUID)?.name, 'restored-01')

  const foreign = await bridge.call('cloneVM', { vmUUID: vm?.uuid, snapUUID: snapshot?.uuid })
  t.equal(foreign.status, 400)
  t.match(foreign.body.error.message, /is a snapshot of VM .* not of/)
})

t.test('a replication target is cloned from its newest snapshot', async (t) => {
  const bridge = await startTestBridge(t)
  const { virDomains } = bridge.simulator.world.state
  const target = [...virDomains.values()].find(
    ({ sourceVirDomainUUID }) => sourceVirDomainUUID !== ''
  )
  t.ok(target, 'the inventory has one')
  const { status, body } = await bridge.call('cloneVM', { vmUUID: target?.uuid, name: 'dr-test' })
  t.equal(status, 200)
  t.equal(body.state, 'COMPLETE')
  t.ok(virDomains.has(body.createdUUID))
})

t.test('what cannot be cloned', async (t) => {
  const bridge = await startTestBridge(t)
  const [vmUUID] = bridge.simulator.world.state.virDomains.keys()
  const unknown = '00000000-0000-4000-8000-000000000000'
  t.equal((await bridge.call('cloneVM', { vmUUID: unknown })).status, 404)
  const { status, body } = await bridge.call('cloneVM', { vmUUID, snapUUID: unknown })
  t.equal(status, 404)
  t.match(body.error.message, /vmSnapshots_read/)
})
