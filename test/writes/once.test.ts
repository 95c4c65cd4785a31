import { readdirSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { holdTimers } from '../helper/held-timers.ts'
import { connectMcp } from '../helper/mcp-client.ts'
import { until } from '../helper/simulator.ts'

const snapshots = (bridge: TestBridge, label: string) =>
  [...bridge.simulator.world.state.snapshots.values()].filter((each) => each.label === label)

const vmsCalled = (bridge: TestBridge, name: string) =>
  [...bridge.simulator.world.state.virDomains.values()].filter((vm) => vm.name === name)

/** POSTs to a tool and leaves when the cluster has its write, without a response. */
async function callAndLeave(
  bridge: TestBridge,
  tool: string,
  body: object,
  path: RegExp
): Promise<void> {
  const isThere = (): boolean =>
    bridge.simulator.requests.some((entry) => entry.method === 'POST' && path.test(entry.path))
  const call = request(`${bridge.url}/${tool}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bridge.token}`, 'content-type': 'application/json' }
  })
  const left = new Promise((resolve) => call.on('error', resolve))
  call.end(JSON.stringify(body))
  await until(isThere)
  call.destroy()
  await left
}

t.test('the same write at once, through REST and MCP, is one', async (t) => {
  const bridge = await startTestBridge(t)
  const client = await connectMcp(t, bridge)
  const args = { vmUUID: 'web-01', label: 'before' }
  const [rest, other, mcp] = await Promise.all([
    bridge.call('snapshotVM', args),
    bridge.call('snapshotVM', { label: 'before', vmUUID: bridge.vm('web-01'), wait: 30 }),
    client.callTool({ name: 'snapshotVM', arguments: args })
  ])
  t.equal(snapshots(bridge, 'before').length, 1)
  const [snapshot] = snapshots(bridge, 'before')
  const responses = [rest.body, other.body, mcp.structuredContent]
  for (const response of responses)
    t.match(response, { state: 'COMPLETE', createdUUID: snapshot?.uuid })
  const joined = responses.filter(({ notes = [] }) => /was running already/.test(notes.join()))
  t.equal(joined.length, 2, 'those who joined are told')
})

t.test('a repeat that looked its VM up while another write changed it is reported', async (t) => {
  const bridge = await startTestBridge(t)
  const clone = { vmUUID: 'web-01', name: 'copy' }
  t.equal((await bridge.call('cloneVM', clone)).body.state, 'COMPLETE')
  const waits = holdTimers(t, 4_000_000)
  bridge.simulator.faults.add({
    kind: 'slow',
    method: 'GET',
    path: '/VirDomain',
    ms: 4_000_000,
    times: 1
  })
  const twin = bridge.call('cloneVM', clone)
  await until(() => waits.waiting.length === 1)
  const change = { vmUUID: bridge.vm('web-01'), description: 'changed meanwhile' }
  t.equal((await bridge.call('updateVM', change)).status, 200)
  waits.release()
  t.match((await twin).body.message, /^The same call was sent \d+ s ago and is not repeated/)
  t.equal(vmsCalled(bridge, 'copy').length, 1)
})

t.test('a write that ended a moment ago is reported, not repeated', async (t) => {
  const bridge = await startTestBridge(t)
  const clone = (more: object = {}) =>
    bridge.call('cloneVM', { vmUUID: 'web-01', name: 'copy', ...more })
  const first = await clone()
  t.match(first.body, { state: 'COMPLETE', message: /^Created VM "?copy"?: / })
  const second = await clone()
  t.match(second.body, {
    state: 'COMPLETE',
    createdUUID: first.body.createdUUID,
    taskTag: first.body.taskTag,
    message:
      /^The same call was sent \d+ s ago and is not repeated: Created VM "?copy"?: .*\. again: true sends it again$/
  })
  t.equal(vmsCalled(bridge, 'copy').length, 1)
  const third = await clone({ again: true })
  t.equal(third.status, 200)
  t.not(third.body.createdUUID, first.body.createdUUID)
  t.equal(vmsCalled(bridge, 'copy').length, 2)
})

t.test('what came between makes it another call', async (t) => {
  const bridge = await startTestBridge(t)
  const update = (tags: string) => bridge.call('updateVM', { vmUUID: 'web-01', tags })
  const sent = () => bridge.simulator.requests.filter(({ method }) => method === 'PATCH').length
  await update('one')
  await update('two')
  t.match((await update('one')).body, { state: 'COMPLETE', message: /^Changed VM / })
  t.equal(sent(), 3)
  await bridge.call('snapshotVM', { vmUUID: 'web-01', label: 'a' })
  await bridge.call('updateVM', { vmUUID: 'web-01', description: 'changed' })
  const again = await bridge.call('snapshotVM', { vmUUID: 'web-01', label: 'a' })
  t.match(again.body.message, /^Created snapshot /)
})

t.test('a write whose task failed may be sent again', async (t) => {
  const bridge = await startTestBridge(t)
  const args = { vmUUID: 'web-01', label: 'later' }
  bridge.simulator.faults.add({ kind: 'fail-task', path: '/VirDomainSnapshot', times: 1 })
  t.match((await bridge.call('snapshotVM', args)).body, { state: 'ERROR' })
  t.match((await bridge.call('snapshotVM', args)).body, {
    state: 'COMPLETE',
    message: /^Created snapshot /
  })
})

t.test('a write that the cluster refused may be sent again', async (t) => {
  const bridge = await startTestBridge(t)
  const args = { vmUUID: 'web-01', label: 'later' }
  bridge.simulator.faults.add({ kind: 'error-500', path: '/VirDomainSnapshot', times: 1 })
  t.equal((await bridge.call('snapshotVM', args)).status, 502)
  t.equal((await bridge.call('snapshotVM', args)).body.state, 'COMPLETE')
})

t.test('a write of unknown outcome is not repeated', async (t) => {
  const bridge = await startTestBridge(t)
  const args = { vmUUID: 'web-01', label: 'lost' }
  bridge.simulator.faults.add({ kind: 'reset-after', path: '/VirDomainSnapshot', times: 1 })
  const first = await bridge.call('snapshotVM', args)
  t.equal(first.body.error.code, 'OUTCOME_UNKNOWN')
  const second = await bridge.call('snapshotVM', args)
  t.match(second.body.error, {
    code: 'OUTCOME_UNKNOWN',
    message:
      /This is the result of the same call \d+ s ago, which is not repeated; again: true sends it again\. taskTagStatus_read/
  })
  t.equal(snapshots(bridge, 'lost').length, 1)
})

t.test('a caller that leaves aborts nothing, and its repetition finds the outcome', async (t) => {
  const bridge = await startTestBridge(t, { timings: { followMs: 50 } })
  const waits = holdTimers(t, 4_000_000)
  bridge.simulator.faults.add({
    kind: 'slow-after',
    path: '/VirDomain',
    method: 'POST',
    ms: 4_000_000
  })
  const args = { vmUUID: 'web-01', name: 'copy' }
  await callAndLeave(bridge, 'cloneVM', args, /\/clone$/)
  await until(() => waits.waiting.length === 1)
  const arrives = new Promise((resolve) => bridge.app.server.once('request', resolve))
  const repeated = bridge.call('cloneVM', args)
  await arrives
  for (let round = 0; round < 2; round++) await bridge.fetch('/health')
  waits.release()
  const again = await repeated
  t.match(again.body, { state: 'COMPLETE' })
  const [vm, ...more] = vmsCalled(bridge, 'copy')
  t.equal(more.length, 0)
  t.equal(again.body.createdUUID, vm?.uuid)
  const [write] = await bridge.app.ledger.writes()
  t.match(write, { tool: 'cloneVM', state: 'COMPLETE', createdUUID: vm?.uuid })
})

t.test('what no caller waits for is followed to its end all the same', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { speed: 0 }, timings: { followMs: 20 } })
  const { body } = await bridge.call('cloneVM', { vmUUID: 'web-01', name: 'copy', wait: 0 })
  t.match(body.state, /QUEUED|RUNNING/)
  const stateOf = async () => (await bridge.app.ledger.byTask(body.taskTag))?.state
  const { clock } = bridge.simulator.world
  await until(async () => (await stateOf()) === 'COMPLETE', undefined, clock)
  const ended = bridge.log.map((line) => JSON.parse(line)).find(({ msg }) => msg === 'write ended')
  t.match(ended, {
    tool: 'cloneVM',
    method: 'POST',
    state: 'COMPLETE',
    taskTag: body.taskTag,
    createdUUID: body.createdUUID
  })
})

t.test('Idempotency-Key decides in place of the arguments', async (t) => {
  const bridge = await startTestBridge(t)
  const snapshot = (label: string, key: string) =>
    bridge.call('snapshotVM', { vmUUID: 'web-01', label }, { 'idempotency-key': key })
  const first = await snapshot('a', 'one')
  t.match((await snapshot('a', 'one')).body, { createdUUID: first.body.createdUUID })
  t.equal(snapshots(bridge, 'a').length, 1)
  t.match((await snapshot('a', 'two')).body, { state: 'COMPLETE', message: /^Created / })
  t.equal(snapshots(bridge, 'a').length, 2, 'another key is another call')
  const other = await snapshot('b', 'one')
  t.equal(other.status, 400)
  t.match(other.body.error, {
    code: 'INVALID_ARGUMENT',
    message: /^This Idempotency-Key was used for a call with other arguments: send a new key/
  })
  for (const bad of ['x'.repeat(201), 'a\tb'])
    t.match((await snapshot('c', bad)).body.error, {
      code: 'INVALID_ARGUMENT',
      message: /Idempotency-Key must be 1 to 200 printable ASCII characters/
    })
})

t.test('copies of one VM that are called for together are each made once', async (t) => {
  const bridge = await startTestBridge(t)
  const clone = (name: string) => bridge.call('cloneVM', { vmUUID: 'web-01', name })
  const first = await clone('a')
  await clone('b')
  await bridge.call('snapshotVM', { vmUUID: 'web-01', label: 'c' })
  t.match((await clone('a')).body, { createdUUID: first.body.createdUUID })
  t.equal(vmsCalled(bridge, 'a').length, 1)
})

t.test('Idempotency-Key holds after other writes, and tells the state of now', async (t) => {
  const bridge = await startTestBridge(t)
  const off = [...bridge.simulator.world.state.virDomains.values()].find(
    ({ state }) => state === 'SHUTOFF'
  )
  const vmUUID = off?.uuid
  const start = () =>
    bridge.call('changeVM_state', { vmUUID, actionType: 'START' }, { 'idempotency-key': 'k' })
  t.match((await start()).body, { vmState: 'RUNNING' })
  await bridge.call('changeVM_state', { vmUUID, actionType: 'STOP' })
  t.match((await start()).body, { message: /is not repeated/, vmState: 'SHUTOFF' })
})

t.test('a call that is wrong is not kept, and reads are never taken for repetitions', async (t) => {
  const bridge = await startTestBridge(t)
  t.ok((await bridge.call('snapshotVM', { vmUUID: 'nowhere' })).status >= 400)
  for (let i = 0; i < 2; i++) t.equal((await bridge.call('vm_read')).status, 200)
  const check = { query: '/VirDomain', method: 'POST', payload: {}, check: true }
  t.same((await bridge.call('run_api', check)).body, (await bridge.call('run_api', check)).body)
  t.same(await bridge.app.ledger.writes(), [])
})

t.test('what is kept of a write holds no secret', async (t) => {
  const store = t.testdir()
  const bridge = await startTestBridge(t, { store })
  const address = 'smb://backup:s3cret@archive.example/exports'
  for (const [kind, name] of [
    ['fail-task', 'one'],
    ['error-500', 'two']
  ] as const) {
    bridge.simulator.faults.add({
      kind,
      path: '/VirDomain',
      message: `No way to ${address}`,
      times: 1
    })
    await bridge.call('createVM', { name })
  }
  const created = await bridge.call('run_api', {
    method: 'POST',
    query: '/User',
    payload: { username: 'kept', password: 'Pa55-word-of-a-user' }
  })
  t.equal(created.status, 200)
  const kept = readdirSync(store, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
  t.match(kept.join(''), /No way to .*archive\.example/, 'the words are kept')
  t.notMatch(kept.join(''), /s3cret|Pa55-word/)
})
