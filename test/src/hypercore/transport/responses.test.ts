import t from 'tap'
import { BridgeError } from '../../../../src/lib/errors/errors.ts'
import { clientFor } from '../../../helper/cluster-client.ts'
import { failureOf } from '../../../helper/failure.ts'
import { type Answer, json, startOddServer } from '../../../helper/odd-server.ts'
import { joinLines } from '../../../../src/hypercore/transport/response.ts'

const text =
  (status: number, type: string, body: string): Answer =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': type }).end(body)
  }

const page = '<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>'

t.test('a JSON error of the cluster keeps its status and its words', async (t) => {
  const server = await startOddServer(t, (_request, response) =>
    json(response, 403, { error: 'Permission denied for VirDomain' })
  )
  const { client } = clientFor(t, [server.url])
  const error = await failureOf(client.list('/VirDomain'))
  t.equal(error.code, 'CLUSTER_REFUSED')
  t.equal(error.statusCode, 403)
  t.match(error.message, 'Permission denied for VirDomain')
  t.match(error.message, /SCALE_USERNAME/)
  t.same(error.details, {
    node: new URL(server.url).host,
    status: 403,
    answer: 'Permission denied for VirDomain'
  })
  t.equal(server.requests.length, 2, 'a login and the call: a refusal is not repeated')
})

t.test('a plain-text 400 is one readable line, and verbatim in the details', async (t) => {
  const answer = [
    'Request has one or more errors',
    '  In body',
    '    For Content-Type application/json',
    '      Property not allowed: nmae',
    '      Property not allowed: memroy',
    ''
  ].join('\n')
  const server = await startOddServer(t, text(400, 'text/plain', answer))
  const { client } = clientFor(t, [server.url])
  const error = await failureOf(client.write('POST', '/VirDomain', { nmae: 'x' }))
  t.equal(error.code, 'CLUSTER_REFUSED')
  t.equal(error.statusCode, 400)
  t.match(
    error.message,
    'Request has one or more errors: In body: For Content-Type application/json: ' +
      'Property not allowed: nmae; Property not allowed: memroy'
  )
  t.notMatch(error.message, '\n')
  t.equal(error.details.answer, answer)
})

t.test('joinLines', async (t) => {
  t.equal(joinLines('one'), 'one')
  t.equal(joinLines('a:\r\n  b\r\nc'), 'a: b; c')
  t.equal(joinLines(' \n'), '')
})

t.test('a JSON 500 is CLUSTER_ERROR and not repeated', async (t) => {
  const server = await startOddServer(t, (_request, response) =>
    json(response, 500, { error: 'An internal error occurred' })
  )
  const { client } = clientFor(t, [server.url])
  for (const call of [client.list('/Node'), client.write('DELETE', '/VirDomain/x')]) {
    const error = await failureOf(call)
    t.equal(error.code, 'CLUSTER_ERROR')
    t.equal(error.statusCode, 502)
    t.match(error.details, { status: 500, answer: 'An internal error occurred' })
  }
  t.equal(server.requests.length, 3)
})

t.test('HTML 502: repeated once for a read, unknown outcome for a write', async (t) => {
  const server = await startOddServer(t, text(502, 'text/html', page))
  const { client } = clientFor(t, [server.url])
  const read = await failureOf(client.list('/Node'))
  t.equal(read.code, 'CLUSTER_BAD_ANSWER')
  t.match(read.message, /front server \("502 Bad Gateway"\)/)
  t.equal(server.requests.length, 3, 'a login and two reads')
  const write = await failureOf(client.write('POST', '/VirDomain', {}))
  t.equal(write.code, 'OUTCOME_UNKNOWN')
  t.match(write.message, /may or may not have been carried out/)
  t.match(write.message, /read the object it changes before repeating it/)
  t.equal(server.requests.length, 4, 'the write was sent once')
})

t.test('an HTML 503 does not mean that the session has ended', async (t) => {
  const server = await startOddServer(t, text(503, 'text/html', page))
  const { client } = clientFor(t, [server.url])
  t.equal((await failureOf(client.list('/Node'))).code, 'CLUSTER_BAD_ANSWER')
  t.equal(server.requests.filter(({ line }) => line.endsWith('/login')).length, 1)
})

t.test('an HTML page as a 200, and a redirect', async (t) => {
  const server = await startOddServer(t, (request, response) => {
    if (request.url?.endsWith('/Node') === true)
      response.writeHead(302, { location: 'https://elsewhere.example/' }).end()
    else text(200, 'text/html', '<!doctype html><title>Router login</title>')(request, response, '')
  })
  const { client } = clientFor(t, [server.url])
  const html = await failureOf(client.list('/VirDomain'))
  t.equal(html.code, 'CLUSTER_BAD_ANSWER')
  t.match(html.message, /HTML page \("Router login"\)/)
  const redirect = await failureOf(client.list('/Node'))
  t.equal(redirect.code, 'CLUSTER_BAD_ANSWER')
  t.match(redirect.message, /redirect \(302\)/)
  const write = await failureOf(client.write('POST', '/Node', {}))
  t.equal(write.code, 'CLUSTER_BAD_ANSWER', 'a redirected write was not carried out')
})

t.test('broken JSON: repeated once for a read, unknown outcome for a write', async (t) => {
  let calls = 0
  const server = await startOddServer(t, (_request, response) => {
    calls += 1
    if (calls === 2) json(response, 200, [{ uuid: 'n1' }])
    else response.writeHead(200, { 'content-type': 'application/json' }).end('[{"uuid":"n')
  })
  const { client } = clientFor(t, [server.url])
  t.same(await client.list('/Node'), [{ uuid: 'n1' }])
  t.equal((await failureOf(client.list('/Node'))).code, 'CLUSTER_BAD_ANSWER')
  t.equal(calls, 4)
  t.equal((await failureOf(client.write('POST', '/VirDomain', {}))).code, 'OUTCOME_UNKNOWN')
  t.equal(calls, 5)
})

t.test('a body that is cut off before its length', async (t) => {
  let calls = 0
  const server = await startOddServer(t, (_request, response) => {
    calls += 1
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
    response.write('[{"uuid":', () => response.destroy())
  })
  const { client } = clientFor(t, [server.url])
  const error = await failureOf(client.list('/Node'))
  t.equal(error.code, 'CLUSTER_BAD_ANSWER')
  t.match(error.message, /broke its response off/)
  t.equal(calls, 2)
})

t.test('no body, text, and keys that are missing', async (t) => {
  const server = await startOddServer(t, (request, response) => {
    if (request.url === '/rest/v1/text')
      text(200, 'text/plain', 'all is well')(request, response, '')
    else if (request.url === '/rest/v1/number') json(response, 200, { taskTag: 17 })
    else response.writeHead(204).end()
  })
  const { client } = clientFor(t, [server.url])
  const answer = await client.request({ method: 'GET', path: '/text' })
  const { clock, ...rest } = answer
  t.type(clock, 'number')
  t.same(rest, { status: 200, body: 'all is well', node: new URL(server.url).host })
  const empty = await client.request({ method: 'PUT', path: '/ISO/1/data' })
  t.match(empty, { status: 204, body: undefined })
  t.same(await client.write('DELETE', '/User/1'), { taskTag: '', createdUUID: '' })
  t.same(await client.write('POST', '/number'), { taskTag: '17', createdUUID: '' })
})

t.test('list requires an array, record takes [] and 404 for absence', async (t) => {
  const server = await startOddServer(t, (request, response) => {
    if (request.url?.endsWith('/User') === true) json(response, 200, { status: 'Active' })
    else if (request.url?.endsWith('/none') === true) json(response, 200, [])
    else if (request.url?.endsWith('/gone') === true) json(response, 404, { error: 'Not found' })
    else json(response, 200, [{ uuid: 'a' }])
  })
  const { client } = clientFor(t, [server.url])
  t.equal((await failureOf(client.list('/User'))).code, 'CLUSTER_BAD_ANSWER')
  t.same(await client.record('/VirDomain', 'a'), { uuid: 'a' })
  t.equal(await client.record('/VirDomain', 'none'), undefined)
  t.equal(await client.record('/VirDomain', 'gone'), undefined)
})

t.test('what is sent', async (t) => {
  const server = await startOddServer(t, (_request, response) => json(response, 200, {}))
  const { client } = clientFor(t, [server.url])
  await client.request({
    method: 'GET',
    path: '/Condition/filter',
    query: { includeSet: true, nodeUUIDs: ['a', 'b c'], name: undefined, modifiedWithin: 5 }
  })
  await client.write('POST', '/VirDomain/action', [{ actionType: 'START' }])
  const [login, read, write] = server.requests
  t.same(JSON.parse(login?.body ?? ''), { username: 'admin', password: 'admin', useOIDC: false })
  t.equal(
    read?.line,
    'GET /rest/v1/Condition/filter?includeSet=true&nodeUUIDs=a&nodeUUIDs=b+c&modifiedWithin=5'
  )
  t.match(read?.cookie, /^sessionID=secret-session-\d+$/)
  t.same(JSON.parse(write?.body ?? ''), [{ actionType: 'START' }])
})

t.test('a path cannot lead out of /rest/v1', async (t) => {
  const server = await startOddServer(t, (_request, response) => json(response, 200, []))
  const { client } = clientFor(t, [server.url])
  for (const path of [
    'VirDomain',
    '//evil.example/x',
    '/../v2/x',
    '/VirDomain/..',
    '/%2e%2E/update',
    '/a%2fb',
    '/a\\b',
    '/a b',
    '/a\r\nx: y',
    '/a#b',
    '/a?b=c',
    '/ä'
  ]) {
    const error = await failureOf(client.request({ method: 'GET', path }))
    t.equal(error.code, 'PATH_REFUSED', path)
  }
  t.equal(server.requests.length, 0)
})

t.test('an answer that is too large', async (t) => {
  const piece = 'x'.repeat(2 ** 20)
  const server = await startOddServer(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const send = (left: number): void => {
      if (left === 0) response.end()
      else response.write(piece, () => send(left - 1))
    }
    send(17)
  })
  const { client } = clientFor(t, [server.url])
  const error = await failureOf(client.list('/Node'))
  t.equal(error.code, 'CLUSTER_BAD_ANSWER')
  t.match(error.message, /more than 16 MiB/)
  t.equal(server.requests.length, 2, 'not repeated')
})

t.test('an answer that is nested without end is refused before it is parsed', async (t) => {
  const deep = '['.repeat(2 ** 20) + ']'.repeat(2 ** 20)
  const server = await startOddServer(t, text(200, 'application/json', deep))
  const { client } = clientFor(t, [server.url])
  const error = await failureOf(client.list('/Node'))
  t.match(error, { code: 'CLUSTER_BAD_ANSWER', message: /nested without end/ })
})

t.test('snapDiff is a read although it is a POST', async (t) => {
  let calls = 0
  const server = await startOddServer(t, (_request, response) => {
    calls += 1
    if (calls === 1) response.destroy()
    else json(response, 200, [])
  })
  const { client } = clientFor(t, [server.url])
  const { body } = await client.request({
    method: 'POST',
    path: '/VirDomainBlockDevice/a/snapDiff',
    body: { snapshotSerialFrom: 1, snapshotSerialTo: 2 }
  })
  t.same(body, [])
})

t.test('errors are BridgeErrors with a status of their own', async (t) => {
  const server = await startOddServer(t, text(418, 'text/plain', ''))
  const { client } = clientFor(t, [server.url])
  const error = await failureOf(client.list('/Node'))
  t.ok(error instanceof BridgeError)
  t.equal(error.statusCode, 418)
})
