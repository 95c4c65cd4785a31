import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'

const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

t.test('a browser gets a page at /, programs what they got', async (t) => {
  const bridge = await startTestBridge(t)
  const page = await bridge.fetch('/', { headers: html })
  t.equal(page.status, 200)
  t.match(page.headers['content-type'], /^text\/html/)
  t.match(page.headers['content-security-policy'], /default-src 'none'.*script-src 'sha256-/)
  for (const part of ['/openapi.json', '/docs', '/mcp', '/ready', '{origin}'])
    t.ok(page.text.includes(part), part)
  t.notMatch(page.text, /https?:\/\//, 'nothing comes from elsewhere')
  t.match((await bridge.fetch('/?a=1', { headers: html })).headers['content-type'], /^text\/html/)
  const json = await bridge.fetch('/')
  t.match(json, { status: 404, body: { error: { code: 'ROUTE_NOT_FOUND' } } })
  const posted = await bridge.fetch('/', { method: 'POST', headers: html, body: '{}' })
  t.equal(posted.status, 401, 'POST / stays MCP')
  const stream = await bridge.fetch('/', { headers: { accept: 'text/event-stream' } })
  t.equal(stream.status, 401)
  const icon = await bridge.fetch('/favicon.ico')
  t.match(icon, { status: 200, headers: { 'content-type': 'image/svg+xml' } })
})

t.test('/ready says by its code why the cluster does not respond', async (t) => {
  const refused = await startTestBridge(t, { cluster: { password: 'wrong' } })
  await refused.call('ping_read')
  t.match(await refused.fetch('/ready'), {
    status: 503,
    body: { status: 'cluster refuses the login', code: 'CLUSTER_LOGIN_REFUSED' }
  })
  const untrusted = await startTestBridge(t, {
    cluster: { tls: { mode: 'verify', fingerprints: [] } }
  })
  t.match((await untrusted.fetch('/ready')).body, { code: 'CLUSTER_TLS', nodesAnswering: 0 })
  const well = await startTestBridge(t)
  t.strictSame(Object.keys((await well.fetch('/ready')).body), [
    'status',
    'nodes',
    'nodesAnswering'
  ])
})
