import t, { type Test } from 'tap'
import { parseFault } from '../../../src/simulator/fault-text.ts'
import type { Simulator } from '../../../src/simulator/simulator.ts'
import { holdTimers } from '../../helper/held-timers.ts'
import { failureOf, PlainClient, simulatorFor, until } from '../../helper/simulator.ts'

interface Started {
  simulator: Simulator
  clients: PlainClient[]
  /** The first of them. */
  client: PlainClient
}

async function start(t: Test): Promise<Started> {
  const simulator = await simulatorFor(t)
  const clients = simulator.urls.map((url) => new PlainClient(url, 'admin', 'admin', 'fresh'))
  const client = clients[0] ?? new PlainClient('')
  return { simulator, clients, client }
}

const statusOf = async (client: PlainClient | undefined, path = '/ping'): Promise<number> =>
  (await client?.raw('GET', path))?.status ?? 0

async function hasUser(client: PlainClient, name: string): Promise<boolean> {
  const users = await client.get<{ username: string }>('/User')
  return users.some(({ username }) => username === name)
}

t.test('node-down: connections are refused, the peers serve', async (t) => {
  const { simulator, clients } = await start(t)
  const remove = simulator.faults.add({ kind: 'node-down', node: 1 })
  t.equal(await failureOf(statusOf(clients[1])), 'ECONNREFUSED')
  t.equal(await statusOf(clients[0]), 200)
  remove()
  await until(async () => (await statusOf(clients[1]).catch(() => 0)) === 200)
  simulator.faults.add({ kind: 'node-down' })
  for (const client of clients) t.equal(await failureOf(statusOf(client)), 'ECONNREFUSED')
  simulator.faults.clear()
  await until(async () => (await statusOf(clients[2]).catch(() => 0)) === 200)
  t.equal(clients[2]?.url, simulator.urls[2], 'on the same port')
})

t.test('node-down cuts what is under way', async (t) => {
  const { simulator, clients } = await start(t)
  simulator.faults.add({ kind: 'hang', node: 0 })
  const hanging = failureOf(statusOf(clients[0]))
  await until(() => simulator.requests.length === 1)
  simulator.faults.add({ kind: 'node-down', node: 0 })
  t.equal(await hanging, 'ECONNRESET')
})

t.test('slow: the answer comes later, and is the right one', async (t) => {
  const { simulator, clients } = await start(t)
  const waits = holdTimers(t, 4_000_000)
  simulator.faults.add({ kind: 'slow', ms: 4_000_000, times: 1 })
  const call = clients[0]?.raw('POST', '/User', { body: { username: 'late' } })
  await until(() => waits.waiting.length === 1)
  t.notOk(await hasUser(clients[1] ?? new PlainClient(''), 'late'), 'not even executed')
  waits.release()
  t.match(await call, { status: 200, text: /createdUUID/ })
  t.same(simulator.faults.list(), [])
})

t.test('hang: accepted and never answered', async (t) => {
  const { simulator, clients } = await start(t)
  simulator.faults.add({ kind: 'hang', path: '/VirDomain' })
  const hanging = failureOf(statusOf(clients[0], '/VirDomain'))
  t.equal(await statusOf(clients[0]), 200)
  await until(() => simulator.requests.some(({ path }) => path === '/rest/v1/VirDomain'))
  await simulator.close()
  t.equal(await hanging, 'ECONNRESET', 'closing does not wait for it')
})

t.test('drop-sessions: once, and Basic does not feel it', async (t) => {
  const { simulator, client } = await start(t)
  await client.login()
  simulator.faults.add({ kind: 'drop-sessions' })
  t.equal(await statusOf(client), 401)
  await client.login()
  t.equal(await statusOf(client), 200)
})

t.test('html-502 and error-500 stand for the answer, nothing is executed', async (t) => {
  const { simulator, client } = await start(t)
  const create = { body: { username: 'ghost' } }
  simulator.faults.add({ kind: 'html-502', method: 'POST', times: 1 })
  const html = await client.raw('POST', '/User', create)
  t.match(html, { status: 502, text: /<html>/, headers: { 'content-type': /^text\/html/ } })
  simulator.faults.add({ kind: 'error-500', message: 'Broken', times: 1 })
  t.match(await client.raw('POST', '/User', create), { status: 500, text: '{"error":"Broken"}' })
  t.notOk(await hasUser(client, 'ghost'))
})

t.test('truncated-json: the call is executed, its answer ends halfway', async (t) => {
  const { simulator, client } = await start(t)
  simulator.faults.add({ kind: 'truncated-json', times: 1 })
  t.equal(
    await failureOf(client.raw('POST', '/User', { body: { username: 'real' } })),
    'ECONNRESET'
  )
  t.ok(await hasUser(client, 'real'))
})

t.test('reset-before and reset-after: the same for the client, not for the cluster', async (t) => {
  const { simulator, client } = await start(t)
  for (const [kind, executed] of [
    ['reset-before', false],
    ['reset-after', true]
  ] as const) {
    simulator.faults.add({ kind, times: 1 })
    const call = client.raw('POST', '/User', { body: { username: kind } })
    t.equal(await failureOf(call), 'ECONNRESET', kind)
    t.equal(simulator.requests.at(-1)?.status, 0)
    t.equal(await hasUser(client, kind), executed, kind)
  }
})

t.test('connections that were reset do not disturb a node that goes down', async (t) => {
  const { simulator, clients } = await start(t)
  const [first, second] = clients
  if (first === undefined || second === undefined) return
  const kinds = ['reset-before', 'reset-after'] as const
  for (let round = 0; round < 20; round += 1) {
    const kept = new PlainClient(first.url)
    for (const kind of kinds) {
      t.equal(await statusOf(kept), 200)
      simulator.faults.add({ kind, times: 4 })
      const user = { body: { username: `${kind}-${round}` } }
      // At the same time, so that no later connection takes over what one of them left behind.
      const calls = [1, 2].flatMap(() => [
        kept.raw('GET', '/ping'),
        kept.raw('POST', '/User', user)
      ])
      const failures = await Promise.all(calls.map((call) => failureOf(call)))
      t.same(failures, Array(4).fill('ECONNRESET'))
    }
    const remove = simulator.faults.add({ kind: 'node-down', node: 0 })
    t.equal(await failureOf(statusOf(first)), 'ECONNREFUSED')
    if (round % 2 === 0) remove()
    else await second.raw('DELETE', '//simulator/faults')
    await until(async () => (await statusOf(first).catch(() => 0)) === 200)
  }
})

t.test('fail-task: the tasks of the calls it meets, as often as it says', async (t) => {
  const { simulator, client } = await start(t)
  simulator.faults.add({
    kind: 'fail-task',
    path: '/TimeSource',
    times: 1,
    message: 'No answer from %@',
    parameters: ['ntp']
  })
  await client.get('/TimeSource')
  const other = await client.post('/AlertSyslogTarget', { host: 'log' })
  t.equal((await client.task(other.taskTag)).state, 'COMPLETE')
  const first = await client.post('/TimeSource', { host: 'ntp' })
  t.match(await client.task(first.taskTag), {
    state: 'ERROR',
    formattedMessage: 'No answer from %@',
    messageParameters: ['ntp']
  })
  t.same(await client.get(`/TimeSource/${first.createdUUID}`), [])
  const second = await client.post('/TimeSource', { host: 'ntp' })
  t.equal((await client.task(second.taskTag)).state, 'COMPLETE')
})

t.test('over HTTP: listed, added, checked, cleared, also while a node is down', async (t) => {
  const { simulator, clients } = await start(t)
  const [first, second] = clients
  if (first === undefined || second === undefined) return
  const path = '//simulator/faults'
  t.equal((await first.as({}).raw('GET', path)).status, 401)
  t.equal((await new PlainClient(first.url, 'operator').raw('GET', path)).status, 401)
  const added = await first.raw('POST', path, { body: { kind: 'node-down', node: 0 } })
  t.same(JSON.parse(added.text), [{ kind: 'node-down', node: 0 }])
  await until(() => simulator.faults.isDown(0))
  t.equal(await failureOf(statusOf(first)), 'ECONNREFUSED')
  simulator.faults.add({ kind: 'hang' })
  t.equal((await second.raw('DELETE', path)).text, '[]', 'never subject to faults')
  await until(async () => (await statusOf(first).catch(() => 0)) === 200)

  const wrong = await first.raw('POST', path, {
    body: { kind: 'slow', node: 9, ms: -1, message: 'x' }
  })
  t.equal(wrong.status, 400)
  const { error } = JSON.parse(wrong.text) as { error: string }
  for (const text of ['node must be a number from 0 to 2', 'ms must be', 'message is not known'])
    t.match(error, text)
  t.match((await first.raw('POST', path, { body: { kind: 'x' } })).text, 'node-down, black-hole, ')
  t.equal((await first.raw('POST', path, { text: '{' })).status, 400)
  t.equal((await first.raw('PUT', path)).status, 405)
})

t.test('faults from a command line', (t) => {
  t.same(parseFault('hang'), { kind: 'hang' })
  t.same(parseFault('slow:500,node=0,path=/VirDomain,times=3', 3), {
    kind: 'slow',
    ms: 500,
    node: 0,
    path: '/VirDomain',
    times: 3
  })
  t.same(parseFault('fail-task,method=post,message=No room'), {
    kind: 'fail-task',
    method: 'POST',
    message: 'No room'
  })
  for (const text of ['', 'slw', 'slow:x', 'hang,node=3', 'hang,node', 'hang,colour=red', 'hang:5'])
    t.throws(() => parseFault(text, 3), { name: 'FaultError' }, text)
  t.end()
})
