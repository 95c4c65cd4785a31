import t from 'tap'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'

const gibibyte = 1024 ** 3

const stored = ({ simulator }: TestBridge, uuid: string) =>
  simulator.world.state.virDomains.get(uuid)

t.test('a VM is created, changed and deleted', async (t) => {
  const bridge = await startTestBridge(t)
  const iso = [...bridge.simulator.world.state.isos.values()].find((each) => each.readyForInsert)

  const made = await bridge.call('createVM', {
    name: 'new-01',
    numVCPU: 4,
    mem: 8 * gibibyte,
    disks: [{ capacity: 40 * gibibyte }, { capacity: 10 * gibibyte, type: 'IDE_DISK' }],
    nics: [{ vlan: 10 }, {}],
    isoUUID: iso?.uuid,
    tags: 'test,new',
    description: 'made by a test',
    cloudInitUserData: '#cloud-config\nhostname: new-01\n'
  })
  t.equal(made.status, 200)
  t.match(made.body, { state: 'COMPLETE', vmName: 'new-01', taskTag: /^\d+$/ })
  t.match(made.body.message, 'with 8 GiB of memory, disks 40 GiB, 10 GiB: uuid')
  const vmUUID = made.body.createdUUID
  const smaller = await bridge.call('updateVM', { vmUUID, mem: 2 * gibibyte, numVCPU: 4 })
  t.equal(smaller.body.message, 'Changed VM "new-01": mem 8 GiB → 2 GiB, numVCPU is 4 already')
  t.equal((await bridge.call('updateVM', { vmUUID, mem: 8 * gibibyte })).status, 200)
  const vm = stored(bridge, vmUUID)
  t.match(vm, { name: 'new-01', numVCPU: 4, mem: 8 * gibibyte, state: 'SHUTOFF', tags: 'test,new' })
  t.equal(vm?.blockDevs.filter(({ type }) => type === 'VIRTIO_DISK').length, 1)
  t.equal(vm?.blockDevs.filter(({ type }) => type === 'IDE_DISK').length, 1)
  t.ok(vm?.blockDevs.some(({ type, path }) => type === 'IDE_CDROM' && path === iso?.path))
  t.same(
    vm?.netDevs.map(({ vlan }) => vlan),
    [10, 0]
  )
  t.match(Buffer.from(vm?.cloudInitData.userData ?? '', 'base64').toString(), /hostname: new-01/)

  const boot = vm?.blockDevs[0]?.uuid
  const node = [...bridge.simulator.world.state.nodes.keys()][1]
  const changed = await bridge.call('updateVM', {
    vmUUID,
    name: 'new-02',
    mem: 4 * gibibyte,
    tags: '',
    bootDevices: [boot],
    preferredNodeUUID: node
  })
  t.match(changed.body, { state: 'COMPLETE', vmName: 'new-02' })
  t.match(stored(bridge, vmUUID), {
    name: 'new-02',
    mem: 4 * gibibyte,
    numVCPU: 4,
    tags: '',
    bootDevices: [boot],
    affinityStrategy: { strictAffinity: false, preferredNodeUUID: node, backupNodeUUID: '' }
  })

  const deleted = await bridge.call('deleteVM', { vmUUID })
  t.match(deleted.body, { state: 'COMPLETE', vmName: 'new-02' })
  t.equal(stored(bridge, vmUUID), undefined)
  t.match((await bridge.call('deleteVM', { vmUUID })).body, {
    state: 'COMPLETE',
    message:
      /^The same call was sent \d+ s ago and is not repeated: Deleted VM "new-02" with 2 disks \(50 GiB\) and no snapshot/
  })
  t.equal((await bridge.call('deleteVM', { vmUUID, again: true })).status, 404)
})

t.test('firmware that needs its own disks gets them', async (t) => {
  const bridge = await startTestBridge(t)
  const types = async (machineTypeKeyword: string): Promise<string[]> => {
    const { body } = await bridge.call('createVM', { name: machineTypeKeyword, machineTypeKeyword })
    const vm = stored(bridge, body.createdUUID)
    t.equal(vm?.machineTypeKeyword, machineTypeKeyword)
    return vm?.blockDevs.map(({ type }) => type) ?? []
  }
  t.same(await types('bios'), [])
  t.same(await types('uefi'), ['NVRAM'])
  t.same(await types('tpm'), ['NVRAM', 'VTPM'])
})

t.test('memory, CPUs and machine type of a running VM wait for its next start', async (t) => {
  const bridge = await startTestBridge(t)
  const { virDomains, guests } = bridge.simulator.world.state
  const vm = [...virDomains.values()].find(({ name }) => name === 'web-01')
  if (vm === undefined) throw new Error('web-01 is not there')
  const update = async (args: object) =>
    (await bridge.call('updateVM', { vmUUID: vm.uuid, ...args })).body
  const how =
    'as it is RUNNING: SHUTDOWN, then START with changeVM_state; a restart inside the guest is not enough'
  t.match(await update({ mem: 8 * gibibyte, numVCPU: 4, tags: 'x' }), {
    state: 'COMPLETE',
    message: `Changed VM "web-01": mem 4 GiB → 8 GiB, numVCPU 2 → 4, tags "prod,web" → "x" (removed "prod", "web"). mem, numVCPU wait for its next start, ${how}`
  })
  t.match(vm, { mem: 8 * gibibyte, numVCPU: 4, state: 'RUNNING' })
  t.match(guests.get(vm.uuid)?.runsWith, { mem: 4 * gibibyte, numVCPU: 2 })
  t.match((await update({ machineType: 'scale-bios-lsi-9.2' })).message, / machineType waits for /)
  const same = await update({ mem: 8 * gibibyte, description: 'y' })
  t.notMatch(same.message, 'next start', 'nothing that waits was changed')

  for (const actionType of ['SHUTDOWN', 'START'])
    await bridge.call('changeVM_state', { vmUUID: vm.uuid, actionType, wait: 45 })
  t.match(guests.get(vm.uuid)?.runsWith, { mem: 8 * gibibyte, numVCPU: 4 })
  const stopped = [...virDomains.values()].find(({ state }) => state === 'SHUTOFF')
  const off = await bridge.call('updateVM', { vmUUID: stopped?.uuid, numVCPU: 3 })
  t.notMatch(off.body.message, 'next start')
})

t.test('what cannot be made or changed', async (t) => {
  const bridge = await startTestBridge(t)
  const { virDomains, isos } = bridge.simulator.world.state
  const running = [...virDomains.values()].find(({ state }) => state === 'RUNNING')
  const notReady = [...isos.values()].find((iso) => !iso.readyForInsert)
  const count = virDomains.size
  const call = async (tool: string, args: object) => {
    const { status, body } = await bridge.call(tool, args)
    return { status, ...body.error }
  }
  const rows: [string, object, number, RegExp][] = [
    ['createVM', {}, 400, /name is required/],
    ['createVM', { name: '' }, 400, /name must not be (empty|blank)/],
    ['createVM', { name: '  ' }, 400, /name must not be blank/],
    [
      'createVM',
      { name: 'x', mem: 4096 },
      400,
      /mem must be >= 67108864; got 4096 \(bytes, .*; 4096 MiB is 4294967296; 4096 GiB is 4398046511104\)/
    ],
    ['createVM', { name: 'x', mem: 4 }, 400, /got 4 \(.*; 4 GiB is 4294967296; 4 TiB is /],
    [
      'createVM',
      { name: 'x', mem: '4 apples' },
      400,
      /mem must be an integer; got string "4 apples"/
    ],
    [
      'createVM',
      { name: 'x', mem: 4_000_000_000 },
      400,
      /mem must be whole MiB, such as 3999268864 \(3814 MiB\) or 4000317440 \(3815 MiB\); got 4000000000/
    ],
    [
      'createVM',
      { name: 'x', mem: '8000 GB' },
      400,
      /mem 8589934592000 is 7.81 TiB, more than any node has: 128 GiB on 10\.20/
    ],
    ['updateVM', { vmUUID: 'web-01', mem: '1 PiB' }, 400, /more than any node has/],
    ['createVM', { name: 'x', disks: [{}] }, 400, /disks\[0\]\.capacity is required/],
    [
      'createVM',
      { name: 'x', disks: [{ capacity: 2 ** 30, size: 1 }] },
      400,
      /unknown argument disks\[0\]\.size/
    ],
    ['createVM', { name: 'x', nics: [{ vlan: 5000 }] }, 400, /nics\[0\]\.vlan must be <= 4094/],
    [
      'createVM',
      { name: 'x', isoUUID: '00000000-0000-4000-8000-000000000000' },
      404,
      /iso_read lists them/
    ],
    ['createVM', { name: 'x', isoUUID: notReady?.uuid }, 409, /not ready to be inserted/],
    ['updateVM', { vmUUID: running?.uuid }, 400, /Nothing to change/],
    ['updateVM', { vmUUID: running?.uuid, wait: 1 }, 400, /Nothing to change/],
    ['updateVM', { vmUUID: '00000000-0000-4000-8000-000000000000', name: 'x' }, 404, /fetch_vm/],
    [
      'deleteVM',
      { vmUUID: running?.uuid },
      409,
      /only when it is off: call changeVM_state with SHUTDOWN first/
    ]
  ]
  for (const [tool, args, status, message] of rows)
    t.match(await call(tool, args), { status, message }, `${tool} ${JSON.stringify(args)}`)
  t.equal(virDomains.size, count)
  t.notOk(
    bridge.simulator.requests.some(
      ({ method, path }) => method !== 'GET' && !path.endsWith('/login')
    ),
    'no write was sent'
  )
})

t.test('changes a running VM takes', async (t) => {
  const bridge = await startTestBridge(t)
  const { virDomains, snapshotSchedules } = bridge.simulator.world.state
  const vm = [...virDomains.values()].find(({ state }) => state === 'RUNNING')
  const [schedule] = snapshotSchedules.keys()
  const { body } = await bridge.call('updateVM', {
    vmUUID: vm?.uuid,
    description: 'changed',
    snapshotScheduleUUID: schedule
  })
  t.equal(body.state, 'COMPLETE')
  t.match(vm, { description: 'changed', snapshotScheduleUUID: schedule })
  await bridge.call('updateVM', { vmUUID: vm?.uuid, snapshotScheduleUUID: '' })
  t.equal(vm?.snapshotScheduleUUID, '', 'empty text detaches it')
})
