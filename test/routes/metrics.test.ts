import { PerformanceObserver } from 'node:perf_hooks'
import t from 'tap'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { holdTimers } from '../helper/held-timers.ts'
import { connectMcp } from '../helper/mcp-client.ts'
import { until } from '../helper/simulator.ts'
import { tokensOf } from '../helper/token-file.ts'

/** What watches the garbage collection of this process. */
const watches = new Set<PerformanceObserver>()
const observe = Reflect.get(PerformanceObserver.prototype, 'observe')
PerformanceObserver.prototype.observe = function (options) {
  watches.add(this)
  observe.call(this, options)
}

/** A line of the exposition: `name{a="1"}` and its value. */
async function read(bridge: TestBridge, headers = {}): Promise<Map<string, number>> {
  const { status, text, headers: own } = await bridge.fetch('/metrics', { headers })
  if (status !== 200) throw new Error(`/metrics returned ${status}: ${text}`)
  if (!String(own['content-type']).startsWith('text/plain; version=0.0.4'))
    throw new Error(`It is no text of Prometheus: ${String(own['content-type'])}`)
  const values = new Map<string, number>()
  for (const line of text.split('\n')) {
    if (line === '' || /^# (?:HELP|TYPE) \w+ \S/.test(line)) continue
    const [, series = '', value = ''] = /^(\w+(?:\{[^\n]*\})?) (\S+)$/.exec(line) ?? []
    if (series === '') throw new Error(`No line of the format: ${line}`)
    values.set(series, Number(value))
  }
  return values
}

const bearer = ({ token }: TestBridge) => ({ authorization: `Bearer ${token}` })

t.test('calls are counted by tool, outcome and surface', async (t) => {
  const bridge = await startTestBridge(t)
  for (let i = 0; i < 3; i++) await bridge.call('vm_read')
  await bridge.call('getVM_details', { vmUUID: 'nobody' })
  const client = await connectMcp(t, bridge)
  await client.callTool({ name: 'vm_read', arguments: {} })
  const values = await read(bridge)
  const calls = (tool: string, outcome: string, surface: string) =>
    values.get(
      `scale_bridge_tool_calls_total{tool="${tool}",outcome="${outcome}",surface="${surface}"}`
    )
  t.equal(calls('vm_read', 'ok', 'rest'), 3)
  t.equal(calls('vm_read', 'ok', 'mcp'), 1)
  t.equal(calls('getVM_details', 'NOT_FOUND', 'rest'), 1)
  t.equal(values.get('scale_bridge_tool_call_seconds_count{tool="vm_read"}'), 4)
  t.ok(Number(values.get('scale_bridge_tool_call_seconds_sum{tool="vm_read"}')) > 0)
  const ok = 'scale_bridge_http_requests_total{method="POST",route="/vm_read",status="200"}'
  t.equal(values.get(ok), 3)
  t.ok(Number(values.get('process_resident_memory_bytes')) > 2 ** 20)
})

t.test('two bridges in a process count apart, and the process is measured once', async (t) => {
  const first = await startTestBridge(t)
  await first.call('vm_read')
  await read(first)
  const watchesOfOne = watches.size
  const second = await startTestBridge(t)
  for (const [bridge, counted] of [
    [first, 1],
    [second, 0]
  ] as const) {
    const values = await read(bridge)
    const calls = [...values.keys()].filter((series) => series.includes('tool_calls_total{'))
    t.equal(calls.length, counted)
    t.ok(values.has('nodejs_eventloop_lag_seconds'), 'each shows the process')
  }
  t.equal(watches.size, watchesOfOne)
})

t.test('requests to the cluster are those that it got', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { nodes: 1 } })
  await bridge.call('vm_read')
  await bridge.call('snapshotVM', { vmUUID: 'web-01', label: 'counted', wait: 30 })
  bridge.simulator.faults.add({ kind: 'error-500', path: '/Condition', times: 1 })
  await bridge.call('condition_read')
  const values = await read(bridge)
  const sums: Record<string, number> = {}
  for (const [series, value] of values) {
    const [, kind = ''] = /^scale_bridge_cluster_requests_total\{.*kind="(\w+)"/.exec(series) ?? []
    if (kind !== '') sums[kind] = (sums[kind] ?? 0) + value
  }
  const got = (holds: (method: string, path: string) => boolean): number =>
    bridge.simulator.requests.filter(({ method, path }) => holds(method, path)).length
  t.equal(
    sums['login'],
    got((_, path) => path.endsWith('/login'))
  )
  t.equal(
    sums['write'],
    got((method, path) => method !== 'GET' && !path.endsWith('/login'))
  )
  t.equal(
    sums['read'],
    got((method) => method === 'GET')
  )
  const node = new URL(bridge.simulator.urls[0] ?? '').host
  const failed = `scale_bridge_cluster_requests_total{node="${node}",kind="read",result="500"}`
  t.equal(values.get(failed), 1)
  t.equal(values.get('scale_bridge_cluster_sessions'), 1)
  t.equal(values.get('scale_bridge_ledger_writes{state="UNKNOWN"}'), 0)
  t.equal(values.get('scale_bridge_ledger_writes{state="COMPLETE"}'), 1)
})

t.test('requests to an unreachable node are counted by error code', async (t) => {
  const bridge = await startTestBridge(t)
  bridge.simulator.faults.add({ kind: 'node-down', node: 0 })
  await bridge.call('vm_read')
  const values = await read(bridge)
  const gone = [...values.keys()].filter((series) =>
    /^scale_bridge_cluster_requests_total\{.*result="CLUSTER_UNREACHABLE"/.test(series)
  )
  t.equal(gone.length, 1)
})

t.test('the ways to the cluster', async (t) => {
  const bridge = await startTestBridge(t)
  const nodes = bridge.simulator.urls.map((url) => new URL(url).host)
  await bridge.call('vm_read')
  const breaker = (values: Map<string, number>, kind: string) =>
    ['closed', 'half-open', 'open'].map((state) =>
      values.get(`scale_bridge_cluster_breaker{node="${nodes[0]}",kind="${kind}",state="${state}"}`)
    )
  const before = await read(bridge)
  t.same(breaker(before, 'write'), [1, 0, 0])
  t.equal(before.get(`scale_bridge_cluster_node_slow{node="${nodes[0]}",kind="read"}`), 0)
  const lane = (values: Map<string, number>, state: string) =>
    values.get(`scale_bridge_cluster_lane_requests{lane="read",state="${state}"}`)
  t.same([lane(before, 'under_way'), lane(before, 'waiting')], [0, 0])
  t.equal(before.get('scale_bridge_cluster_tasks_followed'), 0)
  t.equal(before.get('scale_bridge_cluster_nodes_not_listed'), 0)
  t.same(
    ['configured', 'found', 'missing'].map((state) =>
      before.get(`scale_bridge_cluster_nodes{state="${state}"}`)
    ),
    [3, 0, 0]
  )

  const waits = holdTimers(t, 4_000_000)
  const fault = { kind: 'slow', path: '/Drive', ms: 4_000_000 } as const
  bridge.simulator.faults.add(fault)
  const shared = async (): Promise<number> =>
    Number((await read(bridge)).get('scale_bridge_cluster_reads_shared_total'))
  // A machine that stands still for so long that none joins another sees them in a later round.
  await until(async () => {
    const earlier = await shared()
    let isOver = false
    const calls = Promise.all(['1', '2', '3'].map(() => bridge.call('drive_read')))
    const over = calls.then(() => (isOver = true))
    await until(async () => (await shared()) + waits.waiting.length >= earlier + 3)
    const underWay = Number(lane(await read(bridge), 'under_way'))
    await until(() => (waits.release(), isOver))
    await over
    return underWay > 0 && (await shared()) >= earlier + 2
  })

  bridge.simulator.faults.add({ kind: 'node-down', node: 0 })
  await bridge.call('vm_read')
  t.same(breaker(await read(bridge), 'write'), [0, 0, 1])
})

t.test('refusals by code', async (t) => {
  const bridge = await startTestBridge(t, { config: { readOnly: true } })
  for (const name of ['a', 'b']) await bridge.call('createVM', { name })
  t.equal((await read(bridge)).get('scale_bridge_refusals_total{code="READ_ONLY"}'), 2)
})

t.test('plans that wait', async (t) => {
  const bridge = await startTestBridge(t, { config: { approval: 'lose' } })
  bridge.app.hasApprover = () => true
  t.equal((await read(bridge)).get('scale_bridge_plans{state="WAITING"}'), 0)
  await bridge.call('deleteVM', { vmUUID: 'test-web-01' })
  t.equal((await read(bridge)).get('scale_bridge_plans{state="WAITING"}'), 1)
})

t.test('no name of a VM, a person or a token is in it', async (t) => {
  const bridge = await startTestBridge(t)
  await bridge.call('fetch_vm', { name: 'web-01' }, { 'x-openwebui-user-name': 'Ada' })
  await bridge.call('snapshotVM', { vmUUID: 'web-01', label: 'secret plan' })
  await bridge.fetch('/rest/v1/VirDomain/web-01?token=abc')
  await until(async () => (await read(bridge)).size > 0)
  const { text } = await bridge.fetch('/metrics')
  t.notMatch(text, /web-01|Ada|secret plan|abc|operator/)
})

t.test('who may read it', async (t) => {
  const open = await startTestBridge(t)
  t.equal((await open.fetch('/metrics')).status, 200, 'on loopback anybody')
  const wrong = { headers: { authorization: 'Bearer wrong' } }
  t.equal((await open.fetch('/metrics', wrong)).status, 401)

  const tokens = tokensOf(t)
  const behindProxy = await startTestBridge(t, {
    config: { publicUrl: 'https://bridge.example' },
    tokensFile: tokens.path
  })
  t.equal((await behindProxy.fetch('/metrics')).status, 401, 'a proxy makes loopback public')
  t.ok((await read(behindProxy, bearer(behindProxy))).size > 10)
  const token = await tokens.create('approver', 'approve')
  await until(async () => {
    const headers = { authorization: `Bearer ${token}` }
    return (await behindProxy.fetch('/metrics', { headers })).status === 403
  })
  t.pass('it takes the scope read')

  // The proxy of docs/deployment.md keeps the bridge on loopback and names itself.
  const named = await startTestBridge(t, { config: { allowedHosts: ['bridge.example'] } })
  for (const host of ['bridge.example', '127.0.0.1'])
    t.equal((await named.fetch('/metrics', { headers: { host } })).status, 401, host)
  t.ok((await read(named, bearer(named))).size > 10)
  const local = await startTestBridge(t, { config: { allowedHosts: ['localhost'] } })
  t.equal((await local.fetch('/metrics')).status, 200, 'a name of this machine is none of a proxy')

  const everywhere = await startTestBridge(t, { config: { host: '0.0.0.0' } })
  t.equal((await everywhere.fetch('/metrics')).status, 401)
})

t.test(
  'what a proxy or a page of another site passes on needs a token on loopback, too',
  async (t) => {
    const bridge = await startTestBridge(t, { config: { corsOrigins: ['*'] } })
    for (const [name, value] of [
      ['X-Forwarded-For', '203.0.113.7'],
      ['x-forwarded-proto', 'https'],
      ['Forwarded', 'for=203.0.113.7'],
      ['Via', '1.1 proxy'],
      ['X-Real-IP', '203.0.113.7'],
      ['Origin', 'https://elsewhere.example']
    ] as const) {
      const headers = { [name]: value }
      const { status, body } = await bridge.fetch('/metrics', { headers })
      t.match({ status, body }, { status: 401, body: { error: { code: 'UNAUTHORIZED' } } }, name)
      t.ok(
        (await read(bridge, { ...headers, ...bearer(bridge) })).size > 10,
        `${name} with a token`
      )
    }
    t.equal((await bridge.fetch('/metrics')).status, 200)
  }
)
