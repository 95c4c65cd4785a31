import t, { type Test } from 'tap'
import type { AttentionCode } from '../../src/views/attention/finding.ts'
import { attentionCodes } from '../../src/views/attention/finding.ts'
import type { ScenarioName } from '../../src/simulator/inventory/scenarios.ts'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { connectMcp } from '../helper/mcp-client.ts'
import { acceptTokens, principalWith } from '../helper/principals.ts'

const text = { accept: 'text/plain' }

/** A cluster in which nothing stands wrong but this. */
const clusterWith = (t: Test, ...scenario: ScenarioName[]): Promise<TestBridge> =>
  startTestBridge(t, { simulator: { scenario: ['healthy', ...scenario] } })

interface Item {
  code: string
  severity: string
  count: number
  reason: string
  of: string[]
  more?: number
  next: string
}

/** The findings as they are, and each next call as it is carried out. */
async function findings(t: Test, bridge: TestBridge): Promise<Item[]> {
  const { status, body } = await bridge.call('attention', { limit: 100 })
  t.equal(status, 200, JSON.stringify(body).slice(0, 300))
  for (const { next } of body.items as Item[]) {
    const [, tool = '', args = ''] = /^(\w+) (\{.*\})$/.exec(next) ?? []
    const answer = await bridge.call(tool, JSON.parse(args))
    t.equal(answer.status, 200, `${next}: ${JSON.stringify(answer.body).slice(0, 300)}`)
    if ('total' in answer.body) t.not(answer.body.total, 0, `${next} finds what is meant`)
  }
  return body.items
}

t.test('nothing wrong: it says so, with what was looked at', async (t) => {
  const bridge = await clusterWith(t)
  const { body } = await bridge.call('attention')
  t.match(body, {
    summary: 'nothing needs attention',
    total: 0,
    items: [],
    timeZone: 'Europe/Berlin',
    lookedAt:
      /^24 VMs, 3 nodes, 12 drives, 0 set conditions, \d+ snapshots, 3 schedules, 1 replication, 1 remote cluster, updates$/
  })
  t.notOk('notRead' in body)
  const shown = await bridge.call('attention', {}, text)
  t.match(
    shown.text,
    /^nothing needs attention \(\d{4}-\d\d-\d\d \d\d:\d\d Europe\/Berlin\)\nlooked at: 24 VMs/
  )
})

/** Each code, by what provokes it. */
const provoked: [ScenarioName, AttentionCode, string, RegExp][] = [
  ['node-offline', 'NODE_OFFLINE', 'CRITICAL', /^1 of 3 nodes offline$/],
  ['node-unusable', 'NODE_UNUSABLE', 'ERROR', /^1 of 3 nodes cannot run VMs$/],
  ['node-maintenance', 'NODE_MAINTENANCE', 'NOTICE', /^1 of 3 nodes taken out of use$/],
  ['memory-short', 'NODE_MEMORY_HIGH', 'WARNING', /^3 nodes above 90 % memory$/],
  [
    'memory-short',
    'FAILOVER_SHORT',
    'WARNING',
    /its VMs take [\d.]+ GiB, the others have [\d.]+ GiB free/
  ],
  ['drive-failing', 'DRIVE_FAILING', 'ERROR', /^1 of 12 drives not healthy or not reachable$/],
  ['drive-unreachable', 'DRIVE_FAILING', 'ERROR', /^1 of 12 drives/],
  ['drive-hot', 'DRIVE_HOT', 'ERROR', /^1 drive less than 5 °C below the limit$/],
  ['drive-full', 'DRIVE_FULL', 'WARNING', /^1 drive above 90 %$/],
  ['drive-errors', 'DRIVE_ERRORS', 'WARNING', /^1 drive with errors$/],
  ['storage-filling', 'STORAGE_FILLING', 'WARNING', /^80 % in use: [\d.]+ TiB of [\d.]+ TiB/],
  ['storage-full', 'STORAGE_FILLING', 'CRITICAL', /^93 % in use/],
  [
    'update-failed',
    'UPDATE_FAILED',
    'ERROR',
    /^the last update from build \d+ to 9\.4\.30\.\d+ did not complete/
  ],
  ['vm-crashed', 'VM_CRASHED', 'ERROR', /^1 VM crashed$/],
  ['vm-down', 'VM_DOWN', 'ERROR', /^1 VM off that should run$/],
  ['vm-blocked', 'VM_BLOCKED', 'WARNING', /^1 VM waiting for a disk$/],
  ['vm-paused', 'VM_PAUSED', 'WARNING', /^1 VM paused, holding [\d.]+ GiB memory$/],
  ['agent-silent', 'AGENT_SILENT', 'NOTICE', /^1 of \d+ running VMs: the guest agent/],
  [
    'condition',
    'CONDITION',
    'CRITICAL',
    /^"Some data has only one copy" \(condition.redundancyLost\), for 2 h$/
  ],
  ['condition-unsure', 'CONDITION', 'WARNING', /the check itself fails, do not trust it$/],
  ['remote-down', 'REMOTE_DISCONNECTED', 'WARNING', /^1 of 1 remote cluster not connected$/],
  [
    'replication-late',
    'REPLICATION_LATE',
    'WARNING',
    /^1 of 1 replication behind for more than 1 h$/
  ],
  ['replication-off', 'REPLICATION_OFF', 'NOTICE', /^1 of 1 replication switched off$/],
  [
    'snapshots-stale',
    'SNAPSHOT_STALE',
    'WARNING',
    /^\d of \d VMs with a schedule missed 2 runs or more$/
  ],
  ['schedule-unused', 'SCHEDULE_COVERS_NOTHING', 'NOTICE', /^1 of 4 schedules without a VM$/],
  ['schedule-empty', 'SCHEDULE_COVERS_NOTHING', 'WARNING', /^1 schedule without a rule/]
]

for (const [scenario, code, severity, reason] of provoked)
  t.test(`${code} is provoked by ${scenario}, and its next call works`, async (t) => {
    const bridge = await clusterWith(t, scenario)
    const items = await findings(t, bridge)
    const found = items.find((item) => item.code === code)
    t.match(found, { code, severity, reason })
    const others = items.filter((item) => item.code !== code).map((item) => item.code)
    t.comment(`beside it: ${others.join(', ') || 'nothing'}`)
  })

t.test('updates: one on offer, and one that runs', async (t) => {
  const bridge = await startTestBridge(t)
  const offered = await findings(t, bridge)
  t.match(
    offered.find(({ code }) => code === 'UPDATE_AVAILABLE'),
    { severity: 'INFO', of: [/^9\.4\.99/], next: 'update_read {}' }
  )
  const [update] = bridge.simulator.world.state.updates
  await bridge.call('run_api', {
    query: `/Update/${String(update?.['uuid'])}/apply`,
    method: 'POST'
  })
  const { body } = await bridge.call('attention', { limit: 100 })
  const running = body.items.find(({ code }: Item) => code === 'UPDATE_RUNNING')
  t.match(running, { severity: 'WARNING', reason: /update/ })
  t.notOk(body.items.some(({ code }: Item) => code === 'UPDATE_AVAILABLE'))
})

t.test('every code is provoked', async (t) => {
  const codes = new Set<string>(provoked.map(([, code]) => code))
  for (const code of ['UPDATE_AVAILABLE', 'UPDATE_RUNNING']) codes.add(code)
  t.same(codes, new Set(Object.keys(attentionCodes)))
})

t.test('what cannot be read is said, and is not fine', async (t) => {
  const bridge = await clusterWith(t)
  const paths = ['/VirDomainSnapshot', '/Condition', '/Update']
  for (const path of paths)
    bridge.simulator.faults.add({ kind: 'json-error', path, status: 403, message: 'Not allowed' })
  const { status, body } = await bridge.call('attention')
  t.equal(status, 200)
  t.match(body.summary, /nothing needs attention in what could be read; not all could/)
  t.match(body.notRead.join('\n'), /^conditions \(CONDITION\): .*403/m)
  t.match(body.notRead.join('\n'), /^snapshots \(SNAPSHOT_STALE, REPLICATION_LATE\): /m)
  t.notMatch(body.lookedAt, /condition|snapshot|update/)
  const shown = await bridge.call('attention', {}, text)
  t.match(shown.text, /^NOT READ: conditions/m)

  bridge.simulator.faults.add({ kind: 'json-error', status: 403, message: 'Not allowed' })
  const nothing = await bridge.call('attention')
  t.equal(nothing.status, 403)
  t.match(nothing.body.error, { code: 'CLUSTER_REFUSED' })
})

t.test('a limited token sees its own VMs only', async (t) => {
  const bridge = await startTestBridge(t)
  acceptTokens(bridge, { lab: principalWith(['read'], ['lab']) })
  const { state } = bridge.simulator.world
  const own = [...state.virDomains.values()].find(({ name }) => name === 'build-01')
  if (own !== undefined) own.tags = 'lab'
  const shown = await bridge.call(
    'attention',
    { limit: 100 },
    { authorization: 'Bearer lab', ...text }
  )
  t.match(
    shown.text,
    /VM_PAUSED: 1 VM paused, holding 8 GiB memory: "build-01"; next: around {"target":"build-01"}/
  )
  t.match(shown.text, /looked at: 1 VM, /)
  t.match(shown.text, /NOT READ: VMs not tagged lab/)
  for (const { name } of state.virDomains.values())
    if (name !== 'build-01') t.notMatch(shown.text, new RegExp(`"${name}"`), name)
  t.notMatch(shown.text, /SCHEDULE_COVERS_NOTHING/, 'who uses a schedule is not known')
})

t.test('over MCP it is the same', async (t) => {
  const bridge = await clusterWith(t, 'drive-hot')
  const client = await connectMcp(t, bridge)
  const { content, structuredContent } = await client.callTool({ name: 'attention', arguments: {} })
  t.match(content, [{ type: 'text', text: /^- ERROR DRIVE_HOT: /m }])
  t.match(structuredContent, { total: 1, items: [{ code: 'DRIVE_HOT' }] })
})

t.test('limit shows fewer, and says how many there are', async (t) => {
  const bridge = await startTestBridge(t)
  const { body } = await bridge.call('attention', { limit: 2 })
  t.equal(body.returned, 2)
  t.equal(body.items.length, 2)
  t.match(body.hint, new RegExp(`^${body.total - 2} more \\(.*\\): limit ${body.total} shows all$`))
  for (const limit of [0, 101, 'many', 1.5]) {
    const refused = await bridge.call('attention', { limit })
    t.equal(refused.status, 400, String(limit))
    t.match(refused.body.error, { code: 'INVALID_ARGUMENT', message: /limit/ })
  }
})
