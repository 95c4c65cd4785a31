import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Fault } from '../src/simulator/faults.ts'
import { startTestBridge, type TestBridge, type TestBridgeOptions } from './helper/bridge.ts'
import { clientFor } from './helper/cluster-client.ts'
import { failureOf } from './helper/failure.ts'
import { connectMcp } from './helper/mcp-client.ts'
import { json, startOddServer } from './helper/odd-server.ts'

// What is promised with the limits as they are shipped: nothing here sets others. The tests mostly
// wait, so they run side by side.
t.jobs = 20
t.setTimeout(120_000)
const aside = () => ({ buffered: true, timeout: 120_000 })

/** A read ends after 25 s; the rest is for a busy machine. */
const readMs = 29_000
/** When MCP clients give up. */
const clientMs = 60_000

async function timed<T>(work: Promise<T>): Promise<{ value: T; ms: number }> {
  const startedAt = performance.now()
  return { value: await work, ms: performance.now() - startedAt }
}

/** A bridge that is logged in at node 0. */
async function loggedIn(t: Test, options: TestBridgeOptions = {}): Promise<TestBridge> {
  const bridge = await startTestBridge(t, options)
  t.equal((await bridge.call('ping_read')).status, 200)
  return bridge
}

const hosts = ({ simulator }: TestBridge): string[] =>
  simulator.urls.map((url) => new URL(url).host)

/** What an answer over MCP says, or the error in its place. */
async function said(call: Promise<object>): Promise<string> {
  try {
    return JSON.stringify(await call)
  } catch (error) {
    return (error as Error).message
  }
}

/** Every way to read, with what it says when the cluster hangs. */
async function reads(
  t: Test,
  bridge: TestBridge
): Promise<[name: string, says: Promise<string>][]> {
  const mcp = await connectMcp(t, bridge)
  const rest = async (tool: string, body: object = {}): Promise<string> => {
    const answer = await bridge.call(tool, body)
    t.equal(answer.status, 504, tool)
    t.equal(answer.body.error.code, 'CLUSTER_TIMEOUT', tool)
    return answer.body.error.message
  }
  const overMcp = async (name: string): Promise<string> => {
    const { isError, content } = await mcp.callTool({ name, arguments: {} })
    t.equal(isError, true, name)
    return JSON.stringify(content)
  }
  const vmUUID = bridge.vm('web-01')
  return [
    ['REST ping_read', rest('ping_read')],
    ['REST vm_read', rest('vm_read')],
    ['REST fetch_vm', rest('fetch_vm', { name: 'web' })],
    ['REST snapshotVM, which looks first', rest('snapshotVM', { vmUUID, label: 'never' })],
    ['MCP ping_read', overMcp('ping_read')],
    ['MCP vm_read', overMcp('vm_read')],
    ['MCP hypercore://cluster', said(mcp.readResource({ uri: 'hypercore://cluster' }))],
    ['MCP morning-check', said(mcp.getPrompt({ name: 'morning-check', arguments: {} }))]
  ]
}

// Before the others: what runs beside it would be measured with it.
await t.test('heartbeats and completion do not wait for a cluster that hangs', async (t) => {
  const bridge = await startTestBridge(t)
  const mcp = await connectMcp(t, bridge)
  const remove = bridge.simulator.faults.add({ kind: 'hang' })
  const ready = timed(bridge.fetch('/ready'))
  const typed = (value: string) =>
    timed(
      mcp.complete({
        ref: { type: 'ref/prompt', name: 'why-is-this-vm-slow' },
        argument: { name: 'vm', value }
      })
    )
  const first = await typed('w')
  t.same(first.value.completion.values, [])
  t.ok(first.ms < 3500, `${Math.round(first.ms)} ms`)
  const second = await typed('we')
  t.same(second.value.completion.values, [])
  t.ok(second.ms < 1000, `the next key: ${Math.round(second.ms)} ms`)
  t.equal((await ready).value.status, 503)
  t.ok((await ready).ms < 7000, `${Math.round((await ready).ms)} ms`)
  remove()
  let names: string[] = []
  for (let i = 0; i < 40 && names.length === 0; i++) {
    await delay(1000)
    names = (await typed('web')).value.completion.values
  }
  t.ok(names.length > 0, 'and helps again when the cluster does')
})

for (const [name, start, named] of [
  ['all nodes hang', loggedIn, 2],
  ['all nodes hang before the first login', startTestBridge, 3]
] as const)
  t.test(`${name}: every read ends soon, and says so`, aside(), async (t) => {
    const bridge = await start(t)
    bridge.simulator.faults.add({ kind: 'hang' })
    const calls = await reads(t, bridge)
    await Promise.all(
      calls.map(async ([name, says]) => {
        const { value, ms } = await timed(says)
        t.comment(`${name}: ${Math.round(ms)} ms: ${value}`)
        t.ok(ms < readMs, `${name}: ${Math.round(ms)} ms`)
        const asked = hosts(bridge).filter((host) => value.includes(host))
        t.ok(asked.length >= named, `${name} names ${asked.length} nodes`)
        t.match(value, /did not respond .*within [\d.]+ s.*; check that the node is up/, name)
      })
    )
    const snapshots = [...bridge.simulator.world.state.snapshots.values()]
    t.notOk(snapshots.some(({ label }) => label === 'never'))
  })

t.test('one node of three hangs: one read pays for it, the next does not', aside(), async (t) => {
  const bridge = await loggedIn(t)
  bridge.simulator.faults.add({ kind: 'hang', node: 0 })
  const first = await timed(Promise.all([bridge.call('vm_read'), bridge.call('condition_read')]))
  for (const { status } of first.value) t.equal(status, 200)
  t.ok(first.ms < 13_000, `${Math.round(first.ms)} ms`)
  // Longer than a node that failed is left alone: the look at it costs no call its time.
  for (let i = 0; i < 20; i++) {
    const next = await timed(bridge.call('vm_read'))
    t.equal(next.value.status, 200)
    t.ok(next.ms < 2000, `${Math.round(next.ms)} ms`)
    await delay(1000)
  }
})

t.test('one node of three hangs before the first login', aside(), async (t) => {
  const bridge = await startTestBridge(t)
  bridge.simulator.faults.add({ kind: 'hang', node: 0 })
  const { value, ms } = await timed(bridge.call('vm_read'))
  t.equal(value.status, 200)
  t.ok(ms < 13_000, `${Math.round(ms)} ms`)
  const vmUUID = bridge.vm('web-01')
  const write = await timed(bridge.call('snapshotVM', { vmUUID, label: 'elsewhere' }))
  t.equal(write.value.status, 200)
  t.ok(write.ms < 5000, `${Math.round(write.ms)} ms`)
})

t.test('a login that hangs takes its time from the read, not in addition', aside(), async (t) => {
  const { simulator } = await startTestBridge(t)
  simulator.faults.add({ kind: 'slow', path: '/login', ms: 8000 })
  simulator.faults.add({ kind: 'hang', method: 'GET' })
  const { client } = clientFor(t, simulator.urls)
  const read = await timed(failureOf(client.list('/VirDomain')))
  t.equal(read.value.code, 'CLUSTER_TIMEOUT')
  t.ok(read.ms < readMs, `${Math.round(read.ms)} ms`)
})

t.test('a write is sent once, and ends in time', aside(), async (t) => {
  const bridge = await loggedIn(t)
  bridge.simulator.faults.add({ kind: 'hang', method: 'POST', path: '/VirDomainSnapshot' })
  const body = { vmUUID: bridge.vm('web-01'), label: 'unknown' }
  const { value, ms } = await timed(bridge.call('snapshotVM', body))
  t.equal(value.body.error.code, 'OUTCOME_UNKNOWN')
  t.match(value.body.error.message, hosts(bridge)[0])
  t.ok(ms < clientMs - 5000, `${Math.round(ms)} ms`)
  const sent = bridge.simulator.requests.filter(
    ({ method, path }) => method === 'POST' && path.endsWith('/VirDomainSnapshot')
  )
  t.equal(sent.length, 1)
})

t.test('a write that waits for a login was not sent', aside(), async (t) => {
  const { simulator } = await startTestBridge(t)
  simulator.faults.add({ kind: 'hang', path: '/login' })
  const { client } = clientFor(t, simulator.urls)
  const user = { username: 'second', password: 'secret-of-the-second' }
  const { value, ms } = await timed(failureOf(client.write('POST', '/User', user)))
  t.equal(value.code, 'CLUSTER_TIMEOUT', 'so its outcome is known')
  t.ok(ms < readMs, `${Math.round(ms)} ms`)
  t.notOk(simulator.requests.some(({ path }) => path.endsWith('/User')))
  const renewal = await timed(failureOf(client.sessions.renew()))
  t.equal(renewal.value.code, 'CLUSTER_TIMEOUT')
  t.ok(renewal.ms < readMs, `a login alone: ${Math.round(renewal.ms)} ms`)
})

t.test('many calls at once wait no longer than one', aside(), async (t) => {
  const bridge = await loggedIn(t)
  bridge.simulator.faults.add({ kind: 'hang' })
  const { value, ms } = await timed(
    Promise.all(Array.from({ length: 60 }, () => bridge.call('vm_read')))
  )
  for (const { status } of value) t.equal(status, 504)
  t.ok(ms < readMs, `${Math.round(ms)} ms`)
})

const slow: [string, Fault, nodes: number][] = [
  ['on three nodes', { kind: 'slow', path: '/VirDomain', ms: 12_000 }, 3],
  ['on one node', { kind: 'slow', path: '/VirDomain', ms: 20_000 }, 1]
]
for (const [name, fault, nodes] of slow)
  t.test(`a thousand VMs of a cluster that is slow, ${name}`, aside(), async (t) => {
    const bridge = await loggedIn(t, { simulator: { nodes, vms: 1000 } })
    bridge.simulator.faults.add(fault)
    const { value, ms } = await timed(bridge.call('vm_read', { limit: 5 }))
    t.equal(value.status, 200, `${Math.round(ms)} ms`)
    t.equal(value.body.total, 1000)
  })

t.test('an answer that comes in slowly is awaited; one that stops is not', aside(), async (t) => {
  const server = await startOddServer(t, (request, response) => {
    if (request.url?.endsWith('/Node') === true) return json(response, 200, [])
    response.writeHead(200, { 'content-type': 'application/json' })
    response.write('[')
    if (request.url?.endsWith('/Drive') === true) return
    let pieces = 0
    const timer = setInterval(() => {
      if (++pieces < 30) response.write(`${pieces},`)
      else {
        clearInterval(timer)
        response.end(`${pieces}]`)
      }
    }, 1000)
    response.on('close', () => clearInterval(timer))
  })
  const { client } = clientFor(t, [server.url])
  const [comes, stops] = await Promise.all([
    timed(client.list('/VirDomain')),
    timed(failureOf(client.list('/Drive')))
  ])
  t.equal(comes.value.length, 30)
  t.ok(comes.ms > 25_000, 'although that took longer than the first byte may')
  t.match(stops.value, {
    code: 'CLUSTER_TIMEOUT',
    message: /stopped in the middle of its response/
  })
  t.ok(stops.ms < 20_000, `${Math.round(stops.ms)} ms`)
})
