import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import t from 'tap'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { until } from '../helper/simulator.ts'

const looks = (bridge: TestBridge, taskTag: string): number =>
  bridge.simulator.requests.filter(({ path }) => path.endsWith(`/TaskTag/${taskTag}`)).length

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

function firstVm(bridge: TestBridge): { uuid: string; name: string } {
  const [vm] = bridge.simulator.world.state.virDomains.values()
  if (vm === undefined) throw new Error('The simulated cluster has no VM')
  return vm
}

/** How many calls of a tool are over, those of callers who went away included. */
const callsEnded = (bridge: TestBridge, name: string): number =>
  bridge.log.filter((line) => JSON.parse(line).tool === name).length

t.test('every tool that answers a task can wait for it', async (t) => {
  const { app } = await startTestBridge(t)
  const starting = [...app.tools.values()].filter(
    ({ name, output }) => 'taskTag' in (output['properties'] ?? {}) || name === 'run_api'
  )
  t.ok(starting.length > 30)
  for (const { name, input } of starting) {
    if (name === 'taskTagStatusFilter') continue
    t.match(input.properties['wait'], { type: 'number', minimum: 0 }, name)
  }
})

t.test('a hundred who wait for one task, over REST and MCP, are one poller', async (t) => {
  const bridge = await startTestBridge(t, {
    simulator: { speed: 0 },
    cluster: { tasks: { pauseMs: 200 } }
  })
  const { uuid } = firstVm(bridge)
  const { body } = await bridge.call('cloneVM', { vmUUID: uuid, name: 'copy-01', wait: 0 })
  const { taskTag, createdUUID } = body
  const client = new Client({ name: 'test', version: '1' })
  await client.connect(
    new StreamableHTTPClientTransport(new URL('/mcp', bridge.url), {
      requestInit: { headers: { authorization: `Bearer ${bridge.token}` } }
    })
  )
  t.teardown(() => client.close())
  const before = looks(bridge, taskTag)
  const startedAt = performance.now()
  let arrived = 0
  bridge.app.server.on('request', () => arrived++)
  const args = { taskTag, wait: 300 }
  const calls = Array.from({ length: 100 }, async (_, i) => {
    if (i % 2 === 0) return (await bridge.call('waitTask', args)).body
    const result = await client.callTool({ name: 'waitTask', arguments: args })
    return result.structuredContent
  })
  // The task ends when all of them wait, however long that takes.
  await until(() => arrived >= calls.length)
  bridge.simulator.world.clock.advance(600_000)
  const answers = await Promise.all(calls)
  const seconds = (performance.now() - startedAt) / 1000
  for (const answer of answers) t.match(answer, { state: 'COMPLETE', createdUUID })
  const asked = looks(bridge, taskTag) - before
  // 0, 0.2, 0.5, 0.95, 1.6, 2.6, 4.2, … s: one poller that backs off.
  t.ok(asked <= 5 + seconds, `${asked} looks in ${seconds.toFixed(1)} s`)
  await sleep(600)
  t.equal(looks(bridge, taskTag) - before, asked, 'nobody waits, nobody looks')
})

t.test('callers who go away cost nothing further', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { speed: 0 } })
  const { uuid } = firstVm(bridge)
  const { taskTag } = (await bridge.call('cloneVM', { vmUUID: uuid, name: 'long', wait: 0 })).body
  const gone = new AbortController()
  const waits = Array.from({ length: 10 }, () =>
    bridge.fetch('/waitTask', {
      method: 'POST',
      headers: { authorization: `Bearer ${bridge.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ taskTag, wait: 300 }),
      signal: gone.signal
    })
  )
  const before = looks(bridge, taskTag)
  await until(() => looks(bridge, taskTag) > before)
  gone.abort()
  await Promise.all(waits.map((wait) => t.rejects(wait)))
  await until(() => callsEnded(bridge, 'waitTask') === waits.length)
  await sleep(200)
  const then = looks(bridge, taskTag)
  await sleep(1000)
  t.equal(looks(bridge, taskTag), then)
})

t.test('what was made is named, and remembered for waitTask', async (t) => {
  const bridge = await startTestBridge(t)
  const { uuid: vmUUID, name } = firstVm(bridge)
  const done = async (tool: string, args: object): Promise<{ uuid: string; message: string }> => {
    const { body } = await bridge.call(tool, args)
    t.equal(body.state, 'COMPLETE', `${tool}: ${body.message}`)
    const again = await bridge.call('waitTask', { taskTag: body.taskTag })
    t.equal(again.body.message, body.message, `waitTask after ${tool}`)
    t.equal(again.body.createdUUID, body.createdUUID)
    return { uuid: body.createdUUID, message: body.message }
  }
  const off = '. It is off: changeVM_state with START starts it'

  const snapshot = await done('snapshotVM', { vmUUID, label: 'before' })
  t.equal(snapshot.message, `Created snapshot "before" of VM "${name}": uuid ${snapshot.uuid}`)
  const clone = await done('cloneVM', { vmUUID, name: 'copy-01' })
  t.equal(clone.message, `Created VM "copy-01": uuid ${clone.uuid}${off}`)
  const made = await done('createVM', { name: 'new-01' })
  t.equal(made.message, `Created VM "new-01" with 4 GiB of memory: uuid ${made.uuid}${off}`)
  t.equal(
    (await done('updateVM', { vmUUID: made.uuid, description: 'x', tags: 'y' })).message,
    'Changed VM "new-01": description "" → "x", tags "" → "y"'
  )
  t.equal(
    (await done('changeVM_state', { vmUUID: clone.uuid, actionType: 'START' })).message,
    'VM "copy-01" is running'
  )
  t.equal(
    (await done('deleteVM', { vmUUID: made.uuid })).message,
    'Deleted VM "new-01" with no disk and no snapshot'
  )
  t.equal(
    (await done('delete_snapshotVM', { snapUUID: snapshot.uuid })).message,
    `Deleted snapshot "before" of VM "${name}"`
  )

  const out = await bridge.call('exportVM', { vmUUID })
  t.match(out.body.message, `Exported VM "${name}" to "${out.body.pathURI}" as "${name}.xml"`)
  const { pathURI, definitionFileName } = out.body
  const unnamed = await done('importVM', { pathURI, definitionFileName })
  t.equal(
    unnamed.message,
    `Created VM "${name}": uuid ${unnamed.uuid}${off}`,
    'the name it came with'
  )
  const named = await done('importVM', { pathURI, definitionFileName, name: 'back-01' })
  t.equal(named.message, `Created VM "back-01": uuid ${named.uuid}${off}`)

  const raw = await bridge.call('run_api', {
    query: '/VirDomainSnapshot',
    method: 'POST',
    payload: { domainUUID: vmUUID, label: 'raw' }
  })
  t.match(raw.body.task.message, `${name}": done: uuid ${raw.body.task.createdUUID}`)
})

t.test('what failed says why, and what to do', async (t) => {
  const bridge = await startTestBridge(t)
  const { uuid: vmUUID, name } = firstVm(bridge)
  bridge.simulator.faults.add({
    kind: 'fail-task',
    message: "Unable to snapshot VM '%@': Still in use.",
    parameters: [name]
  })
  const { status, body } = await bridge.call('snapshotVM', { vmUUID, label: 'before' })
  t.equal(status, 200)
  t.match(body, { state: 'ERROR', createdUUID: '' })
  t.equal(
    body.message,
    `Creation of snapshot "before" of VM "${name}" failed: "Unable to snapshot VM '${name}': Still in use". Fix what it names, then call snapshotVM again; vmSnapshots_read shows the current state`
  )
  const waited = await bridge.call('waitTask', { taskTag: body.taskTag })
  t.equal(waited.body.message, body.message)
})

t.test('a task of somebody else is followed by what the cluster says of it', async (t) => {
  const bridge = await startTestBridge(t)
  const other = await startTestBridge(t, {
    cluster: {
      nodes: bridge.simulator.urls,
      tls: { mode: 'pin', fingerprints: bridge.simulator.fingerprints }
    }
  })
  const { uuid: vmUUID, name } = firstVm(bridge)
  const { body } = await other.call('cloneVM', { vmUUID, name: 'copy-01' })
  const waited = await bridge.call('waitTask', { taskTag: body.taskTag })
  t.match(waited.body, {
    state: 'COMPLETE',
    createdUUID: '',
    message: `"Clone Virtual Machine ${name} to copy-01": done`
  })
})

t.test('a raw SHUTDOWN is followed by the state of the VM', async (t) => {
  const bridge = await startTestBridge(t)
  const { virDomains, guests } = bridge.simulator.world.state
  const running = [...virDomains.values()].filter(({ state }) => state === 'RUNNING')
  const polite = running.find(({ uuid }) => !guests.get(uuid)?.ignoresAcpi)
  const deaf = running.find(({ uuid }) => guests.get(uuid)?.ignoresAcpi)
  const shutDown = (virDomainUUID: string | undefined, wait: number) =>
    bridge.call('run_api', {
      query: '/VirDomain/action',
      method: 'POST',
      payload: [{ virDomainUUID, actionType: 'SHUTDOWN' }],
      wait
    })
  t.match((await shutDown(polite?.uuid, 10)).body.task, {
    taskTag: '',
    state: 'COMPLETE',
    message: `VM "${polite?.name}" is shut down`
  })
  t.match((await shutDown(deaf?.uuid, 1)).body.task, {
    state: 'RUNNING',
    message: /was asked to shut down and is still RUNNING: call changeVM_state with SHUTDOWN/
  })
})
