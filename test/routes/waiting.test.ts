import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import t from 'tap'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { holdTimers } from '../helper/held-timers.ts'
import { until } from '../helper/simulator.ts'

const looks = (bridge: TestBridge, taskTag: string): number =>
  bridge.simulator.requests.filter(({ path }) => path.endsWith(`/TaskTag/${taskTag}`)).length

/** Pauses between looks at a task that are to be held; each is up to a fifth shorter. */
const longestMs = 3_000_000
const isLongest = (ms: number): boolean => ms >= longestMs * 0.8 && ms <= longestMs
/** The bridge itself does not look at the task of a write that no caller waits for. */
const looksForCallersAlone = {
  timings: { followMs: 3_600_000 },
  cluster: { tasks: { pauseMs: longestMs } }
}

function firstVm(bridge: TestBridge): { uuid: string; name: string } {
  const [vm] = bridge.simulator.world.state.virDomains.values()
  if (vm === undefined) throw new Error('The simulated cluster has no VM')
  return vm
}

/** How many calls of a tool are over, those of callers who went away included. */
const callsEnded = (bridge: TestBridge, name: string): number =>
  bridge.log.filter((line) => JSON.parse(line).tool === name).length

t.test('every tool that returns a task can wait for it', async (t) => {
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
  const [pauses, waits] = [holdTimers(t, isLongest), holdTimers(t, 299_000)]
  const bridge = await startTestBridge(t, { simulator: { speed: 0 }, ...looksForCallersAlone })
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
  const args = { taskTag, wait: 299 }
  const calls = Array.from({ length: 100 }, async (_, i) => {
    if (i % 2 === 0) return (await bridge.call('waitTask', args)).body
    const result = await client.callTool({ name: 'waitTask', arguments: args })
    return result.structuredContent
  })
  // The task ends when all of them wait, however long that takes.
  await until(() => waits.waiting.length === calls.length && pauses.waiting.length > 0)
  bridge.simulator.world.clock.advance(600_000)
  t.equal(pauses.release(), 1)
  const answers = await Promise.all(calls)
  for (const answer of answers) t.match(answer, { state: 'COMPLETE', createdUUID })
  t.equal(looks(bridge, taskTag) - before, 2, 'the first look, and the one that saw the end')
  t.same([...waits.waiting, ...pauses.waiting], [], 'nobody waits, nobody looks')
})

t.test('callers who go away cost nothing further', async (t) => {
  const [pauses, waits] = [holdTimers(t, isLongest), holdTimers(t, 299_000)]
  const bridge = await startTestBridge(t, { simulator: { speed: 0 }, ...looksForCallersAlone })
  const { uuid } = firstVm(bridge)
  const { taskTag } = (await bridge.call('cloneVM', { vmUUID: uuid, name: 'long', wait: 0 })).body
  const gone = new AbortController()
  const calls = Array.from({ length: 10 }, () =>
    bridge.fetch('/waitTask', {
      method: 'POST',
      headers: { authorization: `Bearer ${bridge.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ taskTag, wait: 299 }),
      signal: gone.signal
    })
  )
  const before = looks(bridge, taskTag)
  await until(() => waits.waiting.length === calls.length && pauses.waiting.length === 1)
  gone.abort()
  await Promise.all(calls.map((call) => t.rejects(call)))
  await until(() => callsEnded(bridge, 'waitTask') === calls.length)
  t.equal(looks(bridge, taskTag), before + 1)
  t.same([...waits.waiting, ...pauses.waiting], [], 'nobody looks again')
})

t.test('the result of a write is stated, and remembered for waitTask', async (t) => {
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

t.test('a task of another bridge is reported in the words of the cluster', async (t) => {
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
  t.match((await shutDown(deaf?.uuid, 0.2)).body.task, {
    state: 'RUNNING',
    message: /was asked to shut down and is still RUNNING: call changeVM_state with SHUTDOWN/
  })
})
