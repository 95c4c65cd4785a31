import t, { type Test } from 'tap'
import type { AccessSettings, AccessSource } from '../../../src/hypercore/client.ts'
import { clientFor, type TestClient } from '../../helper/cluster-client.ts'
import { failureOf } from '../../helper/failure.ts'
import { json, startOddServer } from '../../helper/odd-server.ts'
import { simulatorFor, until } from '../../helper/simulator.ts'
import type { Simulator } from '../../../src/simulator/simulator.ts'

const wrongPin = '00'.repeat(32)

/** Settings that can be corrected, as in a file; read again only when they have changed. */
interface Editable {
  source: AccessSource
  /** Replaces them, or breaks them. */
  change: (next: Partial<AccessSettings> | Error) => void
  /** How often they were read. */
  reads: number
}

function editable(from: AccessSettings, fixed: string[] = []): Editable {
  let [now, changed]: [AccessSettings | Error, boolean] = [from, false]
  let last = from
  const settings: Editable = {
    reads: 0,
    change: (next) => {
      if (!(next instanceof Error)) last = { ...last, ...next }
      now = next instanceof Error ? next : last
      changed = true
    },
    source: {
      fixed,
      read: async () => {
        settings.reads += 1
        if (!changed) return undefined
        changed = false
        if (now instanceof Error) throw now
        return now
      }
    }
  }
  return settings
}

const pinned = (...fingerprints: string[]): AccessSettings['tls'] => ({ mode: 'pin', fingerprints })

interface Setup extends Editable, TestClient {
  simulator: Simulator
  logins: () => number
}

async function setUp(
  t: Test,
  wrong: (simulator: Simulator) => Partial<AccessSettings>,
  fixed: string[] = [],
  nodes = 1
): Promise<Setup> {
  const simulator = await simulatorFor(t, { nodes, vms: 1, sessions: 'per-node' })
  const right = { username: 'admin', password: 'admin', useOidc: false }
  const settings = { ...right, tls: pinned(...simulator.fingerprints), ...wrong(simulator) }
  const edit = editable(settings, fixed)
  const test = clientFor(t, simulator.urls, { ...settings, accessSource: edit.source })
  const logins = (): number =>
    simulator.requests.filter(({ path }) => path === '/rest/v1/login').length
  return Object.assign(edit, test, { simulator, logins })
}

t.test('a certificate that is pinned later is trusted by the next call', async (t) => {
  const setup = await setUp(t, () => ({ tls: pinned(wrongPin) }))
  const { client, simulator, log } = setup
  const refused = await failureOf(client.list('/Node'))
  t.equal(refused.code, 'CLUSTER_TLS')
  t.match(refused.message, /in SCALE_TLS_FINGERPRINT; the bridge reads new pins by itself/)
  t.equal(simulator.requests.length, 0)
  setup.change({ tls: pinned(...simulator.fingerprints) })
  t.equal((await client.list('/Node')).length, 1)
  t.match(
    log.filter(({ message }) => message.startsWith('The TLS settings have changed')),
    [{ level: 'info', fields: { mode: 'pin', pins: 1 } }]
  )
})

t.test('other settings are judged as strictly as ever', async (t) => {
  const setup = await setUp(t, () => ({ tls: pinned(wrongPin) }))
  for (const tls of [
    pinned('11'.repeat(32)),
    { mode: 'insecure' as const, fingerprints: [] },
    { mode: 'verify' as const, fingerprints: [] }
  ]) {
    setup.change({ tls })
    const { code, message } = await failureOf(setup.client.list('/Node'))
    t.equal(code, 'CLUSTER_TLS', tls.mode)
    t.match(message, /is not pinned/)
    if (tls.mode !== 'pin')
      t.match(
        message,
        /the settings have changed, and the bridge cannot use them: its log says why/
      )
  }
  t.equal(setup.simulator.requests.length, 0, 'not a byte was sent')
  t.match(
    setup.log.filter(({ level, message }) => level === 'warn' && /cannot be used/.test(message)),
    [
      { fields: { reason: 'SCALE_TLS is insecure now, less strict than pin' } },
      { fields: { reason: 'SCALE_TLS is verify now, less strict than pin' } }
    ]
  )
  setup.change({ tls: pinned(...setup.simulator.fingerprints) })
  t.equal((await setup.client.list('/Node')).length, 1, 'and goes on once they are right')
})

t.test('nothing of a bad change is used, and it is said once', async (t) => {
  const setup = await setUp(t, () => ({ tls: pinned(wrongPin), password: 'wrong-zzq' }))
  setup.change(new Error('SCALE_PASSWORD is not set'))
  for (let i = 0; i < 3; i++)
    t.match(await failureOf(setup.client.list('/Node')), {
      code: 'CLUSTER_TLS',
      message: /its log says why/
    })
  const warnings = setup.log.filter(({ message }) => /cannot be used/.test(message))
  t.equal(warnings.length, 1)
  t.match(
    warnings[0]?.message,
    /SCALE_PASSWORD is not set\. The bridge continues with those it has/
  )
})

t.test('calls at the same time share one reading and all succeed', async (t) => {
  const setup = await setUp(t, () => ({ tls: pinned(wrongPin), password: 'wrong-zzq' }), [], 3)
  const { fingerprints } = setup.simulator
  setup.change({ tls: pinned(...fingerprints), password: 'admin' })
  const calls = Array.from({ length: 60 }, () => setup.client.list('/Node'))
  for (const nodes of await Promise.all(calls)) t.equal(nodes.length, 3)
  t.equal(setup.reads, 1)
  t.equal(setup.logins(), 2, 'the first was under way with the former password')
})

t.test('connections of an old pin are closed, what is under way on them ends', async (t) => {
  const gates: (() => void)[] = []
  const server = await startOddServer(t, (request, response) => {
    if (request.url?.endsWith('/VirDomain')) gates.push(() => json(response, 200, []))
    else json(response, 200, [])
  })
  const other = await startOddServer(t, (_request, response) => json(response, 200, []))
  const edit = editable({
    username: 'admin',
    password: 'admin',
    useOidc: false,
    tls: pinned(server.fingerprint)
  })
  const { client } = clientFor(t, [server.url, other.url], {
    tls: pinned(server.fingerprint),
    accessSource: edit.source
  })
  await client.list('/Node')
  const running = client.list('/VirDomain')
  await until(() => gates.length === 1)
  edit.change({ tls: pinned(server.fingerprint, other.fingerprint) })
  await client.probe()
  await client.list('/Node')
  for (const open of gates) open()
  t.same(await running, [])
  await until(() => server.sockets.size === 1)
  t.ok((await client.probe()).every(({ ok }) => ok))
})

t.test('a password that is corrected is used by the next call, without a pause', async (t) => {
  const setup = await setUp(t, () => ({ password: 'wrong-zzq' }), [], 3)
  const refused = await failureOf(setup.client.list('/Node'))
  t.equal(refused.code, 'CLUSTER_LOGIN_REFUSED')
  t.match(
    refused.message,
    /check SCALE_USERNAME and SCALE_PASSWORD; the bridge reads a corrected settings file by itself/
  )
  t.equal(setup.logins(), 3)
  t.match(await failureOf(setup.client.list('/Node')), {
    message: /is not asked again for \d+ s; the bridge reads a corrected settings file by itself/
  })
  t.equal(setup.logins(), 3, 'not asked again with what was refused')
  setup.change({ password: 'wrong-zzq-2' })
  t.equal((await failureOf(setup.client.list('/Node'))).code, 'CLUSTER_LOGIN_REFUSED')
  t.equal(setup.logins(), 6, 'each node once with another password')
  await failureOf(setup.client.list('/Node'))
  t.equal(setup.logins(), 6)
  setup.change({ password: 'admin' })
  t.equal((await setup.client.list('/Node')).length, 3)
  t.equal(setup.logins(), 7)
  t.notMatch(JSON.stringify([setup.log, refused.message, refused.details]), 'wrong-zzq')
})

t.test('a password that changes at the cluster and in the settings: no call fails', async (t) => {
  const setup = await setUp(t, () => ({}))
  await setup.client.list('/Node')
  for (const user of setup.simulator.world.state.users.values()) user.password = 'new-zzq'
  setup.change({ password: 'new-zzq' })
  setup.simulator.faults.add({ kind: 'drop-sessions', times: 1 })
  const calls = Array.from({ length: 20 }, () => setup.client.list('/Node'))
  t.equal((await Promise.all(calls)).length, 20)
  t.equal(setup.logins(), 3, 'the first, the refused one, the corrected one')
})

t.test('another user: the sessions of the former one are logged out on every node', async (t) => {
  const setup = await setUp(t, () => ({}), [], 2)
  const { client, simulator } = setup
  await client.write('POST', '/User', { username: 'second', password: 'second-zzq' })
  const [first, second] = simulator.urls.map((url) => new URL(url).host)
  simulator.faults.add({ kind: 'node-down', node: 0 })
  await client.list('/Node')
  simulator.faults.clear()
  t.match(await client.sessions.describe(), [
    { node: first, user: 'admin' },
    { node: second, user: 'admin' }
  ])
  for (const user of simulator.world.state.users.values())
    if (user.username === 'admin') user.password = 'locked-zzq'
  setup.change({ username: 'second', password: 'second-zzq' })
  t.match(await client.sessions.renew(), { user: 'second', valid: true })
  const held = await client.sessions.describe()
  t.match(held, [{ user: 'second', valid: true }])
  t.equal(held.length, 1)
  const logouts = (): number[] =>
    simulator.requests.filter(({ path }) => path === '/rest/v1/logout').map(({ node }) => node)
  await until(() => logouts().length === 2)
  t.same(new Set(logouts()), new Set([0, 1]))
})

t.test('what the environment sets is said to be beyond a correction in the file', async (t) => {
  const login = await setUp(t, () => ({ password: 'wrong-zzq' }), ['SCALE_PASSWORD', 'SCALE_TLS'])
  t.match(await failureOf(login.client.list('/Node')), {
    message:
      /; SCALE_PASSWORD comes from the environment, which wins over the settings file: change it there and restart the bridge\.$/
  })
  const both = await setUp(t, () => ({ password: 'wrong-zzq' }), [
    'SCALE_USERNAME',
    'SCALE_PASSWORD'
  ])
  t.match(await failureOf(both.client.list('/Node')), {
    message: /SCALE_USERNAME and SCALE_PASSWORD come from the environment, .* change them there/
  })
  const tls = await setUp(t, () => ({ tls: pinned(wrongPin) }), ['SCALE_TLS_FINGERPRINT'])
  t.match(await failureOf(tls.client.list('/Node')), {
    message: /SCALE_TLS_FINGERPRINT comes from the environment, which wins over the settings file/
  })
})

t.test('probe tries a refused login again with a corrected password, and not before', async (t) => {
  const setup = await setUp(t, () => ({ password: 'wrong-zzq' }), [], 2)
  await failureOf(setup.client.list('/Node'))
  const tried = setup.logins()
  for (let i = 0; i < 3; i++)
    t.match(await setup.client.probe(), [
      { ok: false, error: { code: 'CLUSTER_LOGIN_REFUSED' } },
      { ok: false, error: { code: 'CLUSTER_LOGIN_REFUSED' } }
    ])
  t.equal(setup.logins(), tried)
  setup.change({ password: 'admin' })
  t.match(await setup.client.probe(), [{ ok: true }, { ok: true }])
})

t.test('a login of the former user that ends late is logged out, not used', async (t) => {
  let free = (): void => undefined
  const users: string[] = []
  const server = await startOddServer(
    t,
    (request, response, body) => {
      if (!request.url?.endsWith('/login')) return json(response, 200, [])
      const { username } = JSON.parse(body) as { username: string }
      users.push(username)
      const isLate = users.length === 1
      const give = (): void => json(response, 200, { sessionID: `session-of-${username}` })
      if (isLate) free = give
      else give()
    },
    { answersLogin: true }
  )
  const refusing = await startOddServer(t, (_request, response) => json(response, 200, []))
  const first = {
    username: 'first',
    password: 'zzq',
    useOidc: false,
    tls: pinned(server.fingerprint)
  }
  const edit = editable(first)
  const { client } = clientFor(t, [server.url, refusing.url], {
    ...first,
    accessSource: edit.source
  })
  const call = client.list('/Node')
  await until(() => users.length === 1)
  edit.change({ username: 'second' })
  await client.probe()
  free()
  t.same(await call, [])
  t.same(users, ['first', 'second'])
  const cookieOf = (path: string): string | undefined =>
    server.requests.find(({ line }) => line.endsWith(path))?.cookie
  t.equal(cookieOf('/Node'), 'sessionID=session-of-second')
  await until(() => cookieOf('/logout') !== undefined)
  t.equal(cookieOf('/logout'), 'sessionID=session-of-first')
})
