import t from 'tap'
import { parseOrigins } from '../../src/config/setting-values.ts'
import { startTestBridge, type TestBridge, testToken } from '../helper/bridge.ts'

t.test('the names the bridge may be called by', async (t) => {
  const bridge = await startTestBridge(t, { config: { allowedHosts: ['bridge.example'] } })
  const withHost = (host: string) => bridge.fetch('/health', { headers: { host } })

  for (const host of [
    'localhost',
    '127.0.0.1:5075',
    '[::1]:5075',
    'bridge.example',
    'Bridge.Example:81'
  ])
    t.equal((await withHost(host)).status, 200, host)
  for (const host of ['evil.example', 'bridge.example.evil', 'localhost.evil']) {
    const { status, body } = await withHost(host)
    t.equal(status, 403, host)
    t.equal(body.error.code, 'HOST_REFUSED')
    t.match(
      body.error.message,
      `Unknown host name "${host}": add it to ALLOWED_HOSTS`,
      'the name that was refused is the one to add'
    )
    t.notMatch(body.error.message, 'bridge.example,', 'those that are listed are not told')
  }
  const { body } = await withHost(`${'x'.repeat(5000)}.example`)
  t.ok(body.error.message.length < 500, 'what is repeated has an end')
})

t.test('pages in a browser', async (t) => {
  const origin = 'https://chat.example'
  const bridge = await startTestBridge(t, { config: { corsOrigins: [origin] } })

  const preflight = await bridge.fetch('/vm_read', {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type,x-session-id'
    }
  })
  t.equal(preflight.status, 204, 'a preflight needs no token')
  t.equal(preflight.headers['access-control-allow-origin'], origin)
  t.match(preflight.headers['access-control-allow-headers'], /authorization.*x-session-id/)
  t.ok(Number(preflight.headers['access-control-max-age']) > 0)

  const refused = await bridge.fetch('/vm_read', {
    method: 'POST',
    headers: { origin },
    body: '{}'
  })
  t.equal(refused.status, 401)
  t.equal(refused.headers['access-control-allow-origin'], origin, 'errors can be read by the page')

  const foreign = await bridge.call('ping_read', {}, { origin: 'https://evil.example' })
  t.equal(foreign.headers['access-control-allow-origin'], undefined)

  const allowed = await bridge.call('ping_read', {}, { origin })
  t.equal(allowed.status, 200)
  t.match(allowed.headers['access-control-expose-headers'], /content-disposition/i)
})

t.test('a page that MCP does not know', async (t) => {
  const bridge = await startTestBridge(t)
  const { status, body } = await bridge.fetch('/mcp', {
    method: 'POST',
    headers: { origin: 'https://evil.example', authorization: `Bearer ${testToken}` },
    body: '{}'
  })
  t.equal(status, 403)
  t.match(body.error.message, /"https:\/\/evil\.example" .*CORS_ORIGINS/)
})

const call = (at: TestBridge, origin: string) =>
  at.fetch('/mcp', {
    method: 'POST',
    headers: {
      origin,
      authorization: `Bearer ${testToken}`,
      'content-type': 'application/json'
    },
    body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
  })

t.test('pages of extensions and apps, where they are listed', async (t) => {
  const listed = 'chrome-extension://abcdefghijklmnop,app://obsidian.md,vscode-webview://1k2j,null'
  const bridge = await startTestBridge(t, { config: { corsOrigins: parseOrigins(listed) } })
  const strict = await startTestBridge(t)
  for (const origin of listed.split(',')) {
    const { status, headers } = await call(bridge, origin)
    t.equal(status, 200, origin)
    t.equal(headers['access-control-allow-origin'], origin)
    t.equal((await call(strict, origin)).status, 403, 'not without being listed')
  }
  for (const origin of ['chrome-extension://another', 'app://obsidian.md.evil'])
    t.equal((await call(bridge, origin)).status, 403, origin)
})

t.test('any origin, when configured to allow it', async (t) => {
  const bridge = await startTestBridge(t, { config: { corsOrigins: ['*'] } })
  const { headers } = await bridge.fetch('/openapi.json', {
    headers: { origin: 'https://chat.example', authorization: `Bearer ${testToken}` }
  })
  t.equal(headers['access-control-allow-origin'], '*')
})
