import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'
import { post, rpc } from '../helper/mcp-raw.ts'

t.test('calls of one token', async (t) => {
  const bridge = await startTestBridge(t, { config: { rateLimit: 5 } })
  for (let i = 0; i < 4; i++) t.equal((await bridge.call('ping_read')).status, 200)
  t.equal((await post(bridge, rpc('legacy', 'tools/list'))).status, 200, 'MCP counts as well')

  const { status, body, headers } = await bridge.call('ping_read')
  t.equal(status, 429)
  t.match(body.error, {
    code: 'RATE_LIMITED',
    message: /more than 5 calls.*RATE_LIMIT.*retry after \d+ s/
  })
  t.match(headers['retry-after'], /^\d+$/)
  t.equal(Number(headers['retry-after']), body.error.retryAfterSeconds)
  const message = await post(bridge, rpc('legacy', 'tools/list'))
  t.equal(message.status, 429)
  t.match(message.body, { jsonrpc: '2.0', error: { code: -32_000, message: /retry after \d+ s/ } })
  t.match(message.headers['retry-after'], /^\d+$/)
  t.equal((await bridge.fetch('/health')).status, 200, 'health checks are not counted')
})

t.test('wrong tokens of one address', async (t) => {
  const bridge = await startTestBridge(t)
  const guess = (i: number) =>
    bridge.call('ping_read', {}, { authorization: `Bearer wrong-token-number-${i}` })
  const statuses: number[] = []
  for (let i = 0; i < 100; i++) statuses.push((await guess(i)).status)
  t.same([...new Set(statuses.slice(0, 60))], [401])
  t.same([...new Set(statuses.slice(60))], [429])
  const { body, headers } = await guess(101)
  t.match(body.error, { code: 'RATE_LIMITED', message: /without a valid token/ })
  t.match(headers['retry-after'], /^\d+$/)
  t.equal((await bridge.call('ping_read')).status, 200, 'the right one is taken all the same')

  const refused = bridge.log.filter((line) => line.includes('token refused'))
  t.equal(refused.length, 60)
  t.match(JSON.parse(refused[0] ?? ''), { address: '127.0.0.1', path: '/ping_read', status: 401 })
  t.notMatch(bridge.log.join(''), /wrong-token-number/, 'a guess is not logged')
})

t.test('a stranger fills no log', async (t) => {
  const bridge = await startTestBridge(t)
  const before = bridge.log.length
  for (let i = 0; i < 300; i++) await bridge.fetch(`/${'x'.repeat(5000)}${i}`)
  const lines = bridge.log.slice(before)
  t.ok(lines.length <= 125, `${lines.length} lines for 300 requests`)
  t.ok(Math.max(...lines.map(({ length }) => length)) < 600, 'and none is long')
  t.equal(
    lines.filter((line) => line.includes('are not logged')).length,
    1,
    'one line says that more came'
  )
  const logged = bridge.log.length
  await bridge.call('ping_read')
  t.ok(bridge.log.length > logged, 'calls with the token are logged as ever')
})
