import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'

t.test('headers for browsers, on every response', async (t) => {
  const bridge = await startTestBridge(t)
  const authorization = `Bearer ${bridge.token}`
  const json = { 'content-type': 'application/json' }
  const post = (headers: object, body = '{}') =>
    ({ method: 'POST', headers: { ...json, ...headers }, body }) as const
  const rows: [path: string, options: object, caching: RegExp][] = [
    ['/vm_read', post({ authorization }), /^no-store$/],
    ['/vm_read', post({ authorization }, '{"colour": 1}'), /^no-store$/],
    ['/vm_read', post({}), /^no-store$/],
    [
      '/mcp',
      post({ authorization }, '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'),
      /^no-store$/
    ],
    ['/nope', {}, /^no-store$/],
    ['/health', {}, /^no-store$/],
    ['/ready', {}, /^no-store$/],
    ['/health', { headers: { host: 'other.example' } }, /^no-store$/],
    ['/openapi.json', {}, /^no-cache$/],
    ['/', { headers: { accept: 'text/html' } }, /^no-cache$/],
    ['/docs', {}, /./],
    ['/favicon.svg', {}, /^max-age/]
  ]
  for (const [path, options, caching] of rows) {
    const { headers } = await bridge.fetch(path, options)
    t.match(
      headers,
      {
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'content-security-policy': /default-src 'none'/,
        'cache-control': caching
      },
      path
    )
    t.equal(headers['strict-transport-security'], undefined, "that is a TLS proxy's to say")
  }
  const { headers } = await bridge.fetch('/health')
  t.match(headers['content-security-policy'], /frame-ancestors 'none'/)
})
