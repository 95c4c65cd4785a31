import { request as httpRequest } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { McpService } from '../../src/mcp/service.ts'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { type Era, eras } from '../helper/mcp-client.ts'
import { rpc, rpcHeaders } from '../helper/mcp-raw.ts'
import { clientKinds, connectUser } from '../helper/mcp-users.ts'
import { until } from '../helper/simulator.ts'
import { clusterFolder } from './cluster-folder.ts'

/** Real time: a task runs for as long as the test looks, and only callers that wait look at it. */
const slow = { simulator: { speed: 1 }, timings: { followMs: 600_000 } }

/** Calls that were begun, with a server of the SDK or without, and how many of them still run. */
async function servers(bridge: TestBridge): Promise<{ made: () => number; open: () => number }> {
  const service: McpService = await bridge.app.mcp()
  const all: Awaited<ReturnType<McpService['createServer']>>[] = []
  const create = service.createServer
  service.createServer = async (options) => {
    const server = await create(options)
    all.push(server)
    return server
  }
  let [begun, ended] = [0, 0]
  const call = service.http.call.bind(service.http)
  service.http.call = (request) => {
    const direct = call(request)
    if (direct !== undefined) begun += 1
    const onEnd = (): void => void (ended += 1)
    direct?.response.then(onEnd, onEnd)
    return direct
  }
  return {
    made: () => all.length + begun,
    open: () => begun - ended + all.filter(({ transport }) => transport !== undefined).length
  }
}

/** How many requests the cluster gets for calls in the next `ms`. */
async function asked(bridge: Pick<TestBridge, 'simulator'>, ms: number): Promise<number> {
  // Whether an update runs is looked up beside the calls, for all of them.
  const forCalls = () =>
    bridge.simulator.requests.filter(({ path }) => !path.startsWith('/update/')).length
  const before = forCalls()
  await delay(ms)
  return forCalls() - before
}

/** Waits until the cluster is asked for the task again and again. */
async function isFollowed({ simulator }: Pick<TestBridge, 'simulator'>): Promise<void> {
  const looks = () => simulator.requests.filter(({ path }) => path.includes('/TaskTag/')).length
  const before = looks()
  await until(() => looks() > before + 1)
}

interface OpenCall {
  /** What came so far. */
  text: () => string
  /** Cuts the connection. */
  vanish(): void
}

/** A call over a connection of its own that can be cut. */
function openCall(
  bridge: TestBridge,
  era: Era,
  params: { name: string; [key: string]: unknown },
  headers: Record<string, string> = {}
): OpenCall {
  let text = ''
  const call = httpRequest(`${bridge.url}/mcp`, {
    method: 'POST',
    agent: false,
    headers: { ...rpcHeaders(era, bridge.token, 'tools/call', params.name), ...headers }
  })
  call.on('response', (response) => {
    response.on('data', (chunk: Buffer) => (text += chunk.toString()))
    response.on('error', () => undefined)
  })
  call.on('error', () => undefined)
  call.end(JSON.stringify(rpc(era, 'tools/call', params)))
  return { text: () => text, vanish: () => call.destroy() }
}

/** A task that takes long, and its tag. */
async function longTask(bridge: TestBridge): Promise<string> {
  const { body } = await bridge.call('exportVM', { vmUUID: bridge.vm('app-01'), wait: 0 })
  return body.taskTag
}

/** The work of a call stops soon after its caller went away, and leaves nothing behind. */
async function isOver(t: Test, bridge: TestBridge, count: { open: () => number }): Promise<void> {
  await until(() => count.open() === 0, 1000)
  await delay(100)
  t.equal(await asked(bridge, 1500), 0, 'the cluster is left in peace')
  t.equal(count.open(), 0, 'the server is closed')
  t.notMatch(bridge.log.join(''), /"level":(50|60)/, 'nothing failed')
}

for (const era of eras) {
  t.test(`a wait is given up when the connection is cut, ${era}`, async (t) => {
    const bridge = await startTestBridge(t, slow)
    const count = await servers(bridge)
    const taskTag = await longTask(bridge)
    const wait = { name: 'waitTask', arguments: { taskTag, wait: 120 } }
    const ways: [string, { name: string }, Record<string, string>][] = [
      ['with progress', { ...wait, _meta: { progressToken: 1 } } as { name: string }, {}],
      ['as a silent stream', wait, {}],
      ['as JSON', wait, { accept: 'application/json' }]
    ]
    for (const [way, params, headers] of ways)
      await t.test(way, async (t) => {
        const call = openCall(bridge, era, params, headers)
        await isFollowed(bridge)
        t.equal(count.open(), 1)
        if (way === 'with progress') t.match(call.text(), /"notifications\/progress"/)
        call.vanish()
        await isOver(t, bridge, count)
      })
  })

  t.test(`a call that the cluster never answers ends with its caller, ${era}`, async (t) => {
    const bridge = await startTestBridge(t, slow)
    const count = await servers(bridge)
    bridge.simulator.faults.add({ kind: 'hang', path: '/VirDomain' })
    const calls = Array.from({ length: 20 }, () => openCall(bridge, era, { name: 'vm_read' }))
    await until(() => count.open() === 20)
    await until(() => bridge.simulator.requests.some(({ path }) => path.includes('/VirDomain')))
    for (const call of calls) call.vanish()
    await isOver(t, bridge, count)
    bridge.simulator.faults.clear()
    t.equal((await bridge.call('vm_read')).status, 200, 'and the bridge lives on')
  })

  t.test(`a client that goes before its answer begins, ${era}`, async (t) => {
    const bridge = await startTestBridge(t)
    const count = await servers(bridge)
    const call = openCall(bridge, era, {
      name: 'snapshotVM',
      arguments: { vmUUID: bridge.vm('app-01'), label: 'x' },
      _meta: { progressToken: 1 }
    })
    await delay(20)
    call.vanish()
    await isOver(t, bridge, count)
  })
}

t.test('the modern client cancels over HTTP', async (t) => {
  const bridge = await startTestBridge(t, slow)
  const count = await servers(bridge)
  const taskTag = await longTask(bridge)
  const user = await connectUser(t, 'v2 modern', bridge)
  const stop = new AbortController()
  const call = user.call('waitTask', { taskTag, wait: 120 }, { signal: stop.signal })
  call.catch(() => undefined)
  await isFollowed(bridge)
  stop.abort()
  await t.rejects(call)
  await isOver(t, bridge, count)
  t.notOk((await user.call('ping_read')).isError, 'the client goes on')
})

for (const kind of clientKinds)
  t.test(`cancellation over stdio, ${kind}`, async (t) => {
    const bridge = await startTestBridge(t, slow)
    const user = await connectUser(t, kind, await clusterFolder(t, bridge.simulator))
    const taskTag = await longTask(bridge)
    const stop = new AbortController()
    const call = user.call('waitTask', { taskTag, wait: 120 }, { signal: stop.signal })
    call.catch(() => undefined)
    await isFollowed(bridge)
    stop.abort()
    await t.rejects(call)
    await delay(200)
    t.equal(await asked(bridge, 1500), 0, 'the cluster is left in peace')
    t.notOk((await user.call('ping_read')).isError, 'the connection goes on')
  })

t.test(
  'the bridge closes in two seconds, whatever clients listen, and says how far calls are',
  async (t) => {
    const bridge = await startTestBridge(t, slow)
    const count = await servers(bridge)
    const taskTag = await longTask(bridge)
    const wait = {
      name: 'waitTask',
      arguments: { taskTag, wait: 120 },
      _meta: { progressToken: 1 }
    }
    const calls = [0, 1, 2, 3, 4].flatMap(() => eras.map((era) => openCall(bridge, era, wait)))
    const json = eras.map((era) => openCall(bridge, era, wait, { accept: 'application/json' }))
    await until(() => calls.every((call) => call.text().includes('progress')))
    await until(() => count.open() === 12)
    const from = Date.now()
    await bridge.close()
    t.ok(Date.now() - from < 2000, `closed in ${Date.now() - from} ms`)
    t.equal(count.open(), 0)
    for (const call of [...calls, ...json])
      t.match(
        call.text(),
        /"state":"(QUEUED|RUNNING)".*waitTask with taskTag/,
        'the last known state'
      )
  }
)

t.test('the bridge closes in two seconds, though the cluster hangs', async (t) => {
  const bridge = await startTestBridge(t, slow)
  const count = await servers(bridge)
  bridge.simulator.faults.add({ kind: 'hang', path: '/VirDomain' })
  const calls = eras.map((era) => openCall(bridge, era, { name: 'vm_read' }))
  await until(() => count.open() === calls.length)
  await until(() => bridge.simulator.requests.some(({ path }) => path.includes('/VirDomain')))
  const from = Date.now()
  await bridge.close()
  t.ok(Date.now() - from < 2000, `closed in ${Date.now() - from} ms`)
  t.equal(count.open(), 0)
  for (const call of calls)
    t.match(call.text(), /"The bridge was stopped: call again later"},"id":1/)
})
