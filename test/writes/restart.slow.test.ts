import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { until } from '../helper/simulator.ts'
import { type SpawnedCli, startSpawnedCli } from '../helper/spawn-cli.ts'
import { callTool, envFor, simulatorFor } from '../src/cli/served.ts'

const storeOf = (cwd: string): string => join(cwd, 'state', 'scale-bridge', 'store')

async function serve(t: Test, cwd: string): Promise<SpawnedCli & { url: string }> {
  const bridge = startSpawnedCli(t, ['serve'], { cwd, env: { LOG_LEVEL: 'info' } })
  const [, url = ''] = await bridge.printed(/listens on (\S+) /)
  return Object.assign(bridge, { url })
}

async function call(url: string, tool: string, args: object) {
  const [status, text] = await callTool(url, tool, JSON.stringify(args))
  return { status, body: JSON.parse(text) as Record<string, unknown> }
}

t.test('after kill -9 the bridge knows what it sent, and does not send it again', async (t) => {
  // Slow enough for a clone to be met on its way, also by a busy machine.
  const simulator = await simulatorFor(t, 8)
  const cwd = t.testdir({ '.env': envFor(simulator, { PORT: '0' }) })
  const first = await serve(t, cwd)
  const [vm] = simulator.world.state.virDomains.values()
  const args = { vmUUID: vm?.uuid, name: 'copy', wait: 0 }
  const begun = await call(first.url, 'cloneVM', args)
  t.match(begun.body['state'], /QUEUED|RUNNING/)
  t.same(await first.stop('SIGKILL'), { code: null, signal: 'SIGKILL' })

  const second = await serve(t, cwd)
  const { taskTag, createdUUID } = begun.body
  t.match((await call(second.url, 'waitTask', { taskTag, wait: 30 })).body, {
    state: 'COMPLETE',
    createdUUID,
    message: /^Created VM "?copy"?: /
  })
  t.match((await call(second.url, 'cloneVM', args)).body, {
    state: 'COMPLETE',
    createdUUID,
    message: /^The same call was sent .* ago and is not repeated: Created VM "?copy"?/
  })
  const copies = [...simulator.world.state.virDomains.values()].filter(
    ({ name }) => name === 'copy'
  )
  t.equal(copies.length, 1)
  for (const name of await readdir(storeOf(cwd)))
    t.equal((await stat(join(storeOf(cwd), name))).mode & 0o077, 0, `${name} is the owner's alone`)
})

t.test('a write in flight at kill -9 is reported as unknown', async (t) => {
  const simulator = await simulatorFor(t)
  const cwd = t.testdir({ '.env': envFor(simulator, { PORT: '0' }) })
  const first = await serve(t, cwd)
  const [vm] = simulator.world.state.virDomains.values()
  const args = { vmUUID: vm?.uuid, label: 'in flight' }
  simulator.faults.add({ kind: 'hang-after', path: '/VirDomainSnapshot' })
  const cut = call(first.url, 'snapshotVM', args).catch(() => 'cut off')
  await until(() => simulator.world.state.snapshots.size > 0 && countOf(simulator, 'in flight') > 0)
  await first.stop('SIGKILL')
  t.equal(await cut, 'cut off')
  simulator.faults.clear()

  const second = await serve(t, cwd)
  const { status, body } = await call(second.url, 'snapshotVM', args)
  t.equal(status, 502)
  t.match(body['error'], { code: 'OUTCOME_UNKNOWN', message: /again: true sends it again/ })
  t.equal(countOf(simulator, 'in flight'), 1)
})

const countOf = (
  { world }: { world: { state: { snapshots: Map<string, { label: string }> } } },
  label: string
): number => [...world.state.snapshots.values()].filter((each) => each.label === label).length

t.test('SIGTERM waits for the response to a write, also where its caller has left', async (t) => {
  const simulator = await simulatorFor(t)
  const cwd = t.testdir({ '.env': envFor(simulator, { PORT: '0' }) })
  const bridge = await serve(t, cwd)
  const [vm] = simulator.world.state.virDomains.values()
  simulator.faults.add({ kind: 'slow-after', path: '/VirDomainSnapshot', ms: 1500 })
  const leaving = new AbortController()
  const left = fetch(`${bridge.url}/snapshotVM`, {
    method: 'POST',
    headers: { authorization: 'Bearer a-token-of-some-length', 'content-type': 'application/json' },
    body: JSON.stringify({ vmUUID: vm?.uuid, label: 'left' }),
    signal: leaving.signal
  }).catch(() => 'left')
  await until(() => countOf(simulator, 'left') > 0)
  leaving.abort()
  t.equal(await left, 'left')
  t.same(await bridge.stop('SIGTERM'), { code: 0, signal: null })

  const next = await serve(t, cwd)
  const { body } = await call(next.url, 'snapshotVM', { vmUUID: vm?.uuid, label: 'left' })
  t.match(body, { state: 'COMPLETE', message: /is not repeated/ })
  t.equal(countOf(simulator, 'left'), 1)
})

t.test('where nothing can be entered, nothing is sent', async (t) => {
  const simulator = await simulatorFor(t)
  const cwd = t.testdir({
    '.env': envFor(simulator, { PORT: '0', SCALE_STORE: './blocked/store' })
  })
  await mkdir(join(cwd, 'blocked'))
  await writeFile(join(cwd, 'blocked', 'store'), 'a file where the folder should be')
  await chmod(join(cwd, 'blocked', 'store'), 0o600)
  const bridge = await serve(t, cwd)
  const [vm] = simulator.world.state.virDomains.values()
  const { status, body } = await call(bridge.url, 'snapshotVM', { vmUUID: vm?.uuid, label: 'a' })
  t.equal(status, 503)
  t.match(body['error'], { code: 'LEDGER_UNAVAILABLE', message: /SCALE_STORE/ })
  t.equal(countOf(simulator, 'a'), 0)
  t.equal((await call(bridge.url, 'vm_read', {})).status, 200, 'reads go on')
})
