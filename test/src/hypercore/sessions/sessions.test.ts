import t, { type Test } from 'tap'
import type { Fault } from '../../../../src/simulator/faults.ts'
import type { SimulatorOptions } from '../../../../src/simulator/options.ts'
import type { Simulator } from '../../../../src/simulator/simulator.ts'
import { clientFor } from '../../../helper/cluster-client.ts'
import { failureOf } from '../../../helper/failure.ts'
import { holdTimers } from '../../../helper/held-timers.ts'
import { json, startOddServer } from '../../../helper/odd-server.ts'
import { simulatorFor, until } from '../../../helper/simulator.ts'

function simulate(t: Test, options: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  return simulatorFor(t, { nodes: 1, vms: 2, ...options })
}

function count({ requests }: Simulator, method: string, path: string, node?: number): number {
  return requests.filter(
    (request) =>
      request.method === method &&
      request.path === `/rest/v1${path}` &&
      (node === undefined || request.node === node)
  ).length
}

const hour = 3600 * 1000

t.test('100 concurrent first calls make exactly one login', async (t) => {
  const simulator = await simulate(t)
  const { client, log } = clientFor(t, simulator.urls)
  // With a time limit of its own a read is shared with no other.
  const read = { method: 'GET', path: '/Node', timeoutMs: 20_000 } as const
  const answers = await Promise.all(Array.from({ length: 100 }, () => client.request(read)))
  t.equal(answers.length, 100)
  const why = log.filter(({ level }) => level !== 'debug')
  t.equal(count(simulator, 'POST', '/login'), 1, 'one login', { why })
  t.equal(count(simulator, 'GET', '/Node'), 100)
})

t.test('a session evicted at the cluster costs one renewal and no failed call', async (t) => {
  const simulator = await simulate(t)
  for (const user of simulator.world.state.users.values()) user.sessionLimit = 1
  const { client } = clientFor(t, simulator.urls)
  await client.list('/Node')
  const other = clientFor(t, simulator.urls)
  await other.client.list('/Node')
  const before = count(simulator, 'POST', '/login')
  await Promise.all(Array.from({ length: 50 }, () => client.list('/Node')))
  t.equal(count(simulator, 'POST', '/login') - before, 1)
})

for (const expiredSession of [401, 503] as const) {
  t.test(`an expired session answered with ${expiredSession} is renewed once`, async (t) => {
    const simulator = await simulate(t, { expiredSession })
    const { client } = clientFor(t, simulator.urls)
    await client.list('/Node')
    simulator.faults.add({ kind: 'drop-sessions', times: 1 })
    t.ok((await client.list('/Node')).length > 0)
    t.equal(count(simulator, 'POST', '/login'), 2)
    t.equal(count(simulator, 'GET', '/Node'), 3)
  })

  t.test(`a write refused with ${expiredSession} is repeated: it was not executed`, async (t) => {
    const simulator = await simulate(t, { expiredSession })
    const { client } = clientFor(t, simulator.urls)
    await client.list('/Node')
    simulator.faults.add({ kind: 'drop-sessions', times: 1 })
    const { createdUUID } = await client.write('POST', '/User', {
      username: 'second',
      password: 'secret-of-the-second'
    })
    t.ok(createdUUID)
    const named = [...simulator.world.state.users.values()].filter(
      ({ username }) => username === 'second'
    )
    t.equal(named.length, 1)
  })
}

t.test('a late 401 for a session that was replaced meanwhile uses the new one', async (t) => {
  const first: string[] = []
  const late: (() => void)[] = []
  let isReplaced = false
  const server = await startOddServer(t, (request, response) => {
    const { cookie = '' } = request.headers
    first.push(cookie)
    if (cookie !== first[0]) {
      isReplaced = true
      for (const refuse of late.splice(0)) refuse()
      return json(response, 200, [])
    }
    const refuse = (): void => json(response, 401, { error: 'Session is gone' })
    const isLate = request.url?.endsWith('/VirDomain') === true
    if (!isLate || isReplaced) return refuse()
    late.push(refuse)
    return undefined
  })
  const { client } = clientFor(t, [server.url])
  await Promise.all([client.list('/VirDomain'), client.list('/Node')])
  t.equal(server.requests.filter(({ line }) => line.endsWith('/login')).length, 2)
})

t.test('a cluster that refuses each new session is not asked in a loop', async (t) => {
  const server = await startOddServer(t, (_request, response) =>
    json(response, 401, { error: 'Session is gone' })
  )
  const { client } = clientFor(t, [server.url])
  const error = await failureOf(client.list('/Node'))
  t.equal(error.code, 'CLUSTER_LOGIN_REFUSED')
  t.equal(error.statusCode, 502, 'a 401 of the cluster is not one of the bridge')
  t.match(error.message, /although the bridge had just logged in; check the session limit/)
  t.same(
    server.requests.map(({ line }) => line),
    ['POST', 'GET', 'POST', 'GET'].map((method) =>
      method === 'POST' ? 'POST /rest/v1/login' : 'GET /rest/v1/Node'
    )
  )
})

t.test('wrong credentials are asked once of each node and then answered from memory', async (t) => {
  const simulator = await simulate(t, { nodes: 3 })
  const { client, log } = clientFor(t, simulator.urls, { password: 'wrong-password-9' })
  const errors = await Promise.all(
    Array.from({ length: 20 }, () => failureOf(client.list('/Node')))
  )
  errors.push(await failureOf(client.write('POST', '/User', {})))
  for (const error of errors) {
    t.equal(error.code, 'CLUSTER_LOGIN_REFUSED')
    t.match(error.message, /SCALE_USERNAME and SCALE_PASSWORD/)
  }
  t.equal(simulator.requests.length, 3)
  t.notMatch(errors[0]?.message, /asked again/, 'it was asked')
  t.match(errors.at(-1)?.message, /is not asked again for \d+ s\.$/)
  const renewal = await failureOf(client.sessions.renew())
  t.equal(renewal.code, 'CLUSTER_LOGIN_REFUSED')
  t.equal(simulator.requests.length, 3, 'an explicit renewal waits 5 s too')
  const shown = JSON.stringify([errors.map((e) => [e.message, e.details, String(e.cause)]), log])
  t.notMatch(shown, 'wrong-password-9')
  const [probe] = await client.probe()
  t.equal(probe?.error?.code, 'CLUSTER_LOGIN_REFUSED')
})

t.test('a cluster that gets its user back is asked again after a while', async (t) => {
  const simulator = await simulate(t)
  const clientWith = (refusalMs: number) =>
    clientFor(t, simulator.urls, { username: 'late', timeouts: { refusalMs } }).client
  const [early, due] = [clientWith(3_600_000), clientWith(50)]
  for (const client of [early, due]) await failureOf(client.list('/Node'))
  const [admin] = [...simulator.world.state.users.values()]
  if (admin === undefined) throw new Error('The simulator has no user')
  admin.username = 'late'
  await failureOf(early.list('/Node'))
  let renewed: object | undefined
  await until(async () => {
    renewed = await due.sessions.renew().catch(() => undefined)
    return renewed !== undefined
  })
  t.match(renewed, { user: 'late', valid: true })
  t.ok((await due.list('/Node')).length > 0)
})

t.test('a caller that leaves does not end the login of the others', async (t) => {
  const simulator = await simulate(t)
  const logins = holdTimers(t, 4_000_000)
  simulator.faults.add({ kind: 'slow', path: '/login', ms: 4_000_000 })
  const { client } = clientFor(t, simulator.urls)
  const leaves = new AbortController()
  const hurried = client.request({ method: 'GET', path: '/Node', signal: leaves.signal })
  const patient = client.list('/Node')
  await until(() => logins.waiting.length === 1)
  leaves.abort()
  t.equal((await failureOf(hurried)).code, 'CALLER_GONE')
  logins.release()
  t.ok((await patient).length > 0)
  t.equal(count(simulator, 'POST', '/login'), 1)
})

t.test('a session is renewed when it is too old, and the old one logged out', async (t) => {
  const { now } = Date
  t.teardown(() => (Date.now = now))
  const simulator = await simulate(t)
  const { client } = clientFor(t, simulator.urls, { sessionMaxAgeMs: hour })
  await client.list('/Node')
  Date.now = () => now() + hour
  await Promise.all(Array.from({ length: 20 }, () => client.list('/Node')))
  t.equal(count(simulator, 'POST', '/login'), 2)
  await client.close({ logout: false })
  t.equal(count(simulator, 'POST', '/logout'), 1)
})

t.test(
  'a logout that is lost is sent again, so that no session is left at the cluster',
  async (t) => {
    const faults: Fault[] = [
      { kind: 'reset-before' },
      { kind: 'reset-after' },
      { kind: 'html-502' },
      { kind: 'json-error', status: 500 },
      { kind: 'json-error', status: 429 }
    ]
    for (const fault of faults) {
      const simulator = await simulate(t)
      const { client } = clientFor(t, simulator.urls)
      await client.list('/Node')
      simulator.faults.add({ ...fault, path: '/logout', times: 1 })
      await client.sessions.renew()
      await until(() => count(simulator, 'POST', '/logout') === 1)
      await client.close({ logout: false })
      t.equal(simulator.sessions.count, 1, `${fault.kind}: the one that is kept`)
      t.equal(count(simulator, 'POST', '/logout'), 2)
    }
  }
)

t.test('generate, look at, kill', async (t) => {
  const simulator = await simulate(t)
  const { client } = clientFor(t, simulator.urls)
  t.same(await client.sessions.describe(), [])
  const made = await client.sessions.renew()
  t.match(made, { node: new URL(simulator.urls[0] ?? '').host, user: 'admin', valid: true })
  t.equal(made.expiresAt - made.createdAt, 12 * hour)
  t.match(await client.sessions.describe(), [{ ...made, ageMs: Number }])
  await client.sessions.renew()
  t.equal(count(simulator, 'POST', '/login'), 2)
  const [killed] = await client.sessions.kill()
  t.equal(killed?.valid, false)
  t.equal(killed?.note, undefined)
  t.equal(count(simulator, 'POST', '/logout'), 2, 'the one that was replaced, too')
  t.same(await client.sessions.describe(), [])
  t.ok((await client.list('/Node')).length > 0)
  t.equal(count(simulator, 'POST', '/login'), 3, 'the next call logs in again')
})

t.test('a session that the cluster has ended is shown as invalid and not renewed', async (t) => {
  const simulator = await simulate(t)
  const { client } = clientFor(t, simulator.urls)
  await client.list('/Node')
  simulator.faults.add({ kind: 'drop-sessions', times: 1 })
  t.match(await client.sessions.describe(), [{ valid: false, note: /cluster has ended it/ }])
  t.equal(count(simulator, 'POST', '/login'), 1)
  simulator.faults.add({ kind: 'node-down' })
  t.match(await client.sessions.describe(), [{ valid: false, note: /could not be checked/ }])
  t.match(await client.sessions.kill(), [{ valid: false, note: /not logged out/ }])
})

t.test('renew uses the next node when the first is down', async (t) => {
  const simulator = await simulate(t, { nodes: 2 })
  simulator.faults.add({ kind: 'node-down', node: 0 })
  const { client } = clientFor(t, simulator.urls)
  t.equal((await client.sessions.renew()).node, new URL(simulator.urls[1] ?? '').host)
  simulator.faults.add({ kind: 'node-down', node: 1 })
  t.equal((await failureOf(client.sessions.renew())).code, 'CLUSTER_UNREACHABLE')
})

t.test('the login is read from the body, or else from the cookie', async (t) => {
  for (const [cookie, body, expected] of [
    ['sessionID=from-cookie-1; Path=/; Secure', '', 'from-cookie-1'],
    ['sessionID=from-cookie-2; Path=/', '{"sessionID":"from-body-2"}', 'from-body-2'],
    ['', '{"sessionID":"from-body-3"}', 'from-body-3']
  ] as const) {
    const server = await startOddServer(
      t,
      (request, response) => {
        if (request.url?.endsWith('/login') !== true) return json(response, 200, [])
        if (cookie !== '') response.setHeader('set-cookie', ['other=1', cookie])
        response.setHeader('content-type', 'application/json')
        response.end(body)
      },
      { answersLogin: true }
    )
    const { client } = clientFor(t, [server.url])
    await client.list('/Node')
    t.equal(server.requests[1]?.cookie, `sessionID=${expected}`)
  }
})

t.test('a login that returns no session, or one that is not a valid cookie', async (t) => {
  for (const body of [
    '{}',
    '[]',
    '"x"',
    '{"sessionID":"a;b\\r\\nx: y"}',
    '{"sessionID":"secret-12'
  ]) {
    const server = await startOddServer(
      t,
      (_request, response) => {
        response.setHeader('content-type', 'application/json')
        response.end(body)
      },
      { answersLogin: true }
    )
    const { client } = clientFor(t, [server.url])
    const error = await failureOf(client.write('POST', '/VirDomain', {}))
    t.equal(error.code, 'CLUSTER_BAD_ANSWER', 'the write was never sent')
    t.notMatch(JSON.stringify([error.message, error.details, String(error.cause)]), 'secret-12')
  }
})

t.test('close logs out without a file to keep the session in', async (t) => {
  const simulator = await simulate(t)
  const { client } = clientFor(t, simulator.urls)
  await client.list('/Node')
  await client.close()
  t.equal(count(simulator, 'POST', '/logout'), 1)
  t.equal((await failureOf(client.list('/Node'))).code, 'SHUTTING_DOWN')
})
