import t from 'tap'
import { PlainClient, simulatorFor, until } from '../../helper/simulator.ts'

t.test('an unused session ends after its time, a used one does not', async (t) => {
  const { urls } = await simulatorFor(t, { sessionLifetimeSeconds: 0.3 })
  const used = new PlainClient(urls[0] ?? '')
  const idle = new PlainClient(urls[0] ?? '')
  await used.login()
  await idle.login()
  const since = Date.now()
  await until(async () => {
    t.equal((await used.raw('GET', '/ping')).status, 200)
    return Date.now() - since > 350
  })
  t.equal((await idle.raw('GET', '/ping')).status, 401)
})
