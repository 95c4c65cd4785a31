import t from 'tap'
import type {
  ISO,
  Node,
  VirDomain,
  VirDomainBlockDevice
} from '../../../src/hypercore/records/records.ts'
import { vmCluster } from '../../helper/vms.ts'

const GiB = 1024 ** 3
const internal = { status: 500, error: 'An internal error occurred' }

void t.test('create: a stopped VM with its devices, there when the task is complete', async (t) => {
  const { client, simulator } = await vmCluster(t)
  const { taskTag, createdUUID } = await client.post('/VirDomain', {
    dom: {
      name: 'new-01',
      operatingSystem: 'os_other',
      state: 'RUNNING',
      mem: 512100100,
      numVCPU: 2,
      tags: 'a,b',
      blockDevs: [
        { type: 'VIRTIO_DISK', capacity: 10 * GiB, cacheMode: 'WRITEBACK' },
        { type: 'VIRTIO_DISK', capacity: GiB, slot: 5 },
        { type: 'IDE_CDROM', capacity: 0 },
        { type: 'NVRAM', capacity: 1 }
      ],
      netDevs: [{ type: 'VIRTIO', vlan: 10 }, { macAddress: 'aa:bb:cc:dd:ee:ff' }],
      cloudInitData: { userData: 'I2Nsb3VkLWNvbmZpZwo=' }
    },
    options: { machineTypeKeyword: 'uefi' }
  })
  t.strictSame(await client.get(`/VirDomain/${createdUUID}`), [], 'not there before the task ends')
  const task = await client.task(taskTag)
  t.match(task, { state: 'COMPLETE', objectUUID: createdUUID, descriptionParameters: ['new-01'] })

  const vm = await client.one<VirDomain>(`/VirDomain/${createdUUID}`)
  t.match(vm, {
    state: 'SHUTOFF',
    nodeUUID: '',
    mem: 512100100,
    numVCPU: 2,
    tags: 'a,b',
    machineType: 'scale-uefi-9.3',
    machineTypeKeyword: 'uefi',
    latestTaskTag: { taskTag, state: 'COMPLETE', progressPercent: 100 }
  })
  t.strictSame(
    vm.blockDevs.map(({ type, slot, capacity }) => [type, slot, capacity]),
    [
      ['VIRTIO_DISK', 0, 10 * GiB],
      ['VIRTIO_DISK', 5, GiB],
      ['IDE_CDROM', 0, 0],
      ['NVRAM', -1, 540672],
      ['IDE_CDROM', 1, vm.blockDevs[4]?.capacity]
    ]
  )
  t.equal(vm.blockDevs[0]?.path, `scribe/${vm.blockDevs[0]?.uuid}`)
  t.match(vm.blockDevs[4]?.name, /^cloud-init-[0-9a-f]{8}\.iso$/)
  const medium = (await client.get<ISO>('/ISO')).find((iso) => iso.path === vm.blockDevs[4]?.path)
  t.strictSame(medium?.mounts, [{ vmUUID: createdUUID, vmName: 'new-01' }])
  t.match(vm.netDevs, [{ vlan: 10 }, { macAddress: 'aa:bb:cc:dd:ee:ff', vlan: 0, connected: true }])
  t.match(vm.netDevs[0]?.macAddress, /^([0-9A-F]{2}:){5}[0-9A-F]{2}$/)
  t.ok(simulator.world.state.guests.has(createdUUID))
})

void t.test(
  'create: the guest tools for a known system, refusals leave nothing behind',
  async (t) => {
    const { client, failed, refused } = await vmCluster(t)
    const create = (dom: object, options = {}): Promise<string> =>
      client.done(client.post('/VirDomain', { dom, options }))
    const media = async (uuid: string): Promise<string[]> =>
      (await client.one<VirDomain>(`/VirDomain/${uuid}`)).blockDevs.map((device) => device.name)
    const windows = { operatingSystem: 'os_windows_server_2022' }
    t.strictSame(await media(await create(windows)), ['scale-guest-tools.iso'])
    t.strictSame(await media(await create(windows, { attachGuestToolsISO: false })), [])
    t.strictSame(await media(await create({ name: 'plain' })), [])

    const before = (await client.get('/VirDomain')).length
    const disk = { type: 'VIRTIO_DISK', capacity: GiB, slot: 0 }
    const task = await failed(
      client.post('/VirDomain', { dom: { blockDevs: [disk, disk] }, options: {} })
    )
    t.match(task.formattedMessage, /slot %@ is in use/)
    t.match(await refused('POST', '/VirDomain', { dom: { machineType: 'scale-0' }, options: {} }), {
      status: 400
    })
    t.equal((await client.get('/VirDomain')).length, before)
  }
)

void t.test('what changes while the VM runs is for its next start', async (t) => {
  const { client, vm, act } = await vmCluster(t)
  const { uuid, nodeUUID, mem } = await vm('web-01')
  const memoryInUse = async (): Promise<number> =>
    (await client.one<Node>(`/Node/${nodeUUID}`)).totalMemUsageBytes
  const before = await memoryInUse()
  const staged = { mem: mem + GiB, numVCPU: 4, machineType: 'scale-bios-lsi-9.2' }
  for (const [field, value] of Object.entries(staged))
    await client.done(client.patch(`/VirDomain/${uuid}`, { [field]: value }))
  t.match(await vm('web-01'), { state: 'RUNNING', ...staged }, 'the record shows it')
  t.equal(await memoryInUse(), before, 'the guest does not have it')

  await client.task((await act('web-01', 'REBOOT')).taskTag)
  t.equal(await memoryInUse(), before, 'a reboot is no start')
  await client.task((await act('web-01', 'STOP')).taskTag)
  await client.task((await act('web-01', 'START', nodeUUID)).taskTag)
  t.match(await vm('web-01'), { state: 'RUNNING', nodeUUID, ...staged })
  t.equal(await memoryInUse(), before + GiB, 'it came with the start')
})

void t.test('update: PATCH and POST with parts of a record', async (t) => {
  const { client, vm, failed, refused } = await vmCluster(t)
  const { uuid } = await vm('web-01')
  const path = `/VirDomain/${uuid}`
  const node = (await client.get<{ uuid: string }>('/Node'))[1]?.uuid ?? ''

  await client.done(client.patch(path, { description: 'changed', tags: 'x' }))
  await client.done(client.post(path, { name: 'web-renamed' }))
  await client.done(client.patch(path, { affinityStrategy: { preferredNodeUUID: node } }))
  const empty = await client.patch(path, {})
  t.not(empty.taskTag, '', 'an empty PATCH is accepted')
  await client.task(empty.taskTag)
  t.match(await vm('web-renamed'), {
    uuid,
    description: 'changed',
    tags: 'x',
    affinityStrategy: { strictAffinity: false, preferredNodeUUID: node, backupNodeUUID: '' }
  })

  await failed(client.patch(path, { bootDevices: ['00000000-0000-4000-8000-000000000000'] }))
  await failed(client.patch(path, { snapshotScheduleUUID: 'nope' }))
  t.match(await vm('web-renamed'), { description: 'changed', mem: 4 * GiB, numVCPU: 2 })

  const stopped = `/VirDomain/${(await vm('test-web-01')).uuid}`
  const disks = (await vm('test-web-01')).blockDevs.map((device) => device.uuid)
  await client.done(
    client.patch(stopped, {
      mem: 8 * GiB,
      numVCPU: 0,
      machineType: 'scale-8.10',
      bootDevices: disks
    })
  )
  t.match(await vm('test-web-01'), {
    mem: 8 * GiB,
    numVCPU: 0,
    machineTypeKeyword: 'uefi',
    bootDevices: disks
  })
  const iso = (await client.get<ISO>('/ISO')).find((one) => one.mounts.length > 1)
  await client.done(client.patch(stopped, { name: 'test-renamed' }))
  const mounts = (await client.one<ISO>(`/ISO/${iso?.uuid}`)).mounts.map((mount) => mount.vmName)
  t.ok(mounts.includes('test-renamed'), 'ISOs know the new name')

  t.match(await refused('PATCH', path, { machineTypeKeyword: 'bios' }), { status: 400 })
  t.match(await refused('PATCH', path, { uuid }), { status: 400 })
  t.strictSame(await refused('PATCH', '/VirDomain/unknown', {}), internal)
})

void t.test('delete: not while it runs; disks, snapshots and mounts go with it', async (t) => {
  const { client, vm, act, failed, refused } = await vmCluster(t)
  const { uuid, blockDevs, snapUUIDs } = await vm('web-02')
  t.ok(snapUUIDs.length > 0)
  const task = await failed(client.delete(`/VirDomain/${uuid}`))
  t.match(task, { formattedMessage: "Unable to delete VM '%@': it is running" })
  t.equal((await vm('web-02')).state, 'RUNNING')

  await client.task((await act('web-02', 'STOP')).taskTag)
  await client.done(client.delete(`/VirDomain/${uuid}`))
  t.strictSame(await client.get(`/VirDomain/${uuid}`), [])
  const disk = blockDevs[0]?.uuid ?? ''
  t.strictSame(await client.get<VirDomainBlockDevice>(`/VirDomainBlockDevice/${disk}`), [])
  t.strictSame(await client.get(`/VirDomainSnapshot/${snapUUIDs[0]}`), [])
  const mounts = (await client.get<ISO>('/ISO')).flatMap((iso) => iso.mounts)
  t.notOk(mounts.some((mount) => mount.vmUUID === uuid))
  t.strictSame(await refused('DELETE', `/VirDomain/${uuid}`), internal)
})

void t.test('overlapping writes queue, or fail if the cluster is set to', async (t) => {
  const queueing = await vmCluster(t)
  const { uuid } = await queueing.vm('web-01')
  const write = (label: string): Promise<{ taskTag: string }> =>
    queueing.client.patch(`/VirDomain/${uuid}`, { description: label })
  const [first, second] = [await write('one'), await write('two')]
  t.match(await queueing.client.one(`/TaskTag/${second.taskTag}`), { state: 'QUEUED' })
  await queueing.client.task(first.taskTag)
  await queueing.client.task(second.taskTag)
  t.equal((await queueing.vm('web-01')).description, 'two')

  const failing = await vmCluster(t, { overlappingWrites: 'fail' })
  const path = `/VirDomain/${(await failing.vm('web-01')).uuid}`
  const { taskTag } = await failing.client.patch(path, { description: 'one' })
  t.strictSame(await failing.refused('PATCH', path, { description: 'two' }), internal)
  await failing.client.task(taskTag)
  await failing.client.done(failing.client.patch(path, { description: 'three' }))
})

void t.test('refusals of the hypervisor over HTTP, if the cluster is set to', async (t) => {
  const { client, vm, refused } = await vmCluster(t, { hypervisorRefusals: 'http' })
  const { uuid } = await vm('web-01')
  const before = (await client.get('/TaskTag')).length
  t.strictSame(await refused('DELETE', `/VirDomain/${uuid}`), {
    status: 500,
    error: "Unable to delete VM 'web-01': it is running"
  })
  t.match(await refused('PATCH', `/VirDomain/${uuid}`, { snapshotScheduleUUID: 'nope' }), {
    status: 500
  })
  t.equal((await client.get('/TaskTag')).length, before, 'no task was started')
})
