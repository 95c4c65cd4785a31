import t from 'tap'
import { startTestBridge, testToken, type ToolAnswer } from '../helper/bridge.ts'
import { eras } from '../helper/mcp-client.ts'
import { isRefused, post, type Refused, rpc, rpcHeaders } from '../helper/mcp-raw.ts'

const refused = (says: RegExp): Refused => ({ status: 403, code: -32_000, says })

t.test('bodies: size, kind, and what the client accepts', async (t) => {
  const bridge = await startTestBridge(t)
  const ping = rpc('legacy', 'tools/call', { name: 'ping_read' })
  isRefused(t, await post(bridge, JSON.stringify({ ...ping, pad: 'x'.repeat(9 << 20) })), {
    status: 413,
    code: -32_600,
    says: /exceeds the limit of 1 MiB/
  })
  for (const type of ['text/plain', 'application/xml', 'application/vnd.api+json', undefined])
    isRefused(t, await post(bridge, '{}', { 'content-type': type }), {
      status: 415,
      code: -32_000,
      says: /Content-Type: application\/json/
    })
  t.equal(
    (await post(bridge, ping, { 'content-type': 'application/json; charset=utf-8' })).status,
    200
  )

  const slow = { name: 'waitTask', arguments: { taskTag: '1', wait: 0 } }
  for (const accept of ['application/json', '*/*', undefined, 'text/html']) {
    for (const params of [{ name: 'ping_read' }, slow, { ...slow, _meta: { progressToken: 1 } }])
      for (const era of eras) {
        const headers = { ...rpcHeaders(era, testToken, 'tools/call', params.name), accept }
        const {
          status,
          headers: got,
          body
        } = await post(bridge, rpc(era, 'tools/call', params), headers)
        t.equal(status, 200)
        t.match(got['content-type'], /^application\/json/, `${era} ${params.name} for ${accept}`)
        t.ok(body.result.content[0].text)
      }
  }
  const streamed = await post(bridge, rpc('legacy', 'tools/call', slow), {
    accept: 'text/event-stream'
  })
  t.match(streamed.headers['content-type'], /^text\/event-stream/)
  t.match(streamed.text, /^event: message\ndata: \{.*"isError":true.*\}\n\n$/s)
})

t.test('progress is for clients that take a stream', async (t) => {
  const bridge = await startTestBridge(t)
  for (const [accept, isTold] of [
    ['application/json, text/event-stream', true],
    ['application/json, text/event-stream;q=0.1', true],
    ['application/json, text/event-stream;q=0', false],
    ['application/json, x-text/event-stream', false]
  ] as const) {
    const args = { vmUUID: bridge.vm('app-01'), label: `told ${isTold} ${accept.length}` }
    const params = { name: 'snapshotVM', arguments: args, _meta: { progressToken: 1 } }
    const headers = { ...rpcHeaders('modern', testToken, 'tools/call', 'snapshotVM'), accept }
    const { status, text } = await post(bridge, rpc('modern', 'tools/call', params), headers)
    t.equal(status, 200)
    t.match(text, /COMPLETE/)
    t.equal(text.includes('notifications/progress'), isTold, accept)
  }
})

t.test('who may call', async (t) => {
  const bridge = await startTestBridge(t, {
    config: { allowedHosts: ['bridge.example'], corsOrigins: ['https://chat.example'] }
  })
  const list = rpc('legacy', 'tools/list')
  for (const host of [
    'evil.example',
    'evil.example:5075',
    'localhost.evil.example',
    '127.0.0.1.evil.example'
  ])
    isRefused(t, await post(bridge, list, { host }), refused(/ALLOWED_HOSTS/))
  for (const host of [
    'localhost',
    'LOCALHOST:1',
    '127.0.0.1:9',
    '[::1]:8',
    'bridge.example',
    'Bridge.Example:8443'
  ])
    t.equal((await post(bridge, list, { host })).status, 200, `called as ${host}`)

  const strangers = [
    'https://evil.example',
    'null',
    'https://chat.example:1',
    'http://chat.example',
    'http://localhost.evil.example',
    'http://localhost@evil.example',
    'chrome-extension://abc',
    'nonsense'
  ]
  for (const origin of strangers) {
    const answer = await post(bridge, list, { origin })
    isRefused(t, answer, refused(/CORS_ORIGINS/))
    t.equal(answer.headers['access-control-allow-origin'], undefined, `${origin} cannot read it`)
  }
  for (const origin of [
    'http://localhost:3000',
    'http://127.0.0.1',
    'http://[::1]:3',
    'https://bridge.example:8443',
    'https://chat.example'
  ])
    t.equal((await post(bridge, list, { origin })).status, 200, `pages of ${origin}`)

  for (const authorization of [
    undefined,
    'Bearer wrong',
    'Bearer ',
    'Bearer',
    'Basic eDp5',
    testToken
  ])
    for (const path of ['/mcp', '/']) {
      const answer = await post(bridge, list, { authorization }, path)
      isRefused(t, answer, {
        status: 401,
        code: -32_000,
        says: /Authorization: Bearer <MCP_BEARER_TOKEN>/
      })
      t.equal(answer.headers['www-authenticate'], 'Bearer realm="scale-bridge"')
    }
  // The name and the page come before the token: neither tells a stranger whether it is right.
  isRefused(
    t,
    await post(bridge, list, { host: 'evil.example', authorization: undefined }),
    refused(/ALLOWED_HOSTS/)
  )
})

t.test('methods of HTTP, paths and the preflight', async (t) => {
  const bridge = await startTestBridge(t, { config: { corsOrigins: ['https://chat.example'] } })
  const authorization = `Bearer ${testToken}`
  for (const method of ['GET', 'DELETE', 'PUT', 'PATCH'] as const)
    for (const path of ['/mcp', '/']) {
      const answer = await bridge.fetch(path, {
        method,
        headers: { authorization, accept: 'text/event-stream' }
      })
      isRefused(t, answer, { status: 405, code: -32_000, says: /send every message with POST/ })
      t.equal(answer.headers['allow'], 'POST', `${method} ${path}`)
    }
  for (const path of ['/mcp', '/mcp/', '/', '/mcp?x=1']) {
    const { status, body } = await post(bridge, rpc('legacy', 'tools/list'), {}, path)
    t.equal(status, 200, `POST ${path}`)
    t.equal(body.result.tools.length, bridge.app.tools.size)
  }

  const page = await bridge.fetch('/', { headers: { accept: 'text/html,*/*;q=0.8' } })
  t.equal(page.status, 200, 'a browser, without a token')
  t.match(page.text, /<h1>scale-bridge/, 'gets the page for people')

  const wanted = [
    'authorization',
    'content-type',
    'mcp-protocol-version',
    'mcp-method',
    'mcp-name',
    'mcp-session-id'
  ]
  const preflight = (origin: string): Promise<ToolAnswer> =>
    bridge.fetch('/mcp', {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': wanted.join(', ')
      }
    })
  const { status, headers } = await preflight('https://chat.example')
  t.equal(status, 204)
  t.equal(headers['access-control-allow-origin'], 'https://chat.example')
  t.match(headers['access-control-allow-methods'], /POST/)
  const allowed = String(headers['access-control-allow-headers']).toLowerCase().split(/, */)
  for (const name of wanted) t.ok(allowed.includes(name), `${name} may be sent`)
  t.not(
    (await preflight('https://evil.example')).headers['access-control-allow-origin'],
    'https://evil.example'
  )
})
