import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'
import { head, sendRaw } from '../helper/raw-http.ts'

/** Far more than anybody sends, and never sent. */
const promised = 200 * 2 ** 20

t.test('no body is read without a token: every path answers on the head alone', async (t) => {
  const bridge = await startTestBridge(t)
  const rows: [line: string, status: number][] = [
    ['POST /nope', 404],
    ['PUT /nope', 404],
    ['POST /vm_read/', 401],
    ['POST /health', 405],
    ['POST /ready', 405],
    ['POST /docs', 405],
    ['POST /openapi.json', 405],
    ['POST /register', 400],
    ['POST /mcp', 401],
    ['POST /', 401],
    ['PUT /mcp', 401],
    ...[...bridge.app.tools.keys()].map((name): [string, number] => [`POST /${name}`, 401]),
    ['GET /health', 400],
    ['GET /openapi.json', 400],
    ['GET /docs', 400],
    ['GET /', 400],
    ['GET /nope', 400]
  ]
  for (const [line, status] of rows)
    for (const [name, size] of [
      ['content-length', promised],
      ['transfer-encoding', 'chunked']
    ] as const) {
      const request = head(line, { 'content-type': 'application/json', [name]: size })
      const answer = await sendRaw(bridge.url, request, 60_000)
      // After sixty refusals the address has to wait.
      t.ok([status, status === 401 ? 429 : status].includes(answer.status), `${line} ${name}`)
      t.ok(answer.closed, 'and the connection is closed instead of being read to the end')
    }
})

t.test('a small body that is refused does not cost the connection', async (t) => {
  const bridge = await startTestBridge(t)
  const request = head('POST /vm_read', {
    'content-type': 'application/json',
    'content-length': 2
  })
  const answer = await sendRaw(bridge.url, `${request}{}`)
  t.match(answer, { status: 401, closed: false })
})

t.test('what is not valid HTTP is refused in the form of every error', async (t) => {
  const bridge = await startTestBridge(t)
  for (const [bytes, status, message] of [
    ['\u0016\u0003\u0001 hello\r\n\r\n', 400, /not valid HTTP/],
    [head('GET /health', { 'x-long': 'x'.repeat(20_000) }), 431, /headers are longer/]
  ] as const) {
    const answer = await sendRaw(bridge.url, bytes)
    t.equal(answer.status, status)
    t.match(JSON.parse(answer.text), { error: { code: 'INVALID_ARGUMENT', message } })
  }
})

t.test('connections have a limit', async (t) => {
  const bridge = await startTestBridge(t)
  t.equal(bridge.app.server.maxConnections, 2000)
})
