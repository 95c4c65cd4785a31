import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { isEnded } from '../../src/ledger/records.ts'
import { startTime, until } from '../helper/simulator.ts'
import { startTestBridge, testToken, type TestBridgeOptions } from '../helper/bridge.ts'
import { clusterSettings } from '../helper/cluster-settings.ts'
import { noPostgres, PostgresServer } from '../helper/postgres.ts'
import { principalWith } from '../helper/principals.ts'
import { runCli } from '../helper/run-cli.ts'
import { recordIn } from '../src/audit/helper.ts'

t.test('bridges on one database', { skip: noPostgres }, async (t) => {
  const server = await PostgresServer.start()
  t.teardown(() => server.close())

  /** Two bridges on a database of their own. The second has a simulated cluster that it does not ask. */
  async function start(t: Test, options: TestBridgeOptions = {}) {
    const folder = t.testdir()
    const store = await server.newDatabase()
    const record = { ...recordIn(folder), maxBytes: 1e6, keepMs: 1e12 }
    const first = await startTestBridge(t, { ...options, store, audit: record })
    const { urls, fingerprints, world } = first.simulator
    const { user, password } = world.options
    const second = await startTestBridge(t, {
      ...options,
      store,
      audit: record,
      cluster: {
        nodes: urls,
        username: user,
        password,
        tls: { mode: 'pin', fingerprints }
      }
    })
    const env = {
      MCP_BEARER_TOKEN: testToken,
      ...clusterSettings(first.simulator),
      SCALE_STORE: store,
      SCALE_AUDIT_KEY: record.keyPath,
      SCALE_SESSION_FILE: join(folder, 'session.json')
    }
    return { first, second, store, env, folder, vmUUID: first.vm('web-01') }
  }

  await t.test('what one has done the other knows', async (t) => {
    const { first, second, vmUUID, env, folder } = await start(t)
    const call = { vmUUID, label: 'once' }
    const headers = { 'idempotency-key': 'k-1' }
    const done = await first.call('snapshotVM', call, headers)
    t.match(done, { status: 200, body: { state: 'COMPLETE' } })
    const again = await second.call('snapshotVM', call, headers)
    t.match(again, { status: 200, body: { createdUUID: done.body.createdUUID } })
    const snapshots = [...first.simulator.world.state.snapshots.values()]
    t.equal(snapshots.filter(({ label }) => label === 'once').length, 1, 'it was sent once')
    t.match((await second.call('snapshotVM', { ...call, label: 'x' }, headers)).body.error, {
      code: 'INVALID_ARGUMENT'
    })
    await second.call('snapshotVM', { vmUUID, label: 'by the other' })
    await until(async () => {
      const { entries } = await first.app.audit.since(0, 100)
      return entries.filter(({ kind }) => kind === 'outcome').length >= 2
    })
    const verified = await runCli(t, ['audit', 'verify'], { env, cwd: folder })
    t.match(verified, { code: 0, stdout: /the chain is whole/ }, verified.stderr)
    const tail = await runCli(t, ['audit', 'tail'], { env, cwd: folder })
    t.match(tail.stdout, /snapshotVM/)
    const lines = (await runCli(t, ['audit', 'export'], { env, cwd: folder })).stdout
      .trim()
      .split('\n')
    t.match(JSON.parse(lines[0] ?? ''), { seq: 1, kind: 'begin' })
    const write = lines.map((line) => JSON.parse(line)).find(({ kind }) => kind === 'write')
    t.match(await runCli(t, ['audit', 'show', write.id], { env, cwd: folder }), {
      code: 0,
      stdout: /snapshotVM[\s\S]*COMPLETE/
    })
    const name = env.SCALE_STORE.split('/').at(-1)
    await server.run(
      `update scale_bridge_record set line = replace(line, 'by the other', 'by nobody') where kind = 'write'`,
      name
    )
    t.match(await runCli(t, ['audit', 'verify'], { env, cwd: folder }), {
      code: 1,
      stderr: /edited/
    })
  })

  await t.test('a plan is approved at one and used at one, once', async (t) => {
    const { first, second, vmUUID } = await start(t, { config: { approval: 'write' } })
    for (const { app } of [first, second]) app.hasApprover = () => true
    const call = { vmUUID, label: 'approved' }
    const { plan } = (await first.call('snapshotVM', call)).body.error
    t.match(await second.app.plans.get(plan), { state: 'WAITING' })
    const waits = second.call('snapshotVM', { ...call, plan })
    t.match((await waits).body.error, { code: 'APPROVAL_REQUIRED' })
    const decided = first.app.plans.decided(plan, 5000, new AbortController().signal)
    await second.app.plans.approve(plan, principalWith(['approve']))
    t.match(await decided, { state: 'APPROVED' }, 'who waits at the other is woken')
    const binding = { vmUUID, label: 'approved', plan, again: true }
    const used = await Promise.all(
      [first, second, first, second].map((bridge) => bridge.call('snapshotVM', binding))
    )
    t.equal(used.filter(({ status }) => status === 200).length, 1, 'of four one got it')
    for (const { status, body } of used)
      if (status !== 200) t.match(body.error, { code: /^PLAN_(?:USED|STALE)$|VM_BUSY/ })
    const snapshots = [...first.simulator.world.state.snapshots.values()]
    t.equal(snapshots.filter(({ label }) => label === 'approved').length, 1)
  })

  await t.test('a token has one rate with both', async (t) => {
    const { first, second, vmUUID } = await start(t, { config: { writesPerMinute: 6 } })
    const results = []
    for (let i = 0; i < 10; i++)
      results.push(
        await (i % 2 === 0 ? first : second).call('updateVM', { vmUUID, description: `${i}` })
      )
    t.equal(results.filter(({ status }) => status === 200).length, 6)
    t.match(results.at(-1)?.body.error, { message: /its 6 writes of this minute/ })
  })

  await t.test('what ends while the database is away is entered when it is back', async (t) => {
    const { first, vmUUID } = await start(t, { simulator: { speed: 0 } })
    const cloned = await first.call('cloneVM', { vmUUID, name: 'copy', wait: 0 })
    t.match(cloned, { body: { state: /QUEUED|RUNNING/ } })
    const { taskTag } = cloned.body
    const update = first.call('updateVM', { vmUUID: first.vm('app-01'), description: 'x' })
    await server.down()
    await until(() => first.log.some((line) => line.includes('reads continue')))
    startTime(t, first.simulator)
    t.match(await first.call('waitTask', { taskTag }), { body: { state: 'COMPLETE' } })
    const [old] = first.simulator.world.tasks.list()
    t.match(await first.call('waitTask', { taskTag: old?.taskTag }), { status: 200 })
    const { status, text } = await update
    t.ok([200, 503].includes(status), text)
    await server.up()
    await until(async () => {
      const writes = await first.app.ledger.writes().catch(() => undefined)
      return writes?.every(isEnded) === true
    })
    t.match(await first.app.ledger.byTask(taskTag), { state: 'COMPLETE' })
  })

  await t.test('a task that no caller waits for is followed through an outage', async (t) => {
    const { first, vmUUID } = await start(t, { timings: { followMs: 50 }, simulator: { speed: 0 } })
    const { body } = await first.call('cloneVM', { vmUUID, name: 'copy', wait: 0 })
    t.match(body, { state: /QUEUED|RUNNING/ })
    t.match(await first.app.ledger.byTask(body.taskTag), { state: 'RUNNING' })
    await server.down()
    await until(() => first.log.some((line) => line.includes('reads continue')))
    startTime(t, first.simulator)
    const metrics = await first.fetch('/metrics', {
      headers: { authorization: `Bearer ${first.token}` }
    })
    t.match(metrics, { status: 200, text: /^scale_bridge_store_reachable 0$/m })
    // Several looks, of which none can read what it is about.
    await sleep(500)
    await server.up()
    await until(async () => {
      const write = await first.app.ledger.byTask(body.taskTag).catch(() => undefined)
      return write?.state === 'COMPLETE'
    })
  })

  await t.test('without the database, reads continue, and writes report the cause', async (t) => {
    const { first, vmUUID, env, folder } = await start(t)
    t.match(await first.call('snapshotVM', { vmUUID, label: 'before' }), { status: 200 })
    t.match((await first.fetch('/ready')).body, { status: 'ready', store: { status: 'ok' } })
    await server.down()
    await until(() => first.log.some((line) => line.includes('reads continue')))
    const refused = await first.call('snapshotVM', { vmUUID, label: 'meanwhile' })
    t.match(refused, { status: 503, body: { error: { code: 'LEDGER_UNAVAILABLE' } } })
    t.match(refused.body.error.message, /database that the bridges share.*reads still work/)
    t.match(await first.call('vm_read'), { status: 200 })
    t.match(await first.call('getVM_details', { vmUUID }), { status: 200 })
    t.match(await first.call('recentActivity'), {
      status: 503,
      body: { error: { code: 'AUDIT_UNAVAILABLE', message: /cannot be read/ } }
    })
    t.match(await first.fetch('/ready'), {
      status: 200,
      body: { status: 'ready', store: { status: 'not reachable' } }
    })
    const checked = await runCli(t, ['check'], { env, cwd: folder })
    t.match(checked.stdout, /✗ ledger\s.*cannot be used|ledger.*cannot be used/)
    t.notMatch(checked.stdout + checked.stderr, /store-password/)
    const audit = await runCli(t, ['audit', 'tail'], { env, cwd: folder })
    t.match(audit, { code: 1, stderr: /cannot be used/ })
    await server.up()
    await until(() => first.log.some((line) => line.includes('store is back')))
    const after = await first.call('snapshotVM', { vmUUID, label: 'after' })
    t.match(after, { status: 200 }, after.text)
    const labels = [...first.simulator.world.state.snapshots.values()].map(({ label }) => label)
    t.same(
      ['before', 'meanwhile', 'after'].filter((label) => labels.includes(label)),
      ['before', 'after']
    )
    t.match(
      (await runCli(t, ['check'], { env, cwd: folder })).stdout,
      /every write is entered in the database 127/
    )
    t.notMatch(first.log.join('\n'), /store-password/)
  })
})
