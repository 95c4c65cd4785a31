import t from 'tap'
import type { VirDomain } from '../../src/hypercore/records/records.ts'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'

const plain = { accept: 'text/plain' }

const vmsOf = (bridge: TestBridge): VirDomain[] => [
  ...bridge.simulator.world.state.virDomains.values()
]

const found = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('The simulated cluster has nothing of the kind')
  return value
}

t.test('a VM with all that belongs to it', async (t) => {
  const bridge = await startTestBridge(t)
  const { snapshots, replications, snapshotSchedules } = bridge.simulator.world.state
  const vm = found(vmsOf(bridge).find(({ replicationUUIDs }) => replicationUUIDs.length > 0))
  const { body } = await bridge.call('getVM_details', { vmUUID: vm.uuid })

  for (const [name, value] of Object.entries(vm))
    if (name !== 'latestTaskTag') t.same(body[name], value, `${name} is as the cluster has it`)
  t.same(
    body.newestSnapshots.map(({ uuid }: { uuid: string }) => uuid),
    vm.snapUUIDs.slice(-3).toReversed(),
    'the newest first'
  )
  const newest = found(snapshots.get(found(vm.snapUUIDs.at(-1))))
  t.match(body.newestSnapshots[0], { label: newest.label, type: newest.type, age: /\d+ \w+/ })
  const [replication] = [...replications.values()]
  t.same(body.replications, [
    {
      uuid: replication?.uuid,
      label: replication?.label,
      enable: true,
      percentComplete: replication?.progress.percentComplete
    }
  ])
  t.equal(body.snapshotSchedule, snapshotSchedules.get(vm.snapshotScheduleUUID)?.name ?? '')
  const asked = bridge.simulator.requests.map(({ path }) => path)
  t.notOk(asked.includes('/rest/v1/VirDomainSnapshot'), 'not the list of all snapshots')
})

t.test('a VM as a card', async (t) => {
  const bridge = await startTestBridge(t)
  const vm = found(vmsOf(bridge).find(({ name }) => name === 'web-01'))
  const { text } = await bridge.call('getVM_details', { vmUUID: vm.uuid }, plain)
  const [disk] = vm.blockDevs
  const [nic] = vm.netDevs
  for (const fact of [
    `uuid: ${vm.uuid}\nname: web-01\nstate: RUNNING\nnode: 10.20.0.1`,
    `resources: ${vm.numVCPU} vCPUs, 4 GiB memory, ${vm.machineType}`,
    `  VIRTIO_DISK slot 0 ${disk?.uuid} 40 GiB, 6 GiB used (15 %), mounted /`,
    `  VIRTIO ${nic?.uuid} VLAN 10 MAC ${nic?.macAddress} connected, address ${nic?.ipv4Addresses[0]}`,
    `snapshots: ${vm.snapUUIDs.length}\n  ${vm.snapUUIDs.at(-1)} `,
    'replication: -',
    `guestAgent: ${vm.guestAgentState}`,
    `tags: "${vm.tags}"`,
    `description: "${vm.description}"`
  ])
    t.ok(text.includes(fact), fact)

  const replicated = found(
    vmsOf(bridge).find(({ replicationUUIDs }) => replicationUUIDs.length > 0)
  )
  const source = await bridge.call('getVM_details', { vmUUID: replicated.uuid }, plain)
  t.match(source.text, /^replication: [0-9a-f-]{36} "disaster recovery", on, 100 % sent$/m)
  t.match(source.text, /^schedule: \w/m)

  const replica = found(vmsOf(bridge).find(({ sourceVirDomainUUID }) => sourceVirDomainUUID !== ''))
  const target = await bridge.call('getVM_details', { vmUUID: replica.uuid }, plain)
  t.ok(
    target.text.includes(
      `replication: this is the replica of VM ${replica.sourceVirDomainUUID} of another cluster`
    )
  )

  vm.snapUUIDs = [...vm.snapUUIDs, ...Array.from({ length: 9 }, () => found(vm.snapUUIDs[0]))]
  const many = await bridge.call('getVM_details', { vmUUID: vm.uuid }, plain)
  t.match(many.text, new RegExp(`${vm.snapUUIDs.length - 3} more: vmSnapshots_read`))
})

t.test('what stands out in a VM, and nothing else', async (t) => {
  const bridge = await startTestBridge(t)
  const { snapshots } = bridge.simulator.world.state
  const vm = found(vmsOf(bridge).find(({ name }) => name === 'web-01'))
  const now = Math.floor(Date.now() / 1000)
  const attention = async (): Promise<string[]> =>
    (await bridge.call('getVM_details', { vmUUID: vm.uuid })).body.attention
  const newest = found(snapshots.get(found(vm.snapUUIDs.at(-1))))

  newest.timestamp = now - 3600
  t.same(await attention(), [], 'all is as it should be')
  newest.timestamp = now - 9 * 86400 - 60
  t.same(await attention(), ['no snapshot for 9 days'])
  newest.timestamp = now

  const changes: [Partial<VirDomain>, string[]][] = [
    [{ state: 'CRASHED', uiState: 'CRASHED' }, ['crashed']],
    [{ state: 'PAUSED', uiState: 'PAUSED' }, ['paused', 'is PAUSED, should be RUNNING']],
    [{ uiState: 'MIGRATING' }, ['changing: MIGRATING']],
    [{ state: 'SHUTDOWN', uiState: 'SHUTDOWN' }, ['asked to shut down, not off yet']],
    [{ desiredDisposition: 'SHUTOFF' }, ['asked to shut down, not off yet']],
    [{ uiState: 'STOPPING', desiredDisposition: 'SHUTOFF' }, ['changing: STOPPING']],
    [{ desiredDisposition: 'PAUSED' }, ['is RUNNING, should be PAUSED']],
    [{ guestAgentState: 'UNAVAILABLE' }, ['guest agent does not respond']],
    [{ numVCPU: 0 }, ['has no vCPU and cannot start']],
    [{ snapUUIDs: [] }, ['no snapshot']],
    [
      { netDevs: vm.netDevs.map((device) => ({ ...device, connected: false })) },
      [`network device ${vm.netDevs[0]?.macAddress} is disconnected`]
    ],
    [
      {
        blockDevs: vm.blockDevs.map((device) => ({ ...device, allocation: device.capacity * 0.93 }))
      },
      ['disk VIRTIO_DISK slot 0 is 93 % allocated']
    ],
    [
      {
        latestTaskTag: {
          ...vm.latestTaskTag,
          state: 'ERROR',
          formattedDescription: 'Start Virtual Machine %@',
          descriptionParameters: ['web-01'],
          formattedMessage: 'No room on %@',
          messageParameters: ['10.20.0.11']
        }
      },
      ['last task failed: "Start Virtual Machine web-01": "No room on 10.20.0.11"']
    ]
  ]
  const before = { ...vm }
  for (const [change, expected] of changes) {
    Object.assign(vm, change)
    t.same(await attention(), expected, expected.join())
    Object.assign(vm, before)
  }
})

t.test('statistics in units people use, beside the cluster’s own', async (t) => {
  const bridge = await startTestBridge(t)
  const vm = found(vmsOf(bridge).find(({ name }) => name === 'sql-prod-01'))
  const { body } = await bridge.call('getVM_sysStats', { vmUUID: vm.uuid })
  t.match(body, {
    uuid: vm.uuid,
    vmName: vm.name,
    vmState: 'RUNNING',
    mem: vm.mem,
    memory: '32 GiB',
    memoryNote: /measures no use/,
    numVCPU: vm.numVCPU
  })
  t.equal(body.cpuPercent, Number(body.cpuUsage.toFixed(1)))
  t.equal(body.rxMiBps, Number((body.rxBitRate / 8 / 2 ** 20).toFixed(2)))
  t.equal(body.txMiBps, Number((body.txBitRate / 8 / 2 ** 20).toFixed(2)))
  t.ok(body.disks.length > 1)
  let [reads, time] = [0, 0]
  for (const [i, disk] of body.disks.entries()) {
    const raw = body.vsdStats[i].rates[0]
    const device = vm.blockDevs.find(({ uuid }) => uuid === disk.uuid)
    t.match(disk, { uuid: body.vsdStats[i].uuid, type: device?.type, slot: device?.slot })
    t.equal(disk.readIOPS, Number((raw.millireadsPerSecond / 1000).toFixed(1)))
    t.equal(disk.writeIOPS, Number((raw.milliwritesPerSecond / 1000).toFixed(1)))
    t.equal(disk.readMiBps, Number((raw.readKibibytesPerSecond / 1024).toFixed(2)))
    t.equal(disk.writeMiBps, Number((raw.writeKibibytesPerSecond / 1024).toFixed(2)))
    t.equal(disk.readLatencyMs, Number((raw.meanReadLatencyMicroseconds / 1000).toFixed(2)))
    t.equal(disk.writeLatencyMs, Number((raw.meanWriteLatencyMicroseconds / 1000).toFixed(2)))
    reads += raw.millireadsPerSecond
    time += raw.millireadsPerSecond * raw.meanReadLatencyMicroseconds
  }
  t.equal(body.allDisks.readIOPS, Number((reads / 1000).toFixed(1)))
  t.equal(
    body.allDisks.readLatencyMs,
    Number((time / reads / 1000).toFixed(2)),
    'weighted by reads'
  )

  const { text } = await bridge.call('getVM_sysStats', { vmUUID: vm.uuid }, plain)
  t.match(text, /^cpu: [\d.]+ % \(as the cluster measures it\); 8 vCPUs$/m)
  t.match(text, /^memory: 32 GiB; the cluster measures no use of it$/m)
  t.match(
    text,
    /^ {2}VIRTIO_DISK slot 0 [0-9a-f-]{36}: read [\d.]+ IOPS [\d.]+ MiB\/s [\d.]+ ms, write /m
  )

  const stopped = found(vmsOf(bridge).find(({ state }) => state === 'SHUTOFF'))
  const idle = await bridge.call('getVM_sysStats', { vmUUID: stopped.uuid })
  t.equal(idle.status, 200)
  t.match(idle.body, {
    cpuUsage: 0,
    rxBitRate: 0,
    vmState: 'SHUTOFF',
    allDisks: { readIOPS: 0, readLatencyMs: 0 }
  })
})

t.test(
  'a role that may not read snapshots and replications sees the VM all the same',
  async (t) => {
    const bridge = await startTestBridge(t)
    const { roles, users } = bridge.simulator.world.state
    const vm = found(vmsOf(bridge).find(({ replicationUUIDs }) => replicationUUIDs.length > 0))
    const role = found([...roles.values()].find(({ name }) => name === 'Read'))
    role.permissions = bridge.app.catalog.operations
      .filter(({ entity }) => !/Snapshot|Replication/.test(entity))
      .map(({ operationId = '' }) => ({ functionName: operationId }))
    const admin = found([...users.values()].find(({ username }) => username === 'admin'))
    admin.roleUUIDs = [role.uuid]
    t.equal((await bridge.call('vmSnapshots_read')).status, 403)

    const { status, body } = await bridge.call('getVM_details', { vmUUID: vm.uuid })
    t.equal(status, 200)
    t.match(body, {
      name: vm.name,
      snapUUIDs: vm.snapUUIDs,
      newestSnapshots: [],
      replications: [],
      snapshotSchedule: vm.snapshotScheduleUUID
    })
    t.same(body.attention, [], 'nothing is said of what is not known')
    const { text } = await bridge.call('getVM_details', { vmUUID: vm.uuid }, plain)
    t.match(text, `replication: ${vm.replicationUUIDs.join()}, which the bridge may not read`)
  }
)

t.test('fields alone', async (t) => {
  const bridge = await startTestBridge(t)
  const args = { vmUUID: 'web-01', fields: ['state', 'MEM', 'attention'] }
  const { body } = await bridge.call('getVM_details', args)
  t.same(
    Object.keys(body).toSorted(),
    ['attention', 'mem', 'notes', 'state'].filter((name) => name in body)
  )
  t.equal(body.state, 'RUNNING')
  const asText = await bridge.call('getVM_details', args, plain)
  t.match(asText.text, /^state: RUNNING$/m)
  t.notMatch(asText.text, /blockDevs|snapshots:/)
  const all = ['uuid', 'name', 'blockDevs', 'netDevs', 'newestSnapshots']
  t.equal((await bridge.call('getVM_details', { ...args, fields: all }, plain)).status, 200)
  const wrong = await bridge.call('getVM_details', { ...args, fields: ['sate'] })
  t.match(wrong.body.error, {
    code: 'INVALID_ARGUMENT',
    message: /unknown field "sate"; did you mean state/
  })
})
