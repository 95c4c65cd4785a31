import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'
import { offWithSnapshot } from '../tools.ts'

/**
 * What each tool requests from the cluster, exactly, by uuid and by name: one request more is a
 * regression that would go unnoticed on a small cluster.
 */
interface Row {
  tool: string
  /** What the arguments that name something of the cluster hold. */
  by?: 'uuid' | 'name'
  args?: () => Record<string, unknown>
  /** Uuids are `*`; looks at a task, which are as many as it takes, are one. */
  requests: string[] | (() => string[])
  /** The call is refused, and asks for nothing more. */
  refused?: true
}

// What names of a moment ago spare is in test/src/tools/names/recent-vm.test.ts.
// On a machine that is busy a node is not slow: no other is logged in to.
const timeouts = { namesMs: 0, slowMs: 600_000 }
const bridge = await startTestBridge(t, { cluster: { timeouts } })
const { simulator } = bridge
const call: typeof bridge.call = (...given) => bridge.call(...given)
const vm = (name: string): string => bridge.vm(name)
const { snapshots, nodes } = simulator.world.state

const node = (at: number) => {
  const found = [...nodes.values()][at]
  if (found === undefined) throw new Error(`The simulated cluster has no node ${at}`)
  return found
}

/** The node that a VM does not run on. */
const otherNode = (name: string) => {
  const runsOn = simulator.world.state.virDomains.get(vm(name))?.nodeUUID
  return node(node(0).uuid === runsOn ? 1 : 0)
}

const snapshotOf = (label: string): string =>
  [...snapshots.values()].find((snapshot) => snapshot.label === label)?.uuid ?? ''

/** The task of the last call that started one. */
let taskTag = ''
let exportedTo = ''
/** The last sequence that a call carried out. */
let sequence = ''

const task = 'GET /TaskTag/*'
const vms = 'GET /VirDomain'
const oneVm = 'GET /VirDomain/*'
const allNodes = 'GET /Node'
const allTasks = 'GET /TaskTag'
const allSchedules = 'GET /VirDomainSnapshotSchedule'
const allSnapshots = 'GET /VirDomainSnapshot'
const oneSnapshot = 'GET /VirDomainSnapshot/*'
const act = 'POST /VirDomain/action'
const disk = 'PATCH /VirDomainBlockDevice/*'
const isos = 'GET /ISO'
const details = [allNodes, oneSnapshot, oneSnapshot, 'GET /VirDomainReplication']

/** All that a plan may change, each list once. */
const allRecords = [
  vms,
  allSnapshots,
  allSchedules,
  'GET /VirDomainReplication',
  'GET /ISO',
  'GET /VirtualDisk',
  allNodes
]

/** What is moved and where to is looked at before each move, the VM also after it. */
const move = [oneVm, 'GET /Node/*', act, task, oneVm]

/** How many VMs the last evacuation moved. */
let moved = 0

function moves(): string[] {
  const there = [...simulator.world.state.virDomains.values()].filter(
    ({ nodeUUID, state }) => nodeUUID === node(2).uuid && state === 'RUNNING'
  )
  moved = there.length
  return there.flatMap(() => move)
}

const rows: Row[] = [
  { tool: 'vm_read', requests: [vms, allNodes] },
  // What other lists say of VMs is read for those who ask: one list, however many VMs there are.
  {
    tool: 'vm_read',
    args: () => ({ filter: 'snapshotAge>7d state:RUNNING' }),
    requests: [vms, allNodes, allSnapshots]
  },
  {
    tool: 'vm_read',
    args: () => ({ fields: ['name', 'schedule'] }),
    requests: [vms, allNodes, 'GET /VirDomainSnapshotSchedule']
  },
  {
    tool: 'vm_read',
    args: () => ({ filter: { replication: 'on' } }),
    requests: [vms, allNodes, 'GET /VirDomainReplication']
  },
  { tool: 'vm_read', args: () => ({ filter: 'replication' }), requests: [vms, allNodes] },
  { tool: 'vm_read', args: () => ({ fields: 'lastExport' }), requests: [vms, allNodes, allTasks] },
  {
    tool: 'vm_read',
    args: () => ({
      filter: 'snapshotAge>7d or lastExport<yesterday or not replication:on',
      fields: ['name', 'schedule', 'ip', 'mac', 'osType']
    }),
    requests: [
      vms,
      allNodes,
      allSnapshots,
      allTasks,
      'GET /VirDomainSnapshotSchedule',
      'GET /VirDomainReplication',
      'GET /TimeZone'
    ]
  },
  {
    tool: 'vm_read',
    args: () => ({ filter: 'created>2026-11-01' }),
    requests: [vms, allNodes, 'GET /TimeZone']
  },
  {
    tool: 'vm_read',
    args: () => ({ filter: 'created>2026-11-01T00:00Z' }),
    requests: [vms, allNodes]
  },
  {
    tool: 'vm_read',
    args: () => ({ filter: 'memory>much' }),
    requests: [vms, allNodes],
    refused: true
  },
  { tool: 'fetch_vm', args: () => ({ name: 'web' }), requests: [vms, allNodes] },
  {
    tool: 'getVM_details',
    by: 'uuid',
    args: () => ({ vmUUID: vm('web-01') }),
    requests: [oneVm, ...details]
  },
  {
    tool: 'getVM_details',
    by: 'name',
    args: () => ({ vmUUID: 'web-01' }),
    requests: [vms, ...details]
  },
  {
    tool: 'getVM_sysStats',
    by: 'uuid',
    args: () => ({ vmUUID: vm('web-01') }),
    requests: [oneVm, 'GET /VirDomainStats/*']
  },
  {
    tool: 'getVM_sysStats',
    by: 'name',
    args: () => ({ vmUUID: 'web-01' }),
    requests: [vms, 'GET /VirDomainStats/*']
  },
  { tool: 'vmNetDevices_read', requests: [vms, 'GET /VirDomainNetDevice'] },
  {
    tool: 'vmNetDevices_read',
    by: 'uuid',
    args: () => ({ vmUUID: vm('web-01') }),
    requests: [oneVm, 'GET /VirDomainNetDevice']
  },
  {
    tool: 'vmNetDevices_read',
    by: 'name',
    args: () => ({ vmUUID: 'web-01' }),
    requests: [vms, 'GET /VirDomainNetDevice']
  },
  {
    tool: 'changeVM_state',
    by: 'uuid',
    args: () => ({ vmUUID: vm('web-01'), actionType: 'PAUSE' }),
    requests: [oneVm, act, task, oneVm]
  },
  {
    tool: 'changeVM_state',
    by: 'name',
    args: () => ({ vmUUID: 'web-01', actionType: 'START' }),
    requests: [vms, act, task, oneVm]
  },
  {
    tool: 'changeVM_state',
    by: 'uuid',
    args: () => ({
      vmUUID: vm('web-01'),
      actionType: 'LIVEMIGRATE',
      nodeUUID: otherNode('web-01').uuid
    }),
    requests: [oneVm, 'GET /Node/*', act, task, oneVm]
  },
  {
    tool: 'changeVM_state',
    by: 'name',
    args: () => ({
      vmUUID: 'web-01',
      actionType: 'LIVEMIGRATE',
      nodeUUID: otherNode('web-01').lanIP
    }),
    requests: [vms, allNodes, act, task, oneVm]
  },
  {
    tool: 'createVM',
    args: () => ({ name: 'new-01' }),
    requests: [vms, 'POST /VirDomain', task]
  },
  {
    tool: 'updateVM',
    by: 'uuid',
    args: () => ({ vmUUID: vm('new-01'), preferredNodeUUID: node(0).uuid }),
    requests: [oneVm, allNodes, 'PATCH /VirDomain/*', task]
  },
  {
    tool: 'updateVM',
    by: 'name',
    args: () => ({ vmUUID: 'new-01', preferredNodeUUID: node(1).lanIP }),
    requests: [vms, allNodes, 'PATCH /VirDomain/*', task]
  },
  {
    tool: 'addDisk',
    by: 'uuid',
    args: () => ({ vmUUID: vm('new-01'), sizeGiB: 10 }),
    requests: [oneVm, allNodes, 'POST /VirDomainBlockDevice', task]
  },
  {
    tool: 'addDisk',
    by: 'name',
    args: () => ({ vmUUID: 'new-01', sizeGiB: 20 }),
    requests: [vms, allNodes, 'POST /VirDomainBlockDevice', task]
  },
  {
    tool: 'resizeDisk',
    by: 'name',
    args: () => ({ vmUUID: 'new-01', disk: '1', toGiB: 30 }),
    requests: [vms, allNodes, disk, task]
  },
  {
    tool: 'removeDisk',
    by: 'name',
    args: () => ({ vmUUID: 'new-01', disk: '1' }),
    requests: [vms, allTasks, 'DELETE /VirDomainBlockDevice/*', task]
  },
  {
    tool: 'addNIC',
    by: 'name',
    args: () => ({ vmUUID: 'new-01', vlan: 10 }),
    requests: [vms, 'POST /VirDomainNetDevice', task]
  },
  {
    tool: 'changeNIC',
    by: 'uuid',
    args: () => ({ vmUUID: vm('new-01'), vlan: 20, mac: '7C:4C:58:00:00:01' }),
    requests: [oneVm, vms, 'PATCH /VirDomainNetDevice/*', task]
  },
  {
    tool: 'removeNIC',
    by: 'name',
    args: () => ({ vmUUID: 'new-01' }),
    requests: [vms, 'DELETE /VirDomainNetDevice/*', task]
  },
  {
    tool: 'insertISO',
    by: 'name',
    args: () => ({ vmUUID: 'new-01', iso: 'memtest86-10' }),
    requests: [vms, isos, 'POST /VirDomainBlockDevice', task]
  },
  {
    tool: 'bootOrder',
    by: 'name',
    args: () => ({ vmUUID: 'new-01', order: ['cd'] }),
    requests: [vms, 'PATCH /VirDomain/*', task]
  },
  {
    tool: 'ejectISO',
    by: 'name',
    args: () => ({ vmUUID: 'new-01' }),
    requests: [vms, disk, task]
  },
  {
    tool: 'insertISO',
    by: 'name',
    args: () => ({ vmUUID: 'new-01', iso: 'debian-12.7-netinst.iso' }),
    requests: [vms, isos, disk, task]
  },
  {
    tool: 'snapshotVM',
    by: 'uuid',
    args: () => ({ vmUUID: vm('new-01'), label: 'first' }),
    requests: [oneVm, 'POST /VirDomainSnapshot', task]
  },
  {
    tool: 'snapshotVM',
    by: 'name',
    args: () => ({ vmUUID: 'new-01', label: 'second' }),
    requests: [vms, 'POST /VirDomainSnapshot', task]
  },
  { tool: 'vmSnapshots_read', requests: [allSnapshots] },
  {
    tool: 'vmSnapshots_read',
    by: 'uuid',
    args: () => ({ vmUUID: vm('new-01') }),
    requests: [oneVm, allSnapshots]
  },
  {
    tool: 'vmSnapshots_read',
    by: 'name',
    args: () => ({ vmUUID: 'new-01' }),
    requests: [vms, allSnapshots]
  },
  {
    tool: 'cloneVM',
    by: 'uuid',
    args: () => ({ vmUUID: vm('new-01'), snapUUID: snapshotOf('first'), name: 'new-02' }),
    requests: [oneVm, oneSnapshot, vms, 'POST /VirDomain/*/clone', task]
  },
  {
    tool: 'cloneVM',
    by: 'name',
    args: () => ({ vmUUID: 'new-01', snapUUID: 'second', name: 'new-03' }),
    requests: [vms, allSnapshots, 'POST /VirDomain/*/clone', task]
  },
  {
    tool: 'delete_snapshotVM',
    by: 'uuid',
    args: () => ({ snapUUID: snapshotOf('first') }),
    requests: [oneSnapshot, oneVm, allTasks, 'DELETE /VirDomainSnapshot/*', task]
  },
  {
    tool: 'delete_snapshotVM',
    by: 'name',
    args: () => ({ snapUUID: 'second', vmUUID: 'new-01' }),
    requests: [vms, allSnapshots, allTasks, 'DELETE /VirDomainSnapshot/*', task]
  },
  {
    tool: 'changeVMs',
    args: () => ({ vms: ['new-01', 'new-02'], action: 'addTags', tags: 'several' }),
    requests: [vms, 'PATCH /VirDomain/*', 'PATCH /VirDomain/*', task, task]
  },
  {
    tool: 'snapshotSchedule_create',
    args: () => ({ name: 'every night', every: 'day', at: '02:00', keepDays: 7 }),
    requests: [allSchedules, 'GET /TimeZone', 'POST /VirDomainSnapshotSchedule']
  },
  {
    tool: 'snapshotSchedule_assign',
    by: 'name',
    args: () => ({ schedule: 'every night', vms: ['new-01', 'new-02'] }),
    requests: [vms, allSchedules, 'PATCH /VirDomain/*', 'PATCH /VirDomain/*', task, task]
  },
  { tool: 'snapshotSchedule_read', requests: [vms, allSchedules, 'GET /TimeZone'] },
  {
    tool: 'replicate',
    by: 'name',
    args: () => ({ vmUUID: 'new-01' }),
    requests: [
      vms,
      'GET /VirDomainReplication',
      'GET /RemoteClusterConnection',
      'POST /VirDomainReplication',
      task
    ]
  },
  {
    tool: 'restoreVM',
    by: 'uuid',
    args: () => ({ vmUUID: offWithSnapshot(bridge), snapshot: 'newest', wait: 120 }),
    requests: [
      oneVm,
      allSnapshots,
      'GET /TimeZone',
      'PATCH /VirDomain/*',
      'POST /VirDomain/*/clone',
      task,
      task
    ]
  },
  {
    tool: 'undo',
    args: () => ({ sequence, wait: 120 }),
    // The VMs before, and with the steps.
    requests: [oneVm, oneVm, 'PATCH /VirDomain/*', 'PATCH /VirDomain/*', task, task]
  },
  {
    tool: 'plan',
    args: () => ({
      steps: [
        { tool: 'updateVM', args: { vm: 'new-01', addTags: 'planned' } },
        { tool: 'updateVM', args: { vm: 'new-02', addTags: 'planned' } }
      ],
      wait: 120
    }),
    // The records before, the VM with each step, and the records after.
    requests: [
      'GET /Cluster',
      'GET /RemoteClusterConnection',
      ...allRecords,
      oneVm,
      'PATCH /VirDomain/*',
      task,
      oneVm,
      'PATCH /VirDomain/*',
      task,
      ...allRecords
    ]
  },
  // Nothing may come from there. What an upload sends is in test/upload.
  {
    tool: 'uploadISO',
    args: () => ({ url: 'https://127.0.0.1:1/debian.iso' }),
    requests: ['GET /ISO'],
    refused: true
  },
  {
    tool: 'uploadDisk',
    args: () => ({ url: 'https://127.0.0.1:1/noble.img' }),
    requests: ['GET /VirtualDisk'],
    refused: true
  },
  {
    tool: 'exportVM',
    by: 'uuid',
    args: () => ({ vmUUID: vm('new-01'), wait: 120 }),
    requests: [oneVm, 'POST /VirDomain/*/export', task]
  },
  {
    tool: 'exportVM',
    by: 'name',
    args: () => ({ vmUUID: 'new-01', wait: 120, again: true }),
    requests: [vms, 'POST /VirDomain/*/export', task]
  },
  {
    tool: 'importVM',
    args: () => ({ pathURI: exportedTo, name: 'new-04', wait: 120 }),
    requests: [vms, 'POST /VirDomain/import', task]
  },
  {
    tool: 'deleteVM',
    by: 'uuid',
    args: () => ({ vmUUID: vm('new-02') }),
    requests: [oneVm, allTasks, 'DELETE /VirDomain/*', task]
  },
  {
    tool: 'deleteVM',
    by: 'name',
    args: () => ({ vmUUID: 'new-03' }),
    requests: [vms, allTasks, 'DELETE /VirDomain/*', task]
  },
  { tool: 'taskTagStatus_read', requests: ['GET /TaskTag'] },
  { tool: 'taskTagStatusFilter', args: () => ({ taskTag }), requests: [task] },
  { tool: 'waitTask', args: () => ({ taskTag }), requests: [task] },
  { tool: 'ping_read', requests: ['GET /ping', 'GET /TimeZone'] },
  { tool: 'cluster_read', requests: ['GET /Cluster', allNodes, 'GET /TimeZone'] },
  {
    tool: 'attention',
    requests: [
      vms,
      allNodes,
      'GET /Condition/filter',
      allSnapshots,
      'GET /VirDomainSnapshotSchedule',
      'GET /VirDomainReplication',
      'GET /RemoteClusterConnection',
      'GET /Update',
      'GET /TimeZone'
    ]
  },
  {
    tool: 'protection_report',
    requests: [vms, allSnapshots, 'GET /VirDomainReplication', allTasks]
  },
  { tool: 'topVMs', requests: ['GET /VirDomainStats', vms, allNodes] },
  {
    tool: 'around',
    by: 'name',
    args: () => ({ target: 'new-01' }),
    requests: [
      vms,
      allNodes,
      'GET /TimeZone',
      'GET /VirDomainReplication',
      'GET /VirDomainSnapshotSchedule/*',
      oneSnapshot,
      'GET /Condition/filter',
      allTasks
    ]
  },
  {
    tool: 'around',
    by: 'uuid',
    args: () => ({ target: node(0).uuid }),
    requests: [vms, allNodes, 'GET /TimeZone', 'GET /Condition/filter', allTasks]
  },
  { tool: 'recentActivity', requests: ['GET /TaskTag', 'GET /TimeZone', 'GET /VirDomain'] },
  { tool: 'update_read', requests: ['GET /Cluster', 'GET /Update', 'GET /Condition/filter'] },
  {
    tool: 'clusterSpec_read',
    requests: ['GET /ClusterSpec', 'GET /Cluster', allNodes, 'GET /Drive']
  },
  { tool: 'node_read', requests: [allNodes] },
  {
    tool: 'evacuateNode',
    by: 'name',
    args: () => ({ nodeUUID: '10.20.0.13', partly: true, wait: 120 }),
    requests: () => [allNodes, vms, ...moves(), vms]
  },
  {
    tool: 'moveBack',
    by: 'uuid',
    args: () => ({ nodeUUID: node(2).uuid, wait: 120 }),
    requests: () => [allNodes, vms, ...Array.from({ length: moved }, () => move).flat()]
  },
  { tool: 'drive_read', requests: ['GET /Drive', allNodes] },
  { tool: 'condition_read', requests: ['GET /Condition/filter'] },
  { tool: 'user_read', requests: ['GET /User', 'GET /Role'] },
  { tool: 'iso_read', requests: ['GET /ISO'] },
  { tool: 'virtualDisk_read', requests: ['GET /VirtualDisk'] },
  {
    tool: 'run_api',
    args: () => ({ query: '/VirDomain', method: 'GET' }),
    requests: [vms]
  },
  {
    tool: 'run_api',
    args: () => ({
      query: '/VirDomain/action',
      method: 'POST',
      payload: [{ virDomainUUID: vm('new-01'), actionType: 'START' }]
    }),
    requests: [oneVm, act, task]
  },
  { tool: 'query_api', args: () => ({ query: 'take a snapshot' }), requests: [] },
  { tool: 'ask_api', args: () => ({ question: 'How?' }), requests: [], refused: true },
  { tool: 'get_session', requests: ['GET /ping'] },
  { tool: 'kill_session', requests: ['POST /logout'] },
  { tool: 'generate_session', requests: ['POST /login'] },

  // What is not there is said without a second look.
  {
    tool: 'deleteVM',
    by: 'uuid',
    args: () => ({ vmUUID: '00000000-0000-4000-8000-000000000000' }),
    requests: [oneVm],
    refused: true
  },
  { tool: 'deleteVM', by: 'name', args: () => ({ vmUUID: 'none' }), requests: [vms], refused: true }
]

const below = (path: string): string => path.replace('/rest/v1', '')

const isLook = (line: string): boolean => line.startsWith('GET /TaskTag/')

/** The file of each node that tells of updates; looked at in between by any call. */
const updateFile = '/update/update_status.json'

/** What reached the cluster since it was last looked, with its uuids. */
function asked(): string[] {
  const calls = simulator.requests.splice(0).filter(({ path }) => path !== updateFile)
  const all = calls.map(({ method, path }) => `${method} ${below(path)}`)
  return all.filter((line, at) => !isLook(line) || all.indexOf(line) === at)
}

const masked = (line: string): string =>
  line.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '*').replace(/(\/TaskTag\/)\d+/, '$1*')

const isWrite = (line: string): boolean => !line.startsWith('GET ')

/** What was read a second time although nothing was written in between. */
function readAgain(lines: readonly string[]): string[] {
  let seen = new Set<string>()
  return lines.filter((line) => {
    const again = seen.has(line)
    if (isWrite(line)) seen = new Set()
    else seen.add(line)
    return again
  })
}

t.before(async () => {
  // VMs have snapshots of schedules, too: web-01 gets two, and no others.
  for (const [uuid, snapshot] of snapshots)
    if (snapshot.domainUUID === vm('web-01')) await call('delete_snapshotVM', { snapUUID: uuid })
  for (const label of ['one', 'two']) await call('snapshotVM', { vmUUID: vm('web-01'), label })
  asked()
})

t.test('each call asks the cluster for what it needs, once', async (t) => {
  for (const { tool, by, args = () => ({}), requests, refused } of rows) {
    const expected = typeof requests === 'function' ? requests() : requests
    const { status, body } = await call(tool, args())
    const name = by === undefined ? tool : `${tool} by ${by}`
    t.equal(status === 200, refused !== true, `${name}: ${JSON.stringify(body).slice(0, 300)}`)
    sequence = String(body.sequence ?? sequence)
    const lines = asked()
    t.same(
      lines.map(masked).toSorted(),
      expected.toSorted(),
      `${name}: the requests of test/routes/upstream-requests.test.ts`
    )
    t.same(readAgain(lines), [], `${name} reads nothing twice`)
    t.comment(`${String(lines.length).padStart(2)}  ${name}: ${lines.map(masked).join(', ')}`)
    taskTag = body.taskTag || taskTag
    exportedTo = body.pathURI ?? exportedTo
  }
})

t.test('writes look for an update once in some seconds, and reads do not', async (t) => {
  const busy = await startTestBridge(t)
  const looks = (): number =>
    busy.simulator.requests.filter(({ path }) => path === updateFile).length
  for (const tool of ['vm_read', 'node_read', 'condition_read', 'taskTagStatus_read'])
    await busy.call(tool)
  await busy.call('run_api', { method: 'GET', query: '/VirDomain' })
  t.equal(looks(), 0)
  const startedAt = performance.now()
  const writes = Array.from({ length: 20 }, (_, i) =>
    busy.call('createVM', { name: `new-${i}`, wait: 0 })
  )
  for (const { status } of await Promise.all(writes)) t.equal(status, 200)
  const rounds = 1 + Math.floor((performance.now() - startedAt) / 5000)
  t.ok(looks() >= 3 && looks() <= 3 * rounds, `${looks()} looks at 3 nodes with 20 writes`)
})

t.test('every tool has its row', async (t) => {
  t.same(
    new Set(rows.map(({ tool }) => tool)),
    new Set(bridge.app.tools.keys()),
    'each tool has its requests in `rows` of test/routes/upstream-requests.test.ts'
  )
})

t.test('only where a name fits several VMs, the nodes are read to tell them apart', async (t) => {
  const { status, body } = await call('getVM_details', { vmUUID: 'web-' })
  t.equal(status, 409)
  t.same(asked().map(masked), [vms, allNodes])
  const { candidates } = body.error
  t.ok(candidates.length > 1)
  t.match(candidates[0], {
    uuid: String,
    name: /^web-/,
    state: String,
    node: /^\d+\.\d+\.\d+\.\d+$/
  })

  simulator.faults.add({ kind: 'error-500', path: '/Node' })
  const without = await call('getVM_details', { vmUUID: 'web-' })
  simulator.faults.clear()
  t.equal(without.status, 409, 'and the response does not depend on them')
  t.equal(without.body.error.candidates.length, candidates.length)
  asked()
})

t.test('state is looked at again where an action failed', async (t) => {
  simulator.faults.add({ kind: 'error-500', method: 'POST', path: '/VirDomain/action' })
  const { status } = await call('changeVM_state', { vmUUID: 'web-02', actionType: 'PAUSE' })
  simulator.faults.clear()
  t.equal(status, 502)
  t.same(asked().map(masked), [vms, act, oneVm])
})
