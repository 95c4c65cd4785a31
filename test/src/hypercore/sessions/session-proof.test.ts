import t from 'tap'
import { failureOf } from '../../../helper/failure.ts'
import { hostileSetup, type HostileSetup } from '../../../helper/hostile-client.ts'
import { misdeeds } from '../../../helper/hostile-proxy.ts'

const user = { username: 'second', password: 'secret-of-the-second' }
const isUser = /^\/User$/

/** How often the write was carried out. */
const effect = ({ simulator }: HostileSetup): number =>
  [...simulator.world.state.users.values()].filter(({ username }) => username === 'second').length

for (const done of [true, false])
  t.test(`a JSON 503 to a write that was ${done ? '' : 'not '}carried out`, async (t) => {
    const setup = await hostileSetup(t)
    const { client, proxies, counts } = setup
    await client.list('/Node')
    const does = done ? misdeeds.jsonAfter(503) : misdeeds.json(503)
    proxies.all({ method: 'POST', path: isUser, times: 1, does })
    const error = await failureOf(client.write('POST', '/User', user))
    t.match(error, {
      code: 'OUTCOME_UNKNOWN',
      message: /returned 503: "Made up" after POST \/User/
    })
    t.equal(proxies.count('POST', isUser), 1, 'sent once')
    t.equal(effect(setup), done ? 1 : 0)
    t.same(counts('POST', /^\/login$/), [1, 0, 0], 'the session is alive, so nobody logs in again')
  })

t.test('a dead session proves nothing when the 503 has other words than its refusal', async (t) => {
  for (const expiredSession of [401, 503] as const) {
    const setup = await hostileSetup(t, {}, { expiredSession })
    const { client, proxies, simulator } = setup
    await client.list('/Node')
    // The backend ends with the write in hand, and its sessions with it.
    proxies.all({
      method: 'POST',
      path: isUser,
      times: 1,
      does: async (exchange) => {
        await exchange.forward()
        simulator.faults.add({ kind: 'drop-sessions' })
        await misdeeds.json(503, 'Backend is gone')(exchange)
      }
    })
    const error = await failureOf(client.write('POST', '/User', user))
    t.equal(error.code, 'OUTCOME_UNKNOWN', `refused sessions are ${expiredSession}`)
    t.equal(effect(setup), 1)
    t.ok((await client.list('/Node')).length > 0, 'and the next call works')
  }
})

t.test('a burst of 503 looks like a dead session, until the old one works again', async (t) => {
  const setup = await hostileSetup(t)
  const { client, proxies } = setup
  await client.list('/Node')
  proxies.all({ method: 'POST', path: isUser, times: 1, does: misdeeds.jsonAfter(503, 'Busy') })
  proxies.all({ method: 'GET', path: /^\/ping$/, times: 1, does: misdeeds.json(503, 'Busy') })
  t.equal((await failureOf(client.write('POST', '/User', user))).code, 'OUTCOME_UNKNOWN')
  t.equal(effect(setup), 1)
})

t.test('a node that returns 503 to all but logins', async (t) => {
  const setup = await hostileSetup(t)
  const { client, proxies, counts } = setup
  const [first] = proxies.nodes
  first?.rules.push({ path: /^\/(?!login)/, does: misdeeds.json(503, 'Service unavailable') })
  t.equal((await failureOf(client.write('POST', '/User', user))).code, 'OUTCOME_UNKNOWN')
  for (let i = 0; i < 6; i++) t.ok((await client.list('/Node')).length > 0, 'reads go elsewhere')
  t.same(counts('POST', /^\/login$/), [2, 1, 0], 'a new session does not help, which is remembered')
  t.equal(counts('GET', /^\/Node$/)[0], 0, 'the node has lost its place')
})

t.test('the one node there is answers all but logins with 503', async (t) => {
  const { client, proxies, counts } = await hostileSetup(t, {}, { nodes: 1 })
  proxies.all({ path: /^\/(?!login)/, does: misdeeds.json(503, 'Service unavailable') })
  for (let i = 0; i < 6; i++) {
    const error = await failureOf(client.list('/Node'))
    t.match(error, {
      code: 'CLUSTER_ERROR',
      statusCode: 502,
      message: /503: "Service unavailable"/
    })
    t.notMatch(error.message, /logged in|session limit/, 'it is not the login')
  }
  t.same(counts('POST', /^\/login$/), [2])
  proxies.reset()
  t.ok((await client.list('/Node')).length > 0, 'and goes on when the node does')
})

t.test('a dead session that is refused with 503: all who meet it share one proof', async (t) => {
  const setup = await hostileSetup(t, {}, { expiredSession: 503, nodes: 1 })
  const { client, proxies, simulator, counts } = setup
  await client.list('/Node')
  simulator.faults.add({ kind: 'drop-sessions' })
  const calls = Array.from({ length: 20 }, () => client.list('/Node'))
  await Promise.all([...calls, client.write('POST', '/User', user)])
  t.equal(effect(setup), 1)
  t.same(counts('POST', /^\/login$/), [2])
  t.ok(proxies.count('GET', /^\/ping$/) <= 9, 'a few pings for all of them')
})

t.test('a false 401: the write is sent again, the session that lives is logged out', async (t) => {
  const setup = await hostileSetup(t)
  const { client, proxies } = setup
  await client.list('/Node')
  proxies.all({ method: 'POST', path: isUser, times: 1, does: misdeeds.json(401) })
  await client.write('POST', '/User', user)
  t.equal(effect(setup), 1)
  t.equal(proxies.count('POST', isUser), 2)
  t.equal(proxies.count('POST', /^\/logout$/), 0, 'it is asked later, or at the end')
  await client.close({ logout: false })
  t.equal(proxies.count('POST', /^\/logout$/), 1)
})

t.test('a true 401: the ended session needs no logout', async (t) => {
  const { client, proxies, simulator } = await hostileSetup(t)
  await client.list('/Node')
  simulator.faults.add({ kind: 'drop-sessions' })
  await client.list('/Node')
  await client.close({ logout: false })
  t.equal(proxies.count('GET', /^\/ping$/), 1, 'it was asked')
  t.equal(proxies.count('POST', /^\/logout$/), 0)
})
