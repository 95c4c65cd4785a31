import t from 'tap'
import { request } from 'undici'
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

t.test('HEAD / returns the same as GET /, without the body', async (t) => {
  const bridge = await startTestBridge(t)
  for (const [accept, status] of [
    [html.accept, 200],
    ['application/json', 404],
    ['text/event-stream', 401]
  ] as const) {
    const got = await bridge.fetch('/', { headers: { accept } })
    t.equal(got.status, status, accept)
    const head = { method: 'HEAD', headers: { accept } } as const
    const { statusCode, headers, body } = await request(`${bridge.url}/`, head)
    t.equal(statusCode, status, `HEAD for ${accept}`)
    for (const name of ['content-type', 'content-length', 'content-security-policy', 'vary'])
      t.equal(headers[name], got.headers[name], `${name} for ${accept}`)
    t.equal(await body.text(), '')
  }
})

t.test('the page is for those who take HTML', async (t) => {
  const bridge = await startTestBridge(t)
  for (const [accept, isPage] of [
    ['text/html', true],
    ['application/json, text/html;q=0.1', true],
    ['text/html;q=0, */*', false],
    ['text/html;q=0', false],
    ['application/x-text/html', false],
    ['*/*', false]
  ] as const) {
    const { headers } = await bridge.fetch('/', { headers: { accept } })
    t.equal(String(headers['content-type']).startsWith('text/html'), isPage, accept)
  }
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
