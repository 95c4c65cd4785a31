import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { failureOf } from '../../../helper/failure.ts'
import { hostileSetup } from '../../../helper/hostile-client.ts'
import { misdeeds } from '../../../helper/hostile-proxy.ts'

const isLogin = /^\/login$/
const refusal = misdeeds.json(401, 'Invalid credentials')

t.test('all nodes refuse: each is asked once, then one for all in each pause', async (t) => {
  const { client, proxies, counts } = await hostileSetup(t, { refusalMs: 600 })
  proxies.all({ path: isLogin, does: refusal })
  const burst = Array.from({ length: 20 }, () => failureOf(client.list('/Node')))
  for (const error of await Promise.all(burst))
    t.match(error, { code: 'CLUSTER_LOGIN_REFUSED', statusCode: 502 })
  t.same(counts('POST', isLogin), [1, 1, 1])
  t.match((await failureOf(client.list('/Node'))).message, /is not asked again for 1 s\.$/)

  const asked: number[][] = []
  for (let pause = 0; pause < 3; pause++) {
    await delay(650)
    for (let i = 0; i < 5; i++)
      t.equal((await failureOf(client.list('/Node'))).code, 'CLUSTER_LOGIN_REFUSED')
    asked.push(counts('POST', isLogin))
  }
  t.same(
    asked,
    [
      [2, 1, 1],
      [2, 2, 1],
      [2, 2, 2]
    ],
    'in turn, so that one that errs does not speak for all'
  )

  proxies.reset()
  await delay(650)
  t.ok((await client.list('/Node')).length > 0)
  t.same(counts('POST', isLogin), [1, 0, 0])
})

t.test('a node that took the login before is asked again soon', async (t) => {
  const { client, proxies, counts } = await hostileSetup(t, {}, { nodes: 1 })
  await client.list('/Node')
  await client.sessions.kill()
  proxies.all({ path: isLogin, times: 1, does: refusal })
  t.match((await failureOf(client.list('/Node'))).code, 'CLUSTER_LOGIN_REFUSED')
  t.match((await failureOf(client.list('/Node'))).message, /is not asked again for [12] s\.$/)
  await delay(2_100)
  t.ok((await client.list('/Node')).length > 0)
  t.same(counts('POST', isLogin), [3])
})
