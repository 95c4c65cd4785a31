import t from 'tap'
import { ClusterCall } from '../../src/hypercore/cluster-api.ts'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { acceptTokens, principalWith } from '../helper/principals.ts'

const logins = ({ simulator }: TestBridge): number =>
  simulator.requests.filter(({ method, path }) => method === 'POST' && path === '/rest/v1/login')
    .length

t.test('a session is created, shown, ended', async (t) => {
  const bridge = await startTestBridge(t)

  const none = await bridge.call('get_session')
  t.equal(none.status, 200)
  t.same(none.body.sessions, [])

  const made = await bridge.call('generate_session')
  t.equal(made.status, 200)
  t.match(made.body, { user: 'admin', valid: true })
  t.ok(made.body.ageSeconds < 300)
  t.ok(Date.parse(made.body.expiresAt) > Date.now() + 11 * 3600 * 1000)

  const shown = await bridge.call('get_session')
  t.match(shown.body.sessions, [{ user: 'admin', node: made.body.node, valid: true }])

  bridge.simulator.faults.add({ kind: 'drop-sessions', times: 1 })
  const dropped = await bridge.call('get_session')
  t.match(dropped.body.sessions, [{ valid: false }], 'checked against the cluster')

  t.equal((await bridge.call('ping_read')).status, 200, 'the next call renews it')
  const before = logins(bridge)
  const killed = await bridge.call('kill_session')
  t.match(killed.body.message, /Closed the session/)
  t.same((await bridge.call('get_session')).body.sessions, [])
  t.equal(logins(bridge), before)
  t.equal((await bridge.call('ping_read')).status, 200)
  t.equal(logins(bridge), before + 1, 'after kill_session the next call logs in again')
})

t.test('200 concurrent first calls make one login', async (t) => {
  const bridge = await startTestBridge(t)
  const answers = await Promise.all(Array.from({ length: 200 }, () => bridge.call('ping_read')))
  t.ok(answers.every(({ status }) => status === 200))
  t.equal(logins(bridge), 1)
})

t.test('a session evicted at the cluster costs one renewal and no failed call', async (t) => {
  const bridge = await startTestBridge(t)
  t.equal((await bridge.call('ping_read')).status, 200)
  bridge.simulator.faults.add({ kind: 'drop-sessions', times: 1 })
  const answers = await Promise.all(Array.from({ length: 50 }, () => bridge.call('vm_read')))
  t.ok(answers.every(({ status }) => status === 200))
  t.equal(logins(bridge), 2)
})

t.test('wrong credentials are one sentence and are not hammered', async (t) => {
  const bridge = await startTestBridge(t, { cluster: { password: 'wrong-p4ss' } })
  for (let i = 0; i < 10; i++) {
    const { status, body, text } = await bridge.call('ping_read')
    t.equal(status, 502)
    t.match(body.error, {
      code: 'CLUSTER_LOGIN_REFUSED',
      message: /SCALE_USERNAME.*SCALE_PASSWORD/
    })
    t.notMatch(text, 'wrong-p4ss')
  }
  t.equal(logins(bridge), 3, 'one for each node')
})

t.test('who changes the session needs control for it, and is on record', async (t) => {
  const bridge = await startTestBridge(t)
  acceptTokens(bridge, {
    reader: principalWith(['read']),
    admin: principalWith(['read', 'control'])
  })
  const by = (token: string) => ({ authorization: `Bearer ${token}` })
  t.equal((await bridge.call('ping_read', {}, by('reader'))).status, 200)
  const before = logins(bridge)
  for (const tool of ['generate_session', 'kill_session'])
    t.match(await bridge.call(tool, {}, by('reader')), {
      status: 403,
      body: { error: { code: 'SCOPE_REQUIRED' } }
    })
  // Whatever stands before it, the client itself asks.
  const { hypercore } = bridge.app
  const limited = new ClusterCall(hypercore, { principal: principalWith(['read', 'operate']) })
  await t.rejects(limited.sessions.kill(), { code: 'SCOPE_REQUIRED' })
  await t.rejects(limited.sessions.renew(), { code: 'SCOPE_REQUIRED' })
  t.equal((await limited.sessions.describe()).length, 1)
  t.equal(logins(bridge), before, 'nothing was sent')

  for (const tool of ['generate_session', 'kill_session'])
    t.equal((await bridge.call(tool, {}, by('admin'))).status, 200)
  const { body } = await bridge.call('recentActivity', { since: '1h', max_tokens: 4000 })
  const text = JSON.stringify(body)
  t.match(text, /\/login/)
  t.match(text, /\/logout/)
  t.match(text, /token of read and control/)
})
