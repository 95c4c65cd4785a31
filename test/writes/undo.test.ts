import t, { type Test } from 'tap'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { vmNamed } from '../helper/hardware.ts'
import { offWithSnapshot } from '../tools.ts'

const start = (t: Test): Promise<TestBridge> =>
  startTestBridge(t, { simulator: { nodes: 2, speed: 300 }, config: { maxTargets: 100 } })

t.test('what is left after undo is reported for all that can be created', async (t) => {
  const bridge = await start(t)
  const schedule = { name: 'planned', every: 'day', keepDays: 7, vms: ['app-01'] }
  const steps = [
    { tool: 'snapshotSchedule_create', args: schedule },
    { tool: 'addDisk', args: { vm: 'app-01', sizeGiB: 1 } },
    { tool: 'changeVM_state', args: { vm: 'app-01', actionType: 'SHUTDOWN' } },
    { tool: 'addNIC', args: { vm: 'app-01', vlan: 20 } },
    { tool: 'replicate', args: { vm: 'app-01' } },
    { tool: 'snapshotVM', args: { vm: 'app-01', label: 'gone by then' } }
  ]
  const { body } = await bridge.call('plan', { steps, wait: 120 })
  t.match(body, { state: 'COMPLETE' })
  await bridge.call('delete_snapshotVM', { snapUUID: 'gone by then', vmUUID: 'app-01' })
  const { body: undone } = await bridge.call('undo', { sequence: body.sequence, wait: 120 })
  t.match(undone, { state: 'COMPLETE' })
  for (const told of [
    /VirDomainSnapshotSchedule "planned": run_api with DELETE \/VirDomainSnapshotSchedule\/\S+ deletes it/,
    /disk \S+ of VM "app-01": removeDisk with vmUUID \S+ and disk \S+ deletes it and its data/,
    /NIC \S+ of VM "app-01": removeNIC with vmUUID \S+ and nic \S+ removes it/,
    /the replication of VM "app-01": replicate with vmUUID \S+ and enable false switches it off/
  ])
    t.match(undone.message, told)
  t.notMatch(undone.message, /gone by then/)
})

t.test('what does not stop a tool does not stop a plan either', async (t) => {
  const bridge = await start(t)
  const vm = bridge.simulator.world.state.virDomains.get(offWithSnapshot(bridge))
  const name = String(vm?.name)
  bridge.simulator.faults.add({
    kind: 'fail-task',
    path: '/VirDomainNetDevice',
    times: 1,
    message: 'address taken'
  })
  const restore = { vm: name, snapshot: 'newest', keepMAC: true, startAfter: true }
  const steps = [{ tool: 'restoreVM', args: restore }]
  const { body } = await bridge.call('plan', { steps, wait: 120 })
  t.match(body, {
    state: 'COMPLETE',
    message:
      /^NOT all of it was done\. Carried out the plan of 1 step\. But it could not 1\. set NIC 1 of VM .*address taken/
  })
  t.equal(vmNamed(bridge, name)?.state, 'RUNNING')
})
