import t from 'tap'
import type { Node, VirDomain } from '../../../src/hypercore/records/records.ts'
import { vmCluster } from '../../helper/vms.ts'

const internal = { status: 500, error: 'An internal error occurred' }
const GiB = 1024 ** 3

/** The body that asks the same of several VMs. */
const action = (actionType: string, ...vms: VirDomain[]): object[] =>
  vms.map(({ uuid }) => ({ virDomainUUID: uuid, actionType, cause: 'INTERNAL' }))

void t.test('START, PAUSE, resume and STOP, with the states in between', async (t) => {
  const { client, vm, act, simulator } = await vmCluster(t)
  const name = 'test-web-01'
  const pass = async (action: string, between: string): Promise<VirDomain> => {
    const { taskTag } = await act(name, action)
    await client.until(async () => (await vm(name)).uiState === between)
    t.match(await client.task(taskTag), { state: 'COMPLETE', progressPercent: 100 }, action)
    return vm(name)
  }
  const started = await pass('START', 'STARTING')
  t.match(started, { state: 'RUNNING', uiState: 'RUNNING', desiredDisposition: 'RUNNING' })
  const node = simulator.world.state.nodes.get(started.nodeUUID)
  t.match(started.console, { ip: node?.lanIP, keymap: 'en-us' })
  t.ok(started.console.port >= 5900)
  t.equal(started.guestAgentState, 'AVAILABLE')
  t.match(started.netDevs[0]?.ipv4Addresses[0], /^10\./)

  const paused = await pass('PAUSE', 'PAUSING')
  t.match(paused, { state: 'PAUSED', desiredDisposition: 'PAUSED', nodeUUID: started.nodeUUID })
  t.match(await pass('START', 'STARTING'), { state: 'RUNNING', nodeUUID: started.nodeUUID })

  const stopped = await pass('STOP', 'STOPPING')
  t.match(stopped, {
    state: 'SHUTOFF',
    uiState: 'SHUTOFF',
    desiredDisposition: 'SHUTOFF',
    nodeUUID: '',
    lastSeenRunningOnNodeUUID: started.nodeUUID,
    console: { ip: '', port: 0 },
    guestAgentState: 'UNKNOWN'
  })
  t.strictSame(stopped.netDevs[0]?.ipv4Addresses, [])
  t.ok(stopped.modified > started.created)
})

void t.test('SHUTDOWN has no task: the guest goes off in its own time, or never', async (t) => {
  const { client, vm, act, refused } = await vmCluster(t)
  t.strictSame(await act('web-01', 'SHUTDOWN'), { taskTag: '', createdUUID: '' })
  const { uuid, ...asked } = await vm('web-01')
  t.match(asked, { state: 'RUNNING', uiState: 'RUNNING', desiredDisposition: 'SHUTOFF' })
  const again = [{ virDomainUUID: uuid, actionType: 'SHUTDOWN' }]
  t.strictSame(await refused('POST', '/VirDomain/action', again), internal)
  await client.until(async () => (await vm('web-01')).state === 'SHUTOFF')
  t.match(await vm('web-01'), { nodeUUID: '', uiState: 'SHUTOFF' })

  t.strictSame(await act('legacy-erp-01', 'SHUTDOWN'), { taskTag: '', createdUUID: '' })
  await act('dc-01', 'SHUTDOWN')
  await client.until(async () => (await vm('dc-01')).state === 'SHUTOFF')
  t.match(await vm('legacy-erp-01'), { state: 'RUNNING', desiredDisposition: 'SHUTOFF' })
})

void t.test('the state can show a shutdown under way, as the document says', async (t) => {
  const { client, vm, act, refused } = await vmCluster(t, { acpiShutdown: 'shutdown' })
  await act('web-01', 'SHUTDOWN')
  const { uuid, ...asked } = await vm('web-01')
  t.match(asked, { state: 'SHUTDOWN', uiState: 'SHUTDOWN', desiredDisposition: 'SHUTOFF' })
  const start = [{ virDomainUUID: uuid, actionType: 'START' }]
  t.strictSame(await refused('POST', '/VirDomain/action', start), internal)
  await client.until(async () => (await vm('web-01')).state === 'SHUTOFF')
})

void t.test('STOP of a VM that is off is accepted and changes nothing', async (t) => {
  const { client, vm, act } = await vmCluster(t)
  const before = await vm('test-web-01')
  t.strictSame(await act('test-web-01', 'STOP'), { taskTag: '', createdUUID: '' })
  t.strictSame(await vm('test-web-01'), before)
  const crashed = await act('test-web-02', 'STOP')
  t.match(await client.task(crashed.taskTag), { state: 'COMPLETE' })
  t.match(await vm('test-web-02'), { state: 'SHUTOFF', desiredDisposition: 'SHUTOFF' })
})

void t.test('STOP that waited for a STOP finds nothing to do', async (t) => {
  const { client, vm, act } = await vmCluster(t)
  const tags = [await act('web-01', 'STOP'), await act('web-01', 'STOP')]
  for (const { taskTag } of tags) t.match(await client.task(taskTag), { state: 'COMPLETE' })
  t.match(await vm('web-01'), { state: 'SHUTOFF', uiState: 'SHUTOFF' })
})

void t.test('START leaves the node it chose in an affinity that names none', async (t) => {
  const run = async (startSetsAffinity: boolean): Promise<string[]> => {
    const { client, vm, act } = await vmCluster(t, { startSetsAffinity })
    const preferred = async (name: string): Promise<string> =>
      (await vm(name)).affinityStrategy.preferredNodeUUID
    const before = await preferred('test-web-01')
    await client.task((await act('test-web-01', 'START')).taskTag)
    const { nodeUUID } = await vm('test-web-01')
    const [running, started] = [await vm('web-01'), await preferred('test-web-01')]
    t.equal(running.affinityStrategy.preferredNodeUUID, startSetsAffinity ? running.nodeUUID : '')
    return [before, started === nodeUUID ? 'chosen' : started]
  }
  t.strictSame(await run(true), ['', 'chosen'])
  t.strictSame(await run(false), ['', ''])

  const { client, vm, act } = await vmCluster(t)
  const nodes = await client.get<Node>('/Node')
  await client.task((await act('test-web-01', 'START', nodes[2]?.uuid)).taskTag)
  const { nodeUUID, affinityStrategy } = await vm('test-web-01')
  t.equal(nodeUUID, nodes[2]?.uuid)
  t.equal(affinityStrategy.preferredNodeUUID, '', 'who names a node prefers none')
})

void t.test('RESET and STOP end a shutdown that is under way', async (t) => {
  const { client, vm, act, simulator } = await vmCluster(t)
  for (const name of ['web-01', 'web-02']) {
    const guest = simulator.world.state.guests.get((await vm(name)).uuid)
    if (guest !== undefined) guest.shutdownMs = 60_000
  }
  await act('web-01', 'SHUTDOWN')
  await client.task((await act('web-01', 'RESET')).taskTag)
  t.equal((await vm('web-01')).state, 'RUNNING')
  await act('web-02', 'SHUTDOWN')
  t.match(await client.task((await act('web-02', 'STOP')).taskTag), { state: 'COMPLETE' })
  t.equal((await vm('web-02')).state, 'SHUTOFF')
  simulator.world.clock.advance(60_000)
  t.equal((await vm('web-01')).state, 'RUNNING', 'the reset guest does not go off later')
})

void t.test('what is illegal in the present state is a 500', async (t) => {
  const { vm, refused } = await vmCluster(t)
  const cases: [string, string][] = [
    ['test-web-01', 'SHUTDOWN'],
    ['test-web-01', 'RESET'],
    ['test-web-01', 'REBOOT'],
    ['test-web-01', 'PAUSE'],
    ['test-web-01', 'NMI'],
    ['test-web-01', 'LIVEMIGRATE'],
    ['build-01', 'PAUSE'],
    ['build-01', 'SHUTDOWN']
  ]
  for (const [name, actionType] of cases) {
    const { uuid, state } = await vm(name)
    const body = [{ virDomainUUID: uuid, actionType }]
    t.strictSame(
      await refused('POST', '/VirDomain/action', body),
      internal,
      `${actionType} ${state}`
    )
    t.equal((await vm(name)).state, state)
  }
  const unknown = [{ virDomainUUID: 'nope', actionType: 'START' }]
  t.strictSame(await refused('POST', '/VirDomain/action', unknown), internal)
  const { uuid } = await vm('web-01')
  const bad = [{ virDomainUUID: uuid, actionType: 'LIVE_MIGRATE' }]
  t.match(await refused('POST', '/VirDomain/action', bad), { status: 400 })
})

void t.test('START of a running VM is neither error nor task; a crashed one starts', async (t) => {
  const { client, vm, act } = await vmCluster(t)
  t.strictSame(await act('web-01', 'START'), { taskTag: '', createdUUID: '' })
  await client.task((await act('test-web-02', 'START')).taskTag)
  t.equal((await vm('test-web-02')).state, 'RUNNING')
})

void t.test('START of a VM that is starting waits its turn', async (t) => {
  const { client, vm, act, refused } = await vmCluster(t)
  const { uuid, desiredDisposition } = await vm('test-web-01')
  t.equal(desiredDisposition, 'SHUTOFF')
  const first = await act('test-web-01', 'START')
  const queued = await act('test-web-01', 'START')
  await client.until(async () => (await vm('test-web-01')).uiState === 'STARTING')
  const running = await act('test-web-01', 'START')
  const tags = [first, queued, running].map(({ taskTag }) => taskTag)
  t.equal(new Set(tags).size, 3, 'tasks of their own')
  t.notOk(tags.includes(''))
  const body = [{ virDomainUUID: uuid, actionType: 'SHUTDOWN' }]
  t.strictSame(await refused('POST', '/VirDomain/action', body), internal)
  t.match(await client.task(tags[0] ?? ''), { state: 'COMPLETE' })
  const { state, uiState, nodeUUID, console: screen } = await vm('test-web-01')
  t.strictSame([state, uiState], ['RUNNING', 'RUNNING'])
  t.equal((await act('test-web-01', 'START')).taskTag, '', 'it runs, whatever still waits')
  for (const tag of tags) t.match(await client.task(tag), { state: 'COMPLETE' })
  t.match(await vm('test-web-01'), { state, uiState, nodeUUID, console: screen }, 'nothing to do')
  t.strictSame(await act('test-web-01', 'START'), { taskTag: '', createdUUID: '' })
  t.strictSame(await act('test-web-01', 'SHUTDOWN'), { taskTag: '', createdUUID: '' })

  await act('web-01', 'STOP')
  t.not((await act('web-01', 'START')).taskTag, '', 'it runs, but not for long')
  t.not((await act('web-01', 'START')).taskTag, '')
  await client.task((await act('web-01', 'REBOOT')).taskTag)
  t.equal((await vm('web-01')).state, 'RUNNING')
})

void t.test('a START that waited for one that failed starts the VM', async (t) => {
  const { client, vm, act, failed, simulator } = await vmCluster(t)
  simulator.faults.add({ kind: 'fail-task', path: '/VirDomain/action', times: 1 })
  const first = act('test-web-01', 'START')
  await first
  const second = await act('test-web-01', 'START')
  await failed(first)
  t.match(await client.task(second.taskTag), { state: 'COMPLETE' })
  t.match(await vm('test-web-01'), { state: 'RUNNING', desiredDisposition: 'RUNNING' })
})

void t.test('where overlapping writes fail, so does START of a starting VM', async (t) => {
  const { client, vm, act, refused } = await vmCluster(t, { overlappingWrites: 'fail' })
  const { uuid } = await vm('test-web-01')
  const { taskTag } = await act('test-web-01', 'START')
  for (const actionType of ['START', 'SHUTDOWN', 'STOP', 'RESET']) {
    const body = [{ virDomainUUID: uuid, actionType }]
    t.strictSame(await refused('POST', '/VirDomain/action', body), internal, actionType)
  }
  t.match(await client.task(taskTag), { state: 'COMPLETE' })
  t.strictSame(await act('test-web-01', 'START'), { taskTag: '', createdUUID: '' })
})

void t.test('LIVEMIGRATE moves a VM, and says why when it cannot', async (t) => {
  const { client, vm, act, failed, simulator } = await vmCluster(t)
  const { nodeUUID, uuid, mem } = await vm('web-01')
  const nodes = await client.get<Node>('/Node')
  const target = nodes.find((node) => node.uuid !== nodeUUID)?.uuid ?? ''
  const { taskTag } = await act('web-01', 'LIVEMIGRATE', target)
  await client.until(async () => (await vm('web-01')).uiState === 'MIGRATING')
  t.match(await vm('web-01'), { state: 'RUNNING', nodeUUID }, 'still where it was')
  await client.task(taskTag)
  t.match(await vm('web-01'), {
    state: 'RUNNING',
    uiState: 'RUNNING',
    nodeUUID: target,
    lastSeenRunningOnNodeUUID: target
  })

  t.match(await failed(act('web-01', 'LIVEMIGRATE', target)), { formattedMessage: /already runs/ })
  t.match(await failed(act('web-01', 'LIVEMIGRATE', 'nope')), { formattedMessage: /unknown/ })
  t.match(await failed(act('web-01', 'LIVEMIGRATE')), { formattedMessage: /unknown/ })
  const full = simulator.world.state.nodes.get(nodeUUID)
  if (full === undefined) throw new Error('The node is gone')
  full.memSize = mem
  t.match(await failed(act('web-01', 'LIVEMIGRATE', nodeUUID)), {
    formattedMessage: /not enough free memory/,
    messageParameters: ['web-01']
  })
  t.match(await client.one(`/VirDomain/${uuid}`), { uiState: 'RUNNING', nodeUUID: target })
})

void t.test('START goes where there is room, by affinity, or fails', async (t) => {
  const { client, vm, act, failed } = await vmCluster(t, { vms: 24 })
  const nodes = await client.get<Node>('/Node')
  const [first, second, third] = nodes.map((node) => node.uuid)
  const start = async (affinityStrategy: object, wanted?: string): Promise<string> => {
    const { uuid } = await vm('test-web-01')
    await client.done(client.patch(`/VirDomain/${uuid}`, { affinityStrategy }))
    await client.task((await act('test-web-01', 'START', wanted)).taskTag)
    const { nodeUUID } = await vm('test-web-01')
    await client.task((await act('test-web-01', 'STOP')).taskTag)
    return nodeUUID
  }
  t.equal(await start({ preferredNodeUUID: second }), second)
  t.equal(await start({ preferredNodeUUID: '' }, third), third)
  const strict = { strictAffinity: true, preferredNodeUUID: first }
  t.equal(await start(strict, third), first, 'strict affinity wins')

  const { uuid } = await vm('test-web-01')
  const off = { strictAffinity: false, preferredNodeUUID: '' }
  await client.done(client.patch(`/VirDomain/${uuid}`, { mem: 500 * GiB, affinityStrategy: off }))
  t.match(await failed(act('test-web-01', 'START')), { formattedMessage: /enough free memory/ })
  t.match(await vm('test-web-01'), { state: 'SHUTOFF', uiState: 'SHUTOFF', nodeUUID: '' })
  await client.done(client.patch(`/VirDomain/${uuid}`, { mem: GiB, numVCPU: 0 }))
  t.match(await failed(act('test-web-01', 'START')), { formattedMessage: /no virtual CPU/ })
  await client.done(client.patch(`/VirDomain/${uuid}`, { numVCPU: 1, machineType: 'scale-8.10' }))
  t.match(await failed(act('test-web-01', 'START')), { formattedMessage: /NVRAM/ })
  t.match(await failed(act('branch-pos-01', 'START')), { formattedMessage: /replication/ })
})

void t.test('a chain of actions queues, several VMs share one result', async (t) => {
  const { client, vm, act, refused } = await vmCluster(t)
  const start = await act('test-web-01', 'START')
  const stop = await act('test-web-01', 'STOP')
  t.match(await client.task(start.taskTag), { state: 'COMPLETE' })
  t.match(await client.task(stop.taskTag), { state: 'COMPLETE' })
  t.equal((await vm('test-web-01')).state, 'SHUTOFF')

  const [a, b, c] = [await vm('web-01'), await vm('web-02'), await vm('test-web-01')]
  t.strictSame(await refused('POST', '/VirDomain/action', action('RESET', a, c)), internal)
  t.equal((await vm('web-01')).uiState, 'RUNNING', 'nothing was done')
  const { taskTag } = await client.post('/VirDomain/action', action('STOP', a, b))
  await client.task(taskTag)
  await client.until(async () => (await vm('web-01')).state === 'SHUTOFF')
  t.equal((await vm('web-02')).state, 'SHUTOFF')
})

void t.test('REBOOT, RESET and NMI leave the VM running', async (t) => {
  const { client, vm, act } = await vmCluster(t)
  const before = await vm('web-01')
  const nodes = await client.get<Node>('/Node')
  const other = nodes.find((node) => node.uuid !== before.nodeUUID)
  for (const action of ['REBOOT', 'RESET', 'NMI']) {
    t.match(await client.task((await act('web-01', action)).taskTag), { state: 'COMPLETE' })
    t.match(await vm('web-01'), { state: 'RUNNING', nodeUUID: before.nodeUUID })
  }
  await client.task((await act('web-01', 'REBOOT', other?.uuid)).taskTag)
  t.equal((await vm('web-01')).nodeUUID, other?.uuid, 'comes up on the node asked for')
})
