import t from 'tap'
import { Clock } from '../../../src/simulator/clock.ts'
import { createInventory } from '../../../src/simulator/inventory/create-inventory.ts'
import { defaultSimulatorOptions } from '../../../src/simulator/options.ts'
import { Random } from '../../../src/simulator/random.ts'
import type { ClusterState } from '../../../src/simulator/state.ts'
import { Tasks } from '../../../src/simulator/tasks.ts'
import { isActive } from '../../../src/simulator/vms/placement.ts'
import { PlainClient, simulatorFor } from '../../helper/simulator.ts'

function inventory(vms: number, seed = 1, nodes = 3): { state: ClusterState; tasks: Tasks } {
  const clock = new Clock(1)
  const tasks = new Tasks(clock, 3600)
  const options = { ...defaultSimulatorOptions, vms, seed, nodes }
  return { state: createInventory(options, new Random(seed), clock, tasks), tasks }
}

const text = (state: ClusterState): string =>
  JSON.stringify(
    Object.values(state).map((part: unknown) => (part instanceof Map ? [...part] : part))
  )

void t.test('one seed is one cluster, another seed another', async (t) => {
  t.equal(text(inventory(24).state), text(inventory(24).state))
  t.not(text(inventory(24).state), text(inventory(24, 2).state))

  const lists = ['/VirDomain', '/VirDomainSnapshot', '/ISO', '/VirtualDisk', '/User', '/TaskTag']
  const answers: string[][] = []
  for (let start = 0; start < 2; start++) {
    const client = new PlainClient((await simulatorFor(t)).urls[0] ?? '')
    const texts = lists.map(async (path) => (await client.raw('GET', path)).text)
    answers.push(await Promise.all(texts))
  }
  t.strictSame(answers[0], answers[1], 'byte for byte over HTTPS')
})

void t.test('any number of VMs, each with a name and uuids of its own', async (t) => {
  for (const count of [0, 1, 24, 2000]) {
    const { state } = inventory(count)
    const vms = [...state.virDomains.values()]
    t.equal(new Set(vms.map((vm) => vm.name)).size, count)
    const devices = vms.flatMap((vm) => [...vm.blockDevs, ...vm.netDevs])
    t.equal(new Set(devices.map((device) => device.uuid)).size, devices.length)
    const macs = vms.flatMap((vm) => vm.netDevs).map((device) => device.macAddress)
    t.equal(new Set(macs).size, macs.length)
  }
})

void t.test('VMs stand as their state says, within the memory of their nodes', async (t) => {
  for (const count of [24, 1000]) {
    const { state } = inventory(count)
    const used = new Map<string, number>()
    for (const vm of state.virDomains.values()) {
      t.equal(vm.uiState, vm.state)
      t.equal(vm.nodeUUID !== '', isActive(vm), `${vm.name} has a node if it is active`)
      t.equal(vm.console.port > 0, isActive(vm))
      if (!isActive(vm)) t.equal(vm.netDevs[0]?.ipv4Addresses.length, 0)
      used.set(vm.nodeUUID, (used.get(vm.nodeUUID) ?? 0) + vm.mem)
    }
    t.equal(used.size, state.nodes.size + 1, 'spread over all nodes')
    for (const node of state.nodes.values())
      t.ok((used.get(node.uuid) ?? 0) <= node.memSize - node.systemMemUsageBytes)
  }
})

void t.test('the default cluster has something of everything', async (t) => {
  const { state, tasks } = inventory(24)
  const vms = [...state.virDomains.values()]
  const count = (wanted: string): number => vms.filter((vm) => vm.state === wanted).length
  t.ok(count('RUNNING') > 10 && count('SHUTOFF') > 2 && count('PAUSED') > 0)
  t.equal(count('CRASHED'), 1)

  const deaf = vms.filter((vm) => state.guests.get(vm.uuid)?.ignoresAcpi === true)
  t.strictSame(
    deaf.map((vm) => [vm.name, vm.state, vm.tags.includes('ignores-acpi')]),
    [['legacy-erp-01', 'RUNNING', true]]
  )

  const snapshots = [...state.snapshots.values()]
  t.ok(snapshots.some((one) => one.type === 'USER' && one.label !== ''))
  t.ok(snapshots.some((one) => one.type === 'AUTOMATED' && one.localRetainUntilTimestamp > 0))
  for (const snapshot of snapshots) {
    const vm = state.virDomains.get(snapshot.domainUUID)
    t.ok(vm?.snapUUIDs.includes(snapshot.uuid), 'on the list of its VM')
    t.equal(snapshot.domain.name, vm?.name, 'with a copy of its VM')
    t.ok(snapshot.deviceSnapshots.length > 0)
  }
  for (const vm of vms) {
    const times = vm.snapUUIDs.map((uuid) => state.snapshots.get(uuid)?.timestamp ?? 0)
    t.strictSame(
      times,
      times.toSorted((a, b) => a - b),
      'oldest first'
    )
  }

  const isos = [...state.isos.values()]
  t.ok(isos.some((iso) => iso.mounts.length > 0) && isos.some((iso) => !iso.readyForInsert))
  for (const { vmUUID, vmName } of isos.flatMap((iso) => iso.mounts))
    t.equal(state.virDomains.get(vmUUID)?.name, vmName)

  t.equal(state.replications.size, 1)
  t.equal(vms.filter((vm) => vm.replicationUUIDs.length > 0).length, 1)
  t.equal(vms.filter((vm) => vm.sourceVirDomainUUID !== '').length, 1)
  t.ok(vms.some((vm) => state.snapshotSchedules.has(vm.snapshotScheduleUUID)))

  t.ok(state.conditions.length >= 250)
  const active = state.conditions.filter((condition) => condition.value).length
  t.ok(active >= 3 && active <= 8, 'few conditions are set')
  t.equal(tasks.list().filter((task) => task.state === 'ERROR').length, 1)
  t.equal(state.updates.length, 1)
  t.equal(state.settings.get('AlertEmailTarget')?.has('default-target'), true)
  t.equal(state.settings.get('OIDCConfig')?.size, 0)
})

void t.test(
  'users: the administrator of the options, one with read access, one for backups',
  async (t) => {
    const simulator = await simulatorFor(t, { user: 'root', password: 'pw' })
    const url = simulator.urls[0] ?? ''
    const admin = new PlainClient(url, 'root', 'pw')
    const users = await admin.get('/User')
    t.strictSame(
      users.map((user) => user.username),
      ['root', 'operator', 'backup']
    )
    const operator = new PlainClient(url, 'operator')
    t.ok((await operator.get('/VirDomain')).length > 0)
    const refused = await operator.raw('POST', '/VirDomain/action', { body: [] })
    t.equal(refused.status, 403)
  }
)
