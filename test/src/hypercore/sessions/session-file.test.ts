import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeFileSync
} from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import type { HyperCoreOptions } from '../../../../src/hypercore/client.ts'
import { silentLogger } from '../../../../src/lib/process/logger.ts'
import { SessionFile } from '../../../../src/hypercore/sessions/session-file.ts'
import type { Simulator } from '../../../../src/simulator/simulator.ts'
import { clientFor } from '../../../helper/cluster-client.ts'
import { logins, logouts, simulatorFor, until } from '../../../helper/simulator.ts'

async function simulate(t: Test): Promise<{ simulator: Simulator; sessionFile: string }> {
  const simulator = await simulatorFor(t, { nodes: 2, vms: 2 })
  return { simulator, sessionFile: join(t.testdir(), 'state', 'session.json') }
}

/** One start of the bridge: a client that makes a call and is closed. */
async function start(
  t: Test,
  simulator: Simulator,
  options: Partial<HyperCoreOptions>
): Promise<void> {
  const { client } = clientFor(t, simulator.urls, options)
  await client.list('/Node')
  await client.close()
}

t.test('a restart uses the kept session: no login at all', async (t) => {
  const { simulator, sessionFile } = await simulate(t)
  await start(t, simulator, { sessionFile })
  t.equal(logins(simulator), 1)
  t.equal(logouts(simulator), 0)
  t.equal(statSync(sessionFile).mode & 0o777, 0o600)
  t.equal(statSync(dirname(sessionFile)).mode & 0o777, 0o700)
  t.same(readdirSync(dirname(sessionFile)), ['session.json'], 'no draft is left behind')
  await start(t, simulator, { sessionFile })
  await start(t, simulator, { sessionFile })
  t.equal(logins(simulator), 1)
})

t.test('a kept session that the cluster has ended is noticed by its 401', async (t) => {
  const { simulator, sessionFile } = await simulate(t)
  await start(t, simulator, { sessionFile })
  simulator.faults.add({ kind: 'drop-sessions', times: 1 })
  await start(t, simulator, { sessionFile })
  t.equal(logins(simulator), 2)
  await start(t, simulator, { sessionFile })
  t.equal(logins(simulator), 2, 'the new one was kept')
})

t.test('a file that is broken, of another format or without use is replaced', async (t) => {
  const { simulator, sessionFile } = await simulate(t)
  await start(t, simulator, { sessionFile })
  const good = JSON.parse(readFileSync(sessionFile, 'utf8')) as object
  let expected = 1
  for (const text of [
    '',
    'x',
    'null',
    '[]',
    JSON.stringify(good).slice(0, -20),
    JSON.stringify({ ...good, format: 2 }),
    JSON.stringify({ ...good, sessions: null }),
    JSON.stringify({ ...good, sessions: { [simulator.urls[0] ?? '']: { id: 5 } } }),
    JSON.stringify({
      ...good,
      sessions: { [simulator.urls[0] ?? '']: { id: 'a\r\nx: y', createdAt: Date.now() } }
    })
  ]) {
    writeFileSync(sessionFile, text)
    await start(t, simulator, { sessionFile })
    t.equal(logins(simulator), ++expected, text.slice(0, 20))
    t.hasStrict(JSON.parse(readFileSync(sessionFile, 'utf8')), { format: 1 })
  }
})

t.test("another user's, way of login's or cluster's sessions are not used", async (t) => {
  const { simulator, sessionFile } = await simulate(t)
  await start(t, simulator, { sessionFile })
  const [admin] = [...simulator.world.state.users.values()]
  if (admin === undefined) throw new Error('The simulator has no user')
  const uuid = '11111111-2222-4333-8444-555555555555'
  simulator.world.state.users.set(uuid, { ...admin, uuid, username: 'second' })
  await start(t, simulator, { sessionFile, username: 'second' })
  t.equal(logins(simulator), 2)
  const text = readFileSync(sessionFile, 'utf8')
  const other = await simulatorFor(t, { nodes: 1, vms: 2 })
  await start(t, other, { sessionFile })
  t.equal(logins(other), 1)
  t.not(readFileSync(sessionFile, 'utf8'), text)
  t.notMatch(readFileSync(sessionFile, 'utf8'), simulator.urls[0])
})

t.test('a session made through OIDC is not one made without it', async (t) => {
  const path = join(t.testdir(), 'session.json')
  const owner = { username: 'admin', useOidc: false, nodes: ['https://10.0.0.1'] }
  const session = { id: 'x', createdAt: Date.now() }
  await new SessionFile(path, owner, silentLogger).change((sessions) =>
    sessions.set('https://10.0.0.1', session)
  )
  t.equal((await new SessionFile(path, owner, silentLogger).read()).size, 1)
  const oidc = { ...owner, useOidc: true }
  t.equal((await new SessionFile(path, oidc, silentLogger).read()).size, 0)
})

t.test('a session that is too old by now is not used', async (t) => {
  const { simulator, sessionFile } = await simulate(t)
  await start(t, simulator, { sessionFile })
  await start(t, simulator, { sessionFile, sessionMaxAgeMs: 1 })
  t.equal(logins(simulator), 2)
})

t.test('kill takes the session out of the file', async (t) => {
  const { simulator, sessionFile } = await simulate(t)
  await start(t, simulator, { sessionFile })
  const { client } = clientFor(t, simulator.urls, { sessionFile })
  t.equal((await client.sessions.kill()).length, 1, 'also one that was not used yet')
  t.equal(logouts(simulator), 1)
  t.same((JSON.parse(readFileSync(sessionFile, 'utf8')) as { sessions: object }).sessions, {})
})

t.test('a place that cannot be written is one warning, and close logs out', async (t) => {
  const { simulator } = await simulate(t)
  // A file where the folder should be: no user can write below it, not even root.
  const blocked = join(t.testdir({ blocked: '' }), 'blocked')
  const { client, log } = clientFor(t, simulator.urls, { sessionFile: join(blocked, 'session') })
  await client.list('/Node')
  await client.sessions.renew()
  await until(() => log.some(({ level }) => level === 'warn'))
  t.match(
    log.find(({ level }) => level === 'warn'),
    { message: /SCALE_SESSION_FILE cannot be written/ }
  )
  await client.close()
  t.equal(log.filter(({ level }) => level === 'warn').length, 1)
  t.equal(logouts(simulator), logins(simulator))
})

t.test('a file that is deleted while the bridge runs is written again at its end', async (t) => {
  const { simulator, sessionFile } = await simulate(t)
  const { client } = clientFor(t, simulator.urls, { sessionFile })
  await client.list('/Node')
  await until(() => existsSync(sessionFile))
  unlinkSync(sessionFile)
  await client.close()
  t.equal(logouts(simulator), 0)
  await start(t, simulator, { sessionFile })
  t.equal(logins(simulator), 1, 'the next start goes on with the session')
})

t.test('one whose place cannot be written any more: the session is logged out', async (t) => {
  const { simulator, sessionFile } = await simulate(t)
  const { client } = clientFor(t, simulator.urls, { sessionFile })
  await client.list('/Node')
  await until(() => existsSync(sessionFile))
  unlinkSync(sessionFile)
  rmdirSync(dirname(sessionFile))
  // A file where the folder should be: no user can write below it, not even root.
  writeFileSync(dirname(sessionFile), '')
  await client.close()
  t.equal(logouts(simulator), 1)
})

t.test('a file that others could read is closed to them when it is replaced', async (t) => {
  const { simulator, sessionFile } = await simulate(t)
  mkdirSync(dirname(sessionFile), { recursive: true })
  writeFileSync(sessionFile, '{}')
  chmodSync(sessionFile, 0o644)
  await start(t, simulator, { sessionFile })
  t.equal(statSync(sessionFile).mode & 0o777, 0o600)
})
