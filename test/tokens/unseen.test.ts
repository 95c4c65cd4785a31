import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'
import { connectMcp } from '../helper/mcp-client.ts'
import { tokensOf } from '../helper/token-file.ts'

t.test('a token of the file that is repeated does not leave', async (t) => {
  const tokens = tokensOf(t)
  const bridge = await startTestBridge(t, { simulator: { nodes: 1 }, tokensFile: tokens.path })
  const token = await tokens.create('reader', 'read')
  const said = await Promise.all(
    ['application/json', 'text/plain'].flatMap((accept) => [
      bridge.call('fetch_vm', { name: `before ${token} after` }, { accept }),
      bridge.call('vm_read', { [token]: 1 }, { accept }),
      bridge.call('run_api', { method: 'GET', query: `/${token}` }, { accept })
    ])
  )
  const client = await connectMcp(t, bridge)
  const over = await client.callTool({ name: 'vm_read', arguments: { [token]: 1 } })
  await bridge.fetch(`/${token}`)
  await bridge.call('ping_read', {}, { 'x-openwebui-user-name': token })
  for (const text of [...said.map((each) => each.text), JSON.stringify(over), ...bridge.log])
    t.notMatch(text, token)
  t.match(said[1]?.text, /\*\*\*/, 'it came to be said')
  t.match(bridge.log.join(''), /"path":"\/\*\*\*"/)
})

t.test('a login that a proxy asks for is not a token', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { nodes: 1 } })
  const status = async (authorization: string, path = '/openapi.json', method = 'GET' as const) =>
    (await bridge.fetch(path, { method, headers: { authorization } })).status
  for (const proxy of ['Basic eDp5', 'Negotiate YII=', 'Digest username="x"', 'Bearer', 'bearer '])
    t.equal(await status(proxy), 200, proxy)
  for (const wrong of ['Bearer wrong', 'bearer  wrong', bridge.token, `Bearer ${bridge.token}x`])
    t.equal(await status(wrong), 401, wrong)
  t.equal((await bridge.call('ping_read', {}, { authorization: 'Basic eDp5' })).status, 401)
})

t.test('a response names all headers that it depends on', async (t) => {
  const corsOrigins = ['https://a.example', 'https://b.example']
  const bridge = await startTestBridge(t, { simulator: { nodes: 1 }, config: { corsOrigins } })
  const origin = 'https://a.example'
  const vary = ({ headers }: { headers: Record<string, unknown> }): string[] =>
    String(headers['vary']).toLowerCase().split(', ').toSorted()
  t.same(vary(await bridge.call('ping_read', {}, { origin })), ['accept', 'origin'])
  const document = await bridge.fetch('/openapi.json', { headers: { origin } })
  t.same(vary(document), ['authorization', 'origin'])
  const page = await bridge.fetch('/', { headers: { origin, accept: 'text/html' } })
  t.ok(vary(page).includes('accept'))
  const plain = await startTestBridge(t, { simulator: { nodes: 1 } })
  t.ok(vary(await plain.call('ping_read')).includes('accept'))
})
