import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeFileSync
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import type { HyperCoreOptions } from '../../../../src/hypercore/client.ts'
import { silentLogger } from '../../../../src/lib/logger.ts'
import { SessionFile } from '../../../../src/hypercore/sessions/session-file.ts'
import type { Simulator } from '../../../../src/simulator/simulator.ts'
import { clientFor } from '../../../helper/cluster-client.ts'
import { missingPrograms } from '../../../helper/shell.ts'
import { simulatorFor, until } from '../../../helper/simulator.ts'

const fifoMissing = missingPrograms('mkfifo')

async function simulate(t: Test): Promise<{ simulator: Simulator; sessionFile: string }> {
  const simulator = await simulatorFor(t, { nodes: 2, vms: 2 })
  return { simulator, sessionFile: join(t.testdir(), 'state', 'session.json') }
}

const logins = ({ requests }: Simulator): number =>
  requests.filter(({ path }) => path.endsWith('/login')).length

const logouts = ({ requests }: Simulator): number =>
  requests.filter(({ path }) => path.endsWith('/logout')).length

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
  // A file where the folder should be: nobody can write below it, root neither.
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

t.test('a place that takes no entries, as /proc, is the same warning', async (t) => {
  const { simulator } = await simulate(t)
  const { client, log } = clientFor(t, simulator.urls, { sessionFile: '/proc/x/y' })
  await client.list('/Node')
  const startedAt = performance.now()
  await client.close()
  t.ok(performance.now() - startedAt < 1500)
  t.match(
    log.filter(({ level }) => level === 'warn'),
    [{ message: /SCALE_SESSION_FILE cannot be written/ }]
  )
  t.equal(logouts(simulator), 1)
})

t.test('a place that hangs holds up neither calls nor close', { skip: fifoMissing }, async (t) => {
  const { simulator } = await simulate(t)
  // Reading it waits until someone writes into it, as a network drive waits for its server.
  const path = join(t.testdir(), 'pipe')
  execFileSync('mkfifo', [path])
  const { client, log } = clientFor(t, simulator.urls, { sessionFile: path })
  const startedAt = performance.now()
  await client.list('/Node')
  t.ok(performance.now() - startedAt < 3500, 'the first call waits for the file for 2 s')
  const secondAt = performance.now()
  await client.list('/Node')
  await client.sessions.renew()
  t.ok(performance.now() - secondAt < 1000, 'the others do not')
  const closedAt = performance.now()
  await client.close()
  t.ok(performance.now() - closedAt < 3500)
  t.match(
    log.filter(({ level }) => level === 'warn'),
    [{ message: /SCALE_SESSION_FILE cannot be written \(no answer for 2 s\)/ }]
  )
  t.equal(logouts(simulator), logins(simulator))

  // Lets the reader go: what waited behind it is done in turn, and this process can end.
  const pipe = openSync(path, constants.O_RDWR)
  unlinkSync(path)
  closeSync(pipe)
  const kept = (): object =>
    (JSON.parse(readFileSync(path, 'utf8')) as { sessions: object }).sessions
  await until(() => existsSync(path) && Object.keys(kept()).length === 0)
})

t.test('a process that was held up does not blame the disk', async (t) => {
  const path = join(t.testdir(), 'session.json')
  const warnings: string[] = []
  const note = (_fields: object, message: string): void => void warnings.push(message)
  const file = new SessionFile(
    path,
    { username: 'admin', useOidc: false, nodes: ['https://10.0.0.1'] },
    { ...silentLogger, warn: note },
    { readMs: 100, writeMs: 200 }
  )
  const session = { id: 'x', createdAt: 1 }
  const written = file.change((sessions) => sessions.set('https://10.0.0.1', session))
  const until = performance.now() + 400
  while (performance.now() < until);
  await written
  t.same(warnings, [])
  t.ok(file.keeps)
  t.equal((await file.read()).size, 1)
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
  // A file where the folder should be: nobody can write below it, root neither.
  writeFileSync(dirname(sessionFile), '')
  await client.close()
  t.equal(logouts(simulator), 1)
})

t.test('two bridges with one file: the session that it does not keep is ended', async (t) => {
  const { simulator, sessionFile } = await simulate(t)
  const clients = [1, 2].map(() => clientFor(t, simulator.urls, { sessionFile }).client)
  await Promise.all(clients.map((client) => client.list('/Node')))
  t.equal(logins(simulator), 2, 'both found no file')
  // Written behind the calls.
  await new Promise((resolve) => setTimeout(resolve, 500))
  for (const client of clients) await client.close()
  t.equal(logouts(simulator), 1)
  await start(t, simulator, { sessionFile })
  t.equal(logins(simulator), 2, 'the other one is kept, and good')
})

t.test('a file that others could read is closed to them when it is replaced', async (t) => {
  const { simulator, sessionFile } = await simulate(t)
  mkdirSync(dirname(sessionFile), { recursive: true })
  writeFileSync(sessionFile, '{}')
  chmodSync(sessionFile, 0o644)
  await start(t, simulator, { sessionFile })
  t.equal(statSync(sessionFile).mode & 0o777, 0o600)
})

const writerScript = fileURLToPath(new URL('../../../helper/session-writer.js', import.meta.url))

async function startWriter(path: string, name: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [writerScript, path, name], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  if (child.stdout === null) throw new Error('The writer has no output')
  await once(child.stdout, 'data')
  return child
}

t.test('two writers and kill -9 at any moment leave a whole file', async (t) => {
  const path = join(t.testdir(), 'session.json')
  const origin = 'https://10.0.0.1'
  const owner = { username: 'admin', useOidc: false, nodes: [origin] }
  const file = new SessionFile(path, owner, silentLogger)
  for (let round = 0; round < 3; round++) {
    const writers = await Promise.all([startWriter(path, 'a'), startWriter(path, 'b')])
    for (let i = 0; i < 60; i++) {
      const session = (await file.read()).get(origin)
      if (session?.id.length !== 1000) t.fail('A reader met a file that is not whole')
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    for (const writer of writers) {
      writer.kill('SIGKILL')
      await once(writer, 'exit')
    }
    t.equal((await file.read()).get(origin)?.id.length, 1000)
  }
  t.ok(existsSync(path))
})
