import t from 'tap'
import { judge } from '../../src/catalog/effects/judge.ts'
import type { Effect } from '../../src/lib/effect.ts'
import { startTestBridge } from '../helper/bridge.ts'
import { startFileServer } from '../helper/file-server.ts'
import { sentWrites } from '../helper/sent-bodies.ts'
import { argsOf, editHint, samples, subjectsOf } from '../tools.ts'

const files = await startFileServer(t, 1000)
const bridge = await startTestBridge(t, { config: { importSources: ['*', '127.0.0.1'] } })
const writes = sentWrites(t, bridge)
const { simulator } = bridge
const { nodes, isos, snapshots, snapshotSchedules } = simulator.world.state
const tools = bridge.app.tools

const first = <T extends { uuid: string }>(records: Map<string, T>): string =>
  [...records.values()][0]?.uuid ?? ''

const vm = (name: string): string => bridge.vm(name)
const readyIso = (): string => [...isos.values()].find((iso) => iso.readyForInsert)?.uuid ?? ''

type Args = Record<string, unknown>

/** What the samples of test/tools.ts leave out: every argument that ends up in a body. */
const calls: [tool: string, args: () => Args | Promise<Args>][] = [
  [
    'createVM',
    () => ({
      name: 'new-01',
      numVCPU: 2,
      mem: 2 ** 30,
      disks: [{ capacity: 2 ** 30 }],
      nics: [{ vlan: 10, type: 'VIRTIO', macAddress: '7C:4C:58:00:00:01', connected: false }],
      isoUUID: readyIso(),
      description: 'd',
      tags: 'lab',
      operatingSystem: 'os_other',
      machineTypeKeyword: 'uefi',
      cloudInitUserData: '#cloud-config',
      cloudInitMetaData: 'x'
    })
  ],
  [
    'updateVM',
    () => ({
      vmUUID: vm('new-01'),
      name: 'new-02',
      description: 'e',
      addTags: 'prod',
      numVCPU: 1,
      mem: 2 ** 31,
      operatingSystem: 'os_other',
      machineType: 'scale-uefi-9.3',
      bootDevices: [],
      snapshotScheduleUUID: first(snapshotSchedules),
      preferredNodeUUID: first(nodes),
      backupNodeUUID: '',
      strictAffinity: false
    })
  ],
  ['updateVM', () => ({ vmUUID: vm('new-02'), snapshotScheduleUUID: '' })],
  ['changeNIC', () => ({ vmUUID: vm('web-01'), vlan: 20, connected: false })],
  ['changeNIC', () => ({ vmUUID: vm('web-01'), connected: true })],
  ['changeNIC', () => ({ vmUUID: vm('test-web-01'), mac: '7C:4C:58:00:00:02' })],
  ['addNIC', () => ({ vmUUID: vm('test-web-01'), vlan: 0, mac: '7C:4C:58:00:00:03' })],
  ['insertISO', () => ({ vmUUID: vm('web-01'), iso: readyIso() })],
  ...['START', 'PAUSE', 'START', 'REBOOT', 'RESET', 'NMI', 'SHUTDOWN', 'STOP'].map(
    (actionType): [string, () => Args] => [
      'changeVM_state',
      () => ({ vmUUID: vm('web-01'), actionType, again: true })
    ]
  ),
  [
    'cloneVM',
    () => {
      const [snapshot] = [...snapshots.values()].filter(
        ({ domainUUID }) => domainUUID === vm('web-01')
      )
      return { vmUUID: vm('web-01'), name: 'new-03', snapUUID: snapshot?.uuid, tags: 'lab' }
    }
  ],
  ['changeVMs', () => ({ vms: ['web-01', 'app-01'], action: 'snapshot', label: 'several' })],
  ['changeVMs', () => ({ vms: ['tag:web'], action: 'SHUTDOWN', wait: 300 })],
  [
    'changeVMs',
    () => ({ vms: ['app-01'], action: 'deleteSnapshots', olderThanDays: 0, wait: 300 })
  ],
  ['snapshotSchedule_assign', () => ({ schedule: 'effects-01', vms: ['web-01', 'app-01'] })],
  ['snapshotSchedule_assign', () => ({ schedule: '', vms: ['web-01', 'app-01'] })],
  ['replicate', () => ({ vmUUID: vm('app-01') })],
  ['replicate', () => ({ vmUUID: vm('app-01'), enable: false })],
  [
    'restoreVM',
    () => ({ vmUUID: vm('web-02'), snapshot: 'newest', keepMAC: true, startAfter: true, wait: 300 })
  ],
  ['undo', async () => ({ sequence: (await bridge.app.sequences.list())[0]?.id, wait: 300 })],
  ['uploadISO', () => ({ url: `${files.url}/a.iso`, wait: 60 })],
  ['uploadDisk', () => ({ url: `${files.url}/a.img`, wait: 60 })],
  [
    'importVM',
    () => ({ pathURI: 'smb://u:p@nas.example/x', definitionFileName: 'a.xml', name: 'i' })
  ]
]

/** They send what their arguments say. */
const anything = ['run_api', 'plan']
/** Logins are not looked at here. */
const unseen = new Set(['generate_session', ...anything])

t.test('each tool does what its effects say, and nothing else', async (t) => {
  const { catalog } = bridge.app
  const seen = new Map<string, Set<Effect>>()
  const about = subjectsOf(bridge, 'effects-01')
  const sampled = samples.map((sample): (typeof calls)[number] => [
    sample.tool,
    () => argsOf(sample, about, bridge)
  ])
  let judged = 0
  for (const [name, args] of [...sampled, ...calls]) {
    simulator.requests.length = 0
    writes.length = 0
    const tool = tools.get(name)
    await bridge.call(name, await args())
    const allowed: readonly Effect[] = ['read', ...(tool?.effects ?? [])]
    const found = seen.get(name) ?? new Set<Effect>()
    seen.set(name, found)
    const reads = simulator.requests
      .filter(({ method, path }) => method === 'GET' && path.startsWith('/rest/v1'))
      .map(({ path }) => ({ method: 'GET' as const, path: path.replace('/rest/v1', '') }))
    for (const request of [...reads, ...writes]) {
      judged += 1
      const [path = '', query = ''] = request.path.split('?')
      const sent = { ...request, path, query: Object.fromEntries(new URLSearchParams(query)) }
      const { effect, reason } = judge(catalog, sent as Parameters<typeof judge>[1])
      found.add(effect)
      t.ok(
        allowed.includes(effect),
        `${name}: ${request.method} ${request.path} ${effect}: ${reason}`
      )
    }
  }
  t.ok(judged > 80, `${judged} requests`)
  t.same(new Set(seen.keys()), new Set(tools.keys()), editHint)
  for (const [name, { effects = [] }] of tools) {
    if (unseen.has(name)) continue
    const never = effects.filter((effect) => seen.get(name)?.has(effect) !== true)
    t.same(never, [], `${name} claims no effect that it never has`)
  }
})

t.test('only run_api and plan may do anything, and readers declare nothing', (t) => {
  for (const [name, { effects = [], annotations }] of tools) {
    if (annotations.readOnlyHint) t.same(effects, [], name)
    else
      t.ok(
        effects.some((effect) => effect !== 'read'),
        name
      )
    t.equal(effects.length > 3, anything.includes(name), name)
  }
  t.end()
})
