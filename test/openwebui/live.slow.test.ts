import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { json, startOddServer } from '../helper/odd-server.ts'
import { readingCalls } from '../tools.ts'
import { until } from '../helper/simulator.ts'
import {
  backendCall,
  BlockedByBrowser,
  browserCall,
  type HttpAnswer,
  type HttpCall,
  preflight
} from './clients.ts'

const origin = 'https://chat.example'
const nobody = '00000000-0000-4000-8000-000000000000'

const bridge = await startTestBridge(t, { config: { corsOrigins: [origin] } })

/** A tool, called as a global connection calls it. */
const call = (tool: string, body?: unknown, more: HttpCall = {}, at: TestBridge = bridge) =>
  backendCall(at.url, `/${tool}`, { key: at.token, body, ...more })

const client = { name: 'open-webui', version: '0.12.4' }

const asText = { headers: { Accept: 'text/plain' } }

const messageOf = ({ json }: HttpAnswer): string =>
  (json as { error: { message: string } }).error.message

const tools = [...bridge.app.tools.keys()]

/** Tools that can be called with nothing and only look. */
const plainReads = [...bridge.app.tools.values()].filter(
  ({ annotations, input, name }) =>
    annotations.readOnlyHint && (input.required ?? []).length === 0 && name !== 'fetch_vm'
)

/** What is wrong with a call, and the status it gets. */
const wrongCalls: [name: string, status: number, path: string, call: HttpCall][] = [
  ['an unknown argument', 400, '/vm_read', { body: { fliter: 'web' } }],
  ['a missing argument', 400, '/getVM_details', {}],
  [
    'a word that is not allowed',
    400,
    '/changeVM_state',
    { body: { vmUUID: nobody, actionType: 'X' } }
  ],
  ['a number out of range', 400, '/vm_read', { body: { limit: -1 } }],
  ['a body that is cut', 400, '/vm_read', { body: '{"filter": ' }],
  ['a list for a body', 400, '/vm_read', { body: [1] }],
  ['a form', 415, '/vm_read', { headers: { 'Content-Type': 'multipart/form-data; boundary=x' } }],
  ['a VM that is not there', 404, '/getVM_details', { body: { vmUUID: nobody } }],
  ['a tool that is gone', 404, '/vm_raed', {}],
  ['GET on a tool', 405, '/vm_read', { method: 'GET' }],
  ['DELETE on a tool', 405, '/vm_read', { method: 'DELETE' }],
  ['a body without end', 413, '/vm_read', { body: { filter: 'x'.repeat(9 * 2 ** 20) } }],
  ['no key', 401, '/vm_read', { key: '' }],
  ['a name it does not go by', 403, '/vm_read', { host: 'other.example' }]
]

t.test('D1: a new connection for each call, one after another', async (t) => {
  let connections = 0
  const count = (): void => void connections++
  bridge.app.server.on('connection', count)
  for (const filter of ['web', 'db', 'app'])
    t.equal((await call('vm_read', { filter })).status, 200)
  bridge.app.server.off('connection', count)
  t.equal(connections, 3)
  t.equal(
    (await backendCall(bridge.url, '/health', { method: 'GET' })).status,
    200,
    'GET with JSON'
  )
})

t.test('D2: arguments in a loose form', async (t) => {
  const loose: [given: object, meant: object, note: string][] = [
    [{ filter: null }, {}, 'left out, nothing given: filter'],
    [{ limit: null, detail: null }, {}, 'left out, nothing given: limit, detail'],
    [{ detail: '', fields: [] }, {}, 'left out, nothing given: detail'],
    [{ limit: '5' }, { limit: 5 }, 'limit: "5" read as 5'],
    [{ filter: 'web', detail: 'Full' }, { filter: 'web', detail: 'full' }, 'detail: "Full"'],
    [{ fields: '["name", "state"]' }, { fields: ['name', 'state'] }, 'fields: JSON text was read'],
    [{ arguments: { filter: 'web' } }, { filter: 'web' }, 'arguments']
  ]
  for (const [given, meant, note] of loose) {
    const { status, json } = await call('vm_read', given)
    t.equal(status, 200, JSON.stringify(given))
    const { notes, ...answer } = json as { notes: string[] }
    t.strictSame(answer, (await call('vm_read', meant)).json, 'answered as it was meant')
    t.match(notes, [note], 'and said so')
    const text = await call('vm_read', given, asText)
    t.match(text.text, `note: ${notes[0]}`, 'as text too')
  }
  const refused: [argument: string, given: object][] = [
    ['limit', { limit: 'five' }],
    ['limit', { limit: '5 VMs' }],
    ['offset', { offset: { from: 5 } }],
    ['detail', { detail: 'some' }]
  ]
  for (const [argument, given] of refused) {
    const answer = await call('vm_read', given)
    t.equal(answer.status, 400, JSON.stringify(given))
    t.match(messageOf(answer), new RegExp(`${argument} must be .*; got `))
  }
  const unknown = await call('vm_read', { fliter: 'web' })
  t.equal(unknown.status, 400, 'unknown arguments are not ignored')
  t.match(messageOf(unknown), /unknown argument fliter.*filter/)
})

t.test('D3: an empty body with a JSON content type', async (t) => {
  for (const { name } of plainReads) t.equal((await call(name, '')).status, 200, name)
  const { status } = await browserCall(bridge.url, '/ping_read', { origin, key: bridge.token })
  t.equal(status, 200, 'as a browser sends it: no body at all')
  const missing = await call('getVM_details', '')
  t.equal(missing.status, 400)
  t.match(messageOf(missing), /vmUUID/)
})

t.test('D4: bodies as large as a tool has a use for', async (t) => {
  const large = 'x'.repeat(900 * 1024)
  const created = await call('createVM', { name: 'large', cloudInitUserData: large })
  t.not(created.status, 413, 'read whole, and judged by the tool')
  t.equal((await call('vm_read', { filter: large })).status, 413)
})

t.test('D5: no redirects, ever', async (t) => {
  for (const tool of tools)
    for (const path of [`/${tool}/`, `//${tool}`, `//${tool}//`]) {
      const { status, headers } = await backendCall(bridge.url, path, {
        key: bridge.token,
        body: { surely_unknown: 1 }
      })
      t.equal(status, 400, `${path} is the tool`)
      t.equal(headers.location, undefined)
    }
  const pages = ['/docs', '/docs/', '/health', '/ready', '/openapi.json', '/api/config', '/', '']
  for (const path of pages)
    for (const method of ['GET', 'POST']) {
      const { status, headers } = await backendCall(bridge.url, path, { method, key: bridge.token })
      t.ok(status < 300 || status >= 400, `${method} ${path} is answered ${status}`)
      t.equal(headers.location, undefined)
      if (method === 'POST') t.ok(status >= 400, `${path} is no tool`)
    }
})

t.test('D6: the work at the cluster ends when the caller goes', async (t) => {
  let asked = 0
  let left = 0
  const cluster = await startOddServer(t, (request, response) => {
    if (request.url?.startsWith('/rest/v1/VirDomain') !== true) return json(response, 200, [])
    asked++
    response.once('close', () => left++)
  })
  const alone = await startTestBridge(t, { cluster: clusterOf(cluster) })
  const stop = new AbortController()
  const stopped = call('vm_read', {}, { signal: stop.signal }, alone)
  await until(() => asked === 1)
  stop.abort()
  await t.rejects(stopped)
  await until(() => left === 1)
  await delay(100)
  t.equal(asked, 1, 'and is not begun again')
})

t.test('E1: an answer that says something', async (t) => {
  for (const { name } of plainReads)
    for (const more of [{}, asText]) {
      const { status, text } = await call(name, {}, more)
      t.equal(status, 200, name)
      t.notMatch(text, /^(null|\{\}|\[\]|"")?$/, 'not empty')
    }
  const none = await call('vm_read', { filter: 'no-such-vm' }, asText)
  t.equal(none.status, 200)
  t.match(none.text, /^total 0/, 'also when nothing was found')
  const done = await call('snapshotVM', { vmUUID: bridge.vm('app-01'), label: 'by chat' }, asText)
  t.equal(done.status, 200)
  t.match(done.text, /state: COMPLETE/, 'also when something was done')
})

t.test('E2: compact text for those who ask for it, compact JSON for others', async (t) => {
  const plain = await call('vm_read')
  t.match(plain.headers['content-type'], /^application\/json/, '*/* is no wish for text')
  t.equal(plain.text, JSON.stringify(plain.json), 'no indentation')
  const text = await call('vm_read', {}, asText)
  t.match(text.headers['content-type'], /^text\/plain/)
  t.notMatch(text.text, /^["{[]/, 'is passed on as it is')
  t.comment(`${plain.text.length} characters as JSON, ${text.text.length} as text`)
  t.ok(text.text.length < plain.text.length * 0.7)
})

t.test('E3: a large list is short, and says how to continue', async (t) => {
  const large = await startTestBridge(t, { simulator: { vms: 1000 } })
  const lists = readingCalls(large).filter(
    ({ tool }) => 'limit' in (large.app.tools.get(tool)?.input.properties ?? {})
  )
  t.ok(new Set(lists.map(({ tool }) => tool)).size >= 10, 'every list tool')
  let cut = 0
  for (const { tool, args } of lists)
    for (const more of [{}, { limit: 50 }, { limit: 1000 }]) {
      const asked = { ...args, ...more }
      const what = `${tool} ${JSON.stringify(asked)}`
      const { text } = await call(tool, asked, asText, large)
      t.ok(text.length < 30_000, `${what}: ${text.length} characters`)
      const { json } = await call(tool, asked, {}, large)
      // So OpenWebUI hands JSON to the model.
      const { length } = JSON.stringify(json, null, 2)
      t.ok(length < 30_000, `${what}: ${length} characters of indented JSON`)
      const [, total, last] = /^total (\d+), shown 1-(\d+)/.exec(text) ?? []
      if (total === last) continue
      cut++
      t.match(text, new RegExp(`^total ${total}, shown 1-${last}; next: offset ${last}, `), what)
    }
  t.ok(cut > 10, `${cut} answers were cut`)
  const { text } = await call('vm_read', { limit: 50 }, asText, large)
  t.match(text, /^total 1000, shown 1-50; next: offset 50, or narrow with filter\n/)
})

t.test('E4, E5, E7: nothing but JSON and text, read whole', async (t) => {
  for (const { name } of plainReads) {
    const { headers } = await call(name)
    t.match(headers['content-type'], /^application\/json/, name)
    t.equal(headers['content-disposition'], undefined)
    t.equal(headers['content-encoding'], undefined)
    t.ok(Number(headers['content-length']) > 0, 'with a length, no stream')
  }
})

t.test('F1: one plain sentence that says what to change', async (t) => {
  for (const [name, status, path, wrong] of wrongCalls) {
    const send = (headers: Record<string, string>) =>
      backendCall(bridge.url, path, {
        key: bridge.token,
        ...wrong,
        headers: { ...wrong.headers, ...headers }
      })
    const text = await send(asText.headers)
    t.equal(text.status, status, name)
    t.match(text.headers['content-type'], /^text\/plain/, `${name}: as text`)
    t.match(text.text, /^[^\n{<][^\n]{15,400}$/, text.text)
    const asJson = await send({})
    t.equal(asJson.status, status)
    t.equal(messageOf(asJson), text.text, `${name}: the same as JSON`)
  }
})

t.test('F3: a cluster that is down is said at once', async (t) => {
  const down = await startTestBridge(t)
  await call('ping_read', {}, {}, down)
  down.simulator.faults.add({ kind: 'node-down' })
  const answer = await call('vm_read', {}, asText, down)
  t.equal(answer.status, 503)
  t.match(answer.text, new RegExp(`${new URL(down.simulator.urls[0] ?? '').host}.*; check`))
})

t.test('G1: the key, and Bearer with nothing', async (t) => {
  t.equal((await call('ping_read')).status, 200)
  for (const key of ['', ' ', 'wrong', undefined]) {
    const { status, headers } = await call('ping_read', {}, { key })
    t.equal(status, 401, `key ${key}`)
    t.match(headers['www-authenticate'], /^Bearer/)
    t.equal(headers.location, undefined)
  }
})

t.test('G2, G3: who called is in the log, and nothing of it goes to the cluster', async (t) => {
  const sent: string[] = []
  const cluster = await startOddServer(
    t,
    (request, response) => {
      sent.push(JSON.stringify(request.rawHeaders))
      json(response, 200, request.url === '/rest/v1/login' ? { sessionID: 'session' } : [])
    },
    { answersLogin: true }
  )
  const alone = await startTestBridge(t, { cluster: clusterOf(cluster) })
  const headers = {
    Cookie: 'token=jwt-of-user; oauth_id_token=idp-of-user',
    'X-OpenWebUI-User-Id': 'id-of-user',
    'X-OpenWebUI-User-Name': 'Jos%C3%A9%0A{"level":60,"msg":"forged"}',
    'X-OpenWebUI-User-Email': 'mail-of-user@example.org',
    'X-OpenWebUI-User-Role': 'role-of-user',
    'X-OpenWebUI-User-Jwt': 'jwt2-of-user',
    'X-OpenWebUI-Chat-Id': 'chat-of-user',
    'X-OpenWebUI-Message-Id': 'message-of-user',
    'X-Session-Id': 'x-session-of-user'
  }
  t.equal((await call('vm_read', {}, { headers }, alone)).status, 200)
  t.ok(sent.length >= 2, 'the cluster was asked')
  t.notMatch(sent.join('\n'), /of-user|Jos|openwebui|forged/i)
  t.notMatch(sent.join('\n'), alone.token)

  const lines = () =>
    alone.log.filter((line) => /"(?:answered|token refused|tool called)"/.test(line))
  await until(() => lines().length === 1)
  t.match(JSON.parse(lines()[0] ?? ''), {
    tool: 'vm_read',
    outcome: 'ok',
    user: 'José {"level":60,"msg":"forged"}',
    chat: 'chat-of-user'
  })
  t.equal(lines()[0]?.match(/\n/g)?.length, 1, 'one line')
  t.notMatch(alone.log.join(''), /jwt|idp|x-session/, 'no credential is logged')

  await t.test('who shows no token is not taken at his word', async (t) => {
    alone.log.length = 0
    const strangers: [number, string, HttpCall][] = [
      [401, '/vm_read', { key: 'wrong' }],
      [404, '/vm_raed', { key: 'wrong' }],
      [403, '/vm_read', { key: alone.token, host: 'other.example' }],
      [200, '/health', { method: 'GET' }],
      [200, '/openapi.json', { method: 'GET' }]
    ]
    for (const [status, path, stranger] of strangers) {
      const all = { ...headers, ...stranger.headers }
      t.equal((await backendCall(alone.url, path, { ...stranger, headers: all })).status, status)
    }
    await until(() => lines().length === strangers.length)
    t.notMatch(alone.log.join(''), /of-user|Jos/)
  })

  await t.test('over MCP too', async (t) => {
    alone.log.length = 0
    const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: client }
    const body = { jsonrpc: '2.0', id: 1, method: 'initialize', params }
    const mcp = { ...headers, Accept: 'application/json, text/event-stream' }
    t.equal((await call('mcp', body, { headers: mcp }, alone)).status, 200)
    await until(() => lines().length === 1)
    t.match(JSON.parse(lines()[0] ?? ''), { path: '/mcp', chat: 'chat-of-user' })
  })

  await t.test('a call that fails is logged with its chat too', async (t) => {
    alone.log.length = 0
    await call('vm_read', { fliter: 'web' }, { headers }, alone)
    await until(() => lines().length === 1)
    t.match(JSON.parse(lines()[0] ?? ''), { outcome: 'INVALID_ARGUMENT', chat: 'chat-of-user' })
  })
})

t.test('G4: the same document for everybody, whose access OpenWebUI controls', async (t) => {
  const get = (headers: Record<string, string>) =>
    backendCall(bridge.url, '/openapi.json', { method: 'GET', headers })
  const { text } = await get({})
  t.equal((await get({ 'X-OpenWebUI-User-Role': 'admin' })).text, text)
  t.equal((await get({ Authorization: `Bearer ${bridge.token}` })).text, text)
})

t.test('H1: the page of one user', async (t) => {
  const page = { origin, key: bridge.token, headers: { 'X-Session-Id': 'chat-1' } }

  await t.test('the document, and a call of every tool', async (t) => {
    const document = await browserCall(bridge.url, '/openapi.json', { ...page, method: 'GET' })
    t.equal(document.status, 200)
    const { paths } = document.json as { paths: object }
    for (const path of Object.keys(paths)) {
      const body = { surely_unknown: 1 }
      t.equal((await browserCall(bridge.url, path, { ...page, body })).status, 400, path)
    }
    const { status, headers } = await browserCall(bridge.url, '/ping_read', { ...page, body: {} })
    t.equal(status, 200)
    t.type(headers['x-request-id'], 'string', 'the page may see what the log names')
  })

  await t.test('preflights need no token and no cluster', async (t) => {
    const asked = bridge.simulator.requests.length
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      const answer = await preflight(bridge.url, '/vm_read', { ...page, method })
      t.equal(answer.status, 204, method)
      t.match(answer.headers['access-control-allow-methods'], method)
      t.equal(answer.headers['access-control-allow-origin'], origin)
      t.equal(answer.headers['access-control-allow-credentials'], undefined, 'no cookies wanted')
      t.ok(Number(answer.headers['access-control-max-age']) > 0)
    }
    t.equal(bridge.simulator.requests.length, asked)
  })

  await t.test('errors can be read by the page', async (t) => {
    for (const [name, status, path, wrong] of wrongCalls) {
      const headers = { ...wrong.headers }
      const answer = await browserCall(bridge.url, path, { ...page, ...wrong, headers })
      t.equal(answer.status, status, name)
      t.ok(messageOf(answer).length > 15)
    }
  })

  await t.test('no other page', async (t) => {
    const other = { ...page, origin: 'https://evil.example' }
    await t.rejects(browserCall(bridge.url, '/ping_read', other), BlockedByBrowser)
  })
})

t.test('H2: what is asked after the document is refused at once', async (t) => {
  const page = { origin, key: bridge.token, method: 'GET' }
  for (const path of ['/api/config', '//api/config', '/system']) {
    const { status, json } = await browserCall(bridge.url, path, page)
    t.equal(status, 404, path)
    t.match(json, { error: { code: 'ROUTE_NOT_FOUND', message: /openapi\.json lists all tools/ } })
  }
})

t.test(
  'H3: a page that came over https, and a proxy that ends TLS before the bridge',
  async (t) => {
    const behind = await startTestBridge(t, {
      config: { corsOrigins: [origin], allowedHosts: ['bridge.example'] }
    })
    const page = { origin, key: behind.token, host: 'bridge.example' }
    for (const proto of ['https', 'http']) {
      const headers = { 'X-Forwarded-Proto': proto, 'X-Forwarded-For': '192.0.2.7' }
      const { status } = await backendCall(behind.url, '/ping_read', { ...page, headers })
      t.equal(status, 200, `forwarded as ${proto}, and not sent elsewhere`)
    }
    const seen = await browserCall(behind.url, '/ping_read', { ...page, body: {} })
    t.equal(seen.status, 200)
  }
)

t.test('H4: errors are text that a page can show', async (t) => {
  const { status, text } = await browserCall(bridge.url, '/getVM_details', {
    origin,
    key: bridge.token,
    body: { vmUUID: nobody },
    headers: asText.headers
  })
  t.equal(status, 404)
  t.match(text, /^No VM has the uuid/)
})

/** The cluster that is an odd server. */
function clusterOf({ url, fingerprint }: { url: string; fingerprint: string }) {
  return { nodes: [url], tls: { mode: 'pin' as const, fingerprints: [fingerprint] } }
}
