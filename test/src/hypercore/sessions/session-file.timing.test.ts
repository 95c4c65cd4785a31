import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, existsSync, openSync, readFileSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { SessionFile } from '../../../../src/hypercore/sessions/session-file.ts'
import { silentLogger } from '../../../../src/lib/process/logger.ts'
import { clientFor } from '../../../helper/cluster-client.ts'
import { missingPrograms, sourceProgram } from '../../../helper/shell.ts'
import { logins, logouts, simulatorFor, until } from '../../../helper/simulator.ts'

const fifoMissing = missingPrograms('mkfifo')

t.test('a place that takes no entries, as /proc, is the same warning', async (t) => {
  const simulator = await simulatorFor(t, { nodes: 2, vms: 2 })
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
  const simulator = await simulatorFor(t, { nodes: 2, vms: 2 })
  // Reading it waits for a writer, as a network drive waits for its server.
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
    [{ message: /SCALE_SESSION_FILE cannot be written \(no response for 2 s\)/ }]
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

const writer = sourceProgram('test/helper/session-writer.ts')

async function startWriter(path: string, name: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [...writer, path, name], {
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

t.test('a process that was stalled does not blame the disk', async (t) => {
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

t.test('two bridges with one file: the session that it does not keep is ended', async (t) => {
  const simulator = await simulatorFor(t, { nodes: 2, vms: 2 })
  const sessionFile = join(t.testdir(), 'session.json')
  const clients = [1, 2].map(() => clientFor(t, simulator.urls, { sessionFile }).client)
  await Promise.all(clients.map((client) => client.list('/Node')))
  t.equal(logins(simulator), 2, 'both found no file')
  // Written behind the calls.
  await new Promise((resolve) => setTimeout(resolve, 500))
  for (const client of clients) await client.close()
  t.equal(logouts(simulator), 1)
  const { client } = clientFor(t, simulator.urls, { sessionFile })
  await client.list('/Node')
  t.equal(logins(simulator), 2, 'the other one is kept, and good')
})
