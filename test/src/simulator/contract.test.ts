import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import type {
  ISO,
  TaskTagStatus,
  VirDomain,
  VirDomainBlockDevice,
  VirtualDisk
} from '../../../src/hypercore/records/records.ts'
import type { SimulatorOptions } from '../../../src/simulator/options.ts'
import type { Simulator } from '../../../src/simulator/simulator.ts'
import { clientOf, PlainClient, simulatorFor } from '../../helper/simulator.ts'

/*
 * What clients of real clusters depend on, point by point. Played with node:https alone, so that
 * nothing of the bridge's own client can hide a fault of the simulator.
 */

async function start(
  t: Test,
  options: Partial<SimulatorOptions> = {}
): Promise<{ simulator: Simulator; client: PlainClient }> {
  const simulator = await simulatorFor(t, { speed: 0, ...options })
  return { simulator, client: clientOf(simulator) }
}

const createVM = (client: PlainClient, dom: Record<string, unknown>): Promise<string> =>
  client.done(client.post('/VirDomain', { dom, options: { attachGuestToolsISO: false } }))

const vmOf = (client: PlainClient, uuid: string): Promise<VirDomain> =>
  client.one<VirDomain>(`/VirDomain/${uuid}`)

const act = (
  client: PlainClient,
  virDomainUUID: string,
  actionType: string,
  nodeUUID?: string
): ReturnType<PlainClient['post']> =>
  client.post('/VirDomain/action', [
    { virDomainUUID, actionType, ...(nodeUUID === undefined ? {} : { nodeUUID }) }
  ])

/** A VM of the inventory that runs and whose guest answers ACPI. */
async function runningVM({ world }: Simulator, client: PlainClient): Promise<VirDomain> {
  const vms = await client.get<VirDomain>('/VirDomain')
  const vm = vms.find(
    ({ uuid, state, tags }) =>
      state === 'RUNNING' && tags !== '' && world.state.guests.get(uuid)?.ignoresAcpi === false
  )
  if (vm === undefined) throw new Error('No running VM')
  return vm
}

t.test('1: a session from the login body, as a Cookie header and nothing else', async (t) => {
  const { simulator, client } = await start(t)
  const login = await client
    .as({})
    .raw('POST', '/login', { body: { username: 'admin', password: 'admin', useOIDC: false } })
  const { sessionID } = JSON.parse(login.text) as { sessionID: string }
  t.match(sessionID, /^[0-9a-f-]{36}$/)
  t.same(login.headers['set-cookie'], [`sessionID=${sessionID}; Path=/`])
  const session = client.as({ Cookie: `sessionID=${sessionID}` })
  t.equal((await session.get('/Node')).length, 3)
  t.equal(simulator.requests.at(-1)?.path, '/rest/v1/Node')
})

t.test('2: Basic authentication on any path, without a login first', async (t) => {
  const { simulator, client } = await start(t)
  t.equal((await client.raw('GET', '/ping')).text, '{"status":"Active"}')
  t.equal((await client.get('/Cluster')).length, 1)
  t.equal(simulator.requests.filter(({ path }) => path.endsWith('/login')).length, 0)
})

t.test('3: every read is an array, of one for one record, empty for an unknown one', async (t) => {
  const { client } = await start(t)
  for (const entity of ['VirDomain', 'Node', 'User', 'ISO', 'VirDomainSnapshot', 'TimeSource']) {
    const [first] = await client.get<{ uuid: string }>(`/${entity}`)
    t.same((await client.get<{ uuid: string }>(`/${entity}/${first?.uuid}`)).length, 1, entity)
    t.same(await client.get(`/${entity}/${randomUUID()}`), [], entity)
  }
  t.same(await client.get('/TaskTag/987654321'), [])
  const [task] = await client.get<TaskTagStatus>('/TaskTag')
  t.equal((await client.get(`/TaskTag/${task?.taskTag}`)).length, 1)
})

t.test('4: every write answers taskTag and createdUUID, except the data of an ISO', async (t) => {
  const { client } = await start(t)
  const created = await client.post('/ISO', { name: 'a.iso', size: 4, readyForInsert: false })
  t.same(Object.keys(created).toSorted(), ['createdUUID', 'taskTag'])
  await client.task(created.taskTag)
  const upload = await client.raw('PUT', `/ISO/${created.createdUUID}/data`, {
    text: 'data',
    headers: { 'Content-Type': 'application/octet-stream' }
  })
  t.equal(upload.status, 200)
  t.notMatch(upload.text, /taskTag/)
  const user = await client.post('/User', { username: 'temp' })
  t.equal(user.taskTag, '')
  t.match(user.createdUUID, /^[0-9a-f-]{36}$/)
  t.same(await client.delete(`/User/${user.createdUUID}`), { taskTag: '', createdUUID: '' })
})

t.test('5: a task proceeds to COMPLETE, or to ERROR with its texts', async (t) => {
  const { simulator, client } = await start(t)
  const states = new Set<string>()
  const { taskTag, createdUUID } = await client.post('/VirDomain', {
    dom: { name: 'new' },
    options: {}
  })
  t.type(taskTag, 'string')
  t.same(await client.get(`/VirDomain/${createdUUID}`), [], 'nothing there before the task ends')
  await client.until(async () => {
    const task = await client.one<TaskTagStatus>(`/TaskTag/${taskTag}`)
    states.add(task.state)
    if (task.state !== 'COMPLETE') t.equal(task.completed, 0)
    return task.state === 'COMPLETE'
  })
  t.ok(states.has('QUEUED') || states.has('RUNNING'), [...states].join())
  const done = await client.one<TaskTagStatus>(`/TaskTag/${taskTag}`)
  t.equal(done.progressPercent, 100)
  t.equal(done.objectUUID, createdUUID)
  t.ok(done.completed >= done.created && done.created > 0)

  simulator.faults.add({ kind: 'fail-task', message: 'No room for %@', parameters: ['new'] })
  const failed = await client.task((await client.delete(`/VirDomain/${createdUUID}`)).taskTag)
  t.match(failed, {
    state: 'ERROR',
    formattedMessage: 'No room for %@',
    messageParameters: ['new']
  })
  t.equal((await vmOf(client, createdUUID)).name, 'new', 'what failed has not happened')
})

t.test('6: SHUTDOWN has no task and works in the guest’s own time, or never', async (t) => {
  const { simulator, client } = await start(t)
  const vm = await runningVM(simulator, client)
  const guest = simulator.world.state.guests.get(vm.uuid)
  t.same(await act(client, vm.uuid, 'SHUTDOWN'), { taskTag: '', createdUUID: '' })
  t.match(await vmOf(client, vm.uuid), {
    state: 'RUNNING',
    uiState: 'RUNNING',
    desiredDisposition: 'SHUTOFF'
  })
  t.ok((guest?.shutdownMs ?? 0) >= 5000)
  await client.until(async () => (await vmOf(client, vm.uuid)).state === 'SHUTOFF')
  t.match(await vmOf(client, vm.uuid), { nodeUUID: '', console: { ip: '', port: 0 } })
})

t.test('6: one guest ignores ACPI and runs on', async (t) => {
  const { simulator, client } = await start(t)
  const { virDomains, guests } = simulator.world.state
  const deaf = [...virDomains.values()].find(
    ({ uuid, state }) => state === 'RUNNING' && guests.get(uuid)?.ignoresAcpi === true
  )
  if (deaf === undefined) throw new Error('No guest ignores ACPI')
  t.equal((await act(client, deaf.uuid, 'SHUTDOWN')).taskTag, '')
  simulator.world.clock.advance(30_000)
  t.equal((await vmOf(client, deaf.uuid)).state, 'RUNNING', 'after 30 s of cluster time')
})

t.test('7: STOP, START and LIVEMIGRATE are tasks; uiState shows what runs', async (t) => {
  const { client } = await start(t)
  const [first, second] = await client.get<{ uuid: string }>('/Node')
  const uuid = await createVM(client, { name: 'mover', mem: 1073741824, numVCPU: 1 })
  const watch = async (
    action: string,
    nodeUUID: string | undefined,
    meanwhile: string
  ): Promise<VirDomain> => {
    const { taskTag } = await act(client, uuid, action, nodeUUID)
    t.not(taskTag, '', action)
    await client.until(async () => (await vmOf(client, uuid)).uiState === meanwhile)
    t.equal((await client.task(taskTag)).state, 'COMPLETE', action)
    return vmOf(client, uuid)
  }
  t.match(await watch('START', first?.uuid, 'STARTING'), {
    state: 'RUNNING',
    uiState: 'RUNNING',
    desiredDisposition: 'RUNNING',
    nodeUUID: first?.uuid
  })
  t.match(await watch('LIVEMIGRATE', second?.uuid, 'MIGRATING'), {
    state: 'RUNNING',
    nodeUUID: second?.uuid
  })
  t.match(await watch('STOP', undefined, 'STOPPING'), {
    state: 'SHUTOFF',
    desiredDisposition: 'SHUTOFF',
    nodeUUID: '',
    lastSeenRunningOnNodeUUID: second?.uuid
  })
})

t.test('8: an illegal transition is a JSON 500, a wrong body a plain-text 400', async (t) => {
  const { client } = await start(t)
  const uuid = await createVM(client, { name: 'off' })
  for (const actionType of ['RESET', 'SHUTDOWN', 'PAUSE']) {
    const answer = await client.raw('POST', '/VirDomain/action', {
      body: [{ virDomainUUID: uuid, actionType }]
    })
    t.equal(answer.status, 500, actionType)
    t.equal(answer.text, '{"error":"An internal error occurred"}')
  }
  const wrong = { body: { dom: { nmae: 'x' }, options: { machine: 'bios' } } }
  const text = await client.raw('POST', '/VirDomain', wrong)
  t.equal(text.status, 400)
  t.match(text.headers['content-type'], /^text\/plain/)
  t.match(text.text, /^Request has one or more errors\n {2}In body\n/)
  t.match(text.text, /Property not allowed: machine/)

  const { client: other } = await start(t, { schemaErrors: 'json' })
  const json = await other.raw('POST', '/VirDomain', wrong)
  t.equal(json.status, 400)
  t.match((JSON.parse(json.text) as { error: string }).error, /Property not allowed: machine/)
})

t.test('9: a VM record always has what clients index without a guard', async (t) => {
  const { client } = await start(t)
  await createVM(client, { name: 'bare' })
  for (const vm of await client.get<VirDomain>('/VirDomain')) {
    t.ok(Array.isArray(vm.blockDevs) && Array.isArray(vm.netDevs) && Array.isArray(vm.snapUUIDs))
    t.ok(Array.isArray(vm.bootDevices))
    t.type(vm.affinityStrategy.preferredNodeUUID, 'string')
    t.type(vm.affinityStrategy.backupNodeUUID, 'string')
    for (const key of ['tags', 'snapshotScheduleUUID', 'operatingSystem', 'sourceVirDomainUUID'])
      t.type(vm[key as keyof VirDomain], 'string', key)
  }
})

t.test('10: ISO and virtual disk records are whole', async (t) => {
  const { client } = await start(t)
  const isos = await client.get<ISO>('/ISO')
  const disks = await client.get<VirtualDisk>('/VirtualDisk')
  t.ok(isos.length > 0 && disks.length > 0)
  for (const iso of isos) {
    t.ok(Array.isArray(iso.mounts))
    t.type(iso.size, 'number')
    t.type(iso.readyForInsert, 'boolean')
    t.equal(iso.path, `scribe/${iso.uuid}`)
  }
  for (const disk of disks)
    for (const key of ['blockSize', 'replicationFactor', 'capacityBytes'] as const)
      t.ok(disk[key] > 0, key)
})

t.test('11: slots are the next free one of each bus, and none for NVRAM', async (t) => {
  const { client } = await start(t)
  const uuid = await createVM(client, {
    name: 'slots',
    blockDevs: ['VIRTIO_DISK', 'VIRTIO_DISK', 'IDE_CDROM', 'NVRAM'].map((type) => ({
      type,
      capacity: type === 'IDE_CDROM' ? 0 : 1073741824
    }))
  })
  const slots = async (): Promise<string[]> =>
    (await vmOf(client, uuid)).blockDevs.map(({ type, slot }) => `${type} ${slot}`)
  t.same(await slots(), ['VIRTIO_DISK 0', 'VIRTIO_DISK 1', 'IDE_CDROM 0', 'NVRAM -1'])
  const [first] = (await vmOf(client, uuid)).blockDevs
  await client.done(client.delete(`/VirDomainBlockDevice/${first?.uuid}`))
  const added = await client.done(
    client.post('/VirDomainBlockDevice', {
      virDomainUUID: uuid,
      type: 'VIRTIO_DISK',
      capacity: 1073741824,
      slot: -1
    })
  )
  const disk = await client.one<VirDomainBlockDevice>(`/VirDomainBlockDevice/${added}`)
  t.equal(disk.slot, 0, 'the gap is filled')
  t.equal(disk.path, `scribe/${added}`)
})

t.test('12: deleted schedules and virtual disks stay visible for about a second', async (t) => {
  const { client } = await start(t)
  const [disk] = await client.get<VirtualDisk>('/VirtualDisk')
  const schedule = await client.post('/VirDomainSnapshotSchedule', {
    name: 'hourly',
    rrules: [
      {
        name: 'r',
        dtstart: '2026-01-01 00:00:00',
        rrule: 'FREQ=HOURLY',
        localRetentionDurationSeconds: 3600
      }
    ]
  })
  t.equal(schedule.taskTag, '')
  for (const path of [
    `/VirtualDisk/${disk?.uuid}`,
    `/VirDomainSnapshotSchedule/${schedule.createdUUID}`
  ]) {
    t.equal((await client.get(path)).length, 1, 'there at once')
    t.equal((await client.delete(path)).taskTag, '')
    t.equal((await client.get(path)).length, 1, 'still there')
    await client.until(async () => (await client.get(path)).length === 0)
  }
})

t.test('13: the condition list is large, the set ones are few', async (t) => {
  const { client } = await start(t)
  t.ok((await client.get('/Condition')).length >= 250)
  const set = await client.get<{ value: boolean }>('/Condition/filter?includeSet=true')
  t.ok(set.length > 0 && set.length < 20, String(set.length))
  t.ok(set.every(({ value }) => value))
})

t.test('14: POST and PATCH to one record both change it', async (t) => {
  const { client } = await start(t)
  const uuid = await createVM(client, { name: 'one' })
  await client.done(client.post(`/VirDomain/${uuid}`, { tags: 'by-post' }))
  t.match(await vmOf(client, uuid), { name: 'one', tags: 'by-post' })
  await client.done(client.patch(`/VirDomain/${uuid}`, { description: 'by patch' }))
  t.match(await vmOf(client, uuid), { tags: 'by-post', description: 'by patch' })
  await client.done(client.patch(`/VirDomain/${uuid}`, {}))
})

t.test('15: a trailing slash changes nothing', async (t) => {
  const { client } = await start(t)
  const [vm] = await client.get<VirDomain>('/VirDomain/')
  t.equal((await client.get(`/VirDomain/${vm?.uuid}/`)).length, 1)
  const login = { body: { username: 'admin', password: 'admin' } }
  t.equal((await client.as({}).raw('POST', '/login/', login)).status, 200)
  const { taskTag } = await client.post('/VirDomainSnapshot/', { domainUUID: vm?.uuid, label: 'x' })
  t.equal((await client.task(taskTag)).state, 'COMPLETE')
})
