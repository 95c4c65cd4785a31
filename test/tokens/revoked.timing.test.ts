import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'
import { until } from '../helper/simulator.ts'
import { tokensOf } from '../helper/token-file.ts'

t.test('a token is refused within two seconds of its revocation', async (t) => {
  const tokens = tokensOf(t)
  const bridge = await startTestBridge(t, { simulator: { nodes: 1 }, tokensFile: tokens.path })
  const authorization = `Bearer ${await tokens.create('lab', 'read')}`
  const statusOf = async () => (await bridge.call('ping_read', {}, { authorization })).status
  t.equal(await statusOf(), 200)
  await tokens.run('revoke', 'lab')
  const since = performance.now()
  await until(async () => (await statusOf()) === 401)
  const ms = performance.now() - since
  t.ok(ms < 2000, `refused after ${Math.round(ms)} ms`)
})
