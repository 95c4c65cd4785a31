import t from 'tap'
import { clientFor } from '../../../helper/cluster-client.ts'
import { failureOf } from '../../../helper/failure.ts'
import { hostileSetup } from '../../../helper/hostile-client.ts'
import { misdeeds } from '../../../helper/hostile-proxy.ts'
import { stepClock } from '../../../helper/stepping-clock.ts'

const isLogin = /^\/login$/
const refusal = misdeeds.json(401, 'Invalid credentials')

t.test('one node down, one refuses the login: the third serves reads and writes', async (t) => {
  const { client, proxies, counts, log } = await hostileSetup(t)
  await proxies.nodes[0]?.down()
  proxies.nodes[1]?.rules.push({ path: isLogin, does: refusal })
  for (let i = 0; i < 5; i++)
    t.equal(
      (await client.request({ method: 'GET', path: '/Node' })).node,
      proxies.nodes[2]?.host,
      `call ${i}`
    )
  const user = { username: 'second', password: 'secret-of-the-second' }
  t.ok((await client.write('POST', '/User', user)).createdUUID)
  t.same(counts('POST', isLogin), [0, 1, 1], 'the one that refused is not asked with every call')
  t.equal(log.filter(({ message }) => message.includes('refused the login')).length, 1)
})

t.test('one stray 401 at a login fails no call', async (t) => {
  const { client, proxies } = await hostileSetup(t)
  proxies.all({ path: isLogin, times: 1, does: refusal })
  const calls = Array.from({ length: 40 }, () => client.list('/Node'))
  t.equal((await Promise.all(calls)).length, 40)
})

t.test('a node that is too busy for a login did not refuse it', async (t) => {
  for (const status of [408, 429]) {
    const { client, proxies, counts } = await hostileSetup(t, {}, { nodes: 1 })
    proxies.all({ path: isLogin, times: 1, does: misdeeds.json(status) })
    const error = await failureOf(client.list('/Node'))
    t.match(error, {
      code: 'CLUSTER_ERROR',
      message: new RegExp(`failed the login with ${status}`)
    })
    t.ok((await client.list('/Node')).length > 0, 'so it is asked at once')
    t.same(counts('POST', isLogin), [2])
  }
})

t.test('what leads where nodes fail in different ways', async (t) => {
  const { proxies } = await hostileSetup(t)
  const [down, refusing, other] = proxies.nodes
  await down?.down()
  refusing?.rules.push({ path: isLogin, does: refusal })
  await other?.down()
  const alone = await failureOf(clientFor(t, proxies.urls).client.list('/Node'))
  t.equal(alone.code, 'CLUSTER_LOGIN_REFUSED', 'the only one that answered refused')
  t.match(alone.message, /SCALE_USERNAME and SCALE_PASSWORD/)
  await other?.up()
  other?.rules.push({ path: isLogin, does: misdeeds.json(500) })
  const mixed = await failureOf(clientFor(t, proxies.urls).client.list('/Node'))
  t.equal(mixed.code, 'CLUSTER_ERROR', 'the login may be right')
})

t.test('/ready and probe: a refusal counts for its node', async (t) => {
  const { client, proxies } = await hostileSetup(t)
  proxies.nodes[0]?.rules.push({ path: isLogin, does: refusal })
  await client.list('/Node')
  t.match(await client.probe(), [
    { ok: false, error: { code: 'CLUSTER_LOGIN_REFUSED' } },
    { ok: true },
    { ok: true }
  ])
})

t.test('a clock that is set back does not make the pause longer', async (t) => {
  const clock = stepClock(t)
  const { client, proxies } = await hostileSetup(t, {}, { nodes: 1 })
  proxies.all({ path: isLogin, does: refusal })
  await failureOf(client.list('/Node'))
  clock.set(-3_600_000)
  const { message } = await failureOf(client.list('/Node'))
  const seconds = Number(/is not asked again for (\d+) s/.exec(message)?.[1])
  t.ok(seconds <= 30, message)
})
