import { inspect } from 'node:util'
import t from 'tap'
import { clientFor } from '../../../helper/cluster-client.ts'
import { failureOf } from '../../../helper/failure.ts'
import { type Answer, json, startOddServer } from '../../../helper/odd-server.ts'

const password = 'canary-password-1'
const sessionPattern = /secret-session-\d+/

/** Answers that quote what was sent: the session's cookie, the body with its password. */
const indiscreet: Record<string, Answer> = {
  'JSON 400': (request, response, body) =>
    json(response, 400, { error: `Bad: ${request.headers.cookie}; ${body}` }),
  'JSON 500': (request, response) => json(response, 500, { error: request.headers.cookie }),
  'plain 400': (request, response) =>
    response.writeHead(400, { 'content-type': 'text/plain' }).end(request.headers.cookie),
  'HTML 502': (request, response) =>
    response
      .writeHead(502, { 'content-type': 'text/html' })
      .end(`<title>${request.headers.cookie}</title>`),
  'HTML 200': (request, response) =>
    response
      .writeHead(200, { 'content-type': 'text/html' })
      .end(`<title>${request.headers.cookie}</title>`),
  'cut JSON': (request, response) =>
    response
      .writeHead(200, {
        'content-type': 'application/json',
        'set-cookie': request.headers.cookie ?? ''
      })
      .end(`[{"sessionID":"${request.headers.cookie}`),
  '401 for ever': (request, response) => json(response, 401, { error: request.headers.cookie }),
  redirect: (request, response) =>
    response.writeHead(302, { location: `https://x.example/?${request.headers.cookie}` }).end(),
  'no HTTP': (request, response) =>
    request.socket.end(`${request.headers.cookie}\r\nSet-Cookie: ${request.headers.cookie}\r\n`) &&
    response.destroy(),
  reset: (_request, response) => response.destroy()
}

for (const [name, answer] of Object.entries(indiscreet)) {
  t.test(`no secret in errors and logs: ${name}`, async (t) => {
    const server = await startOddServer(t, answer)
    const { client, log } = clientFor(t, [server.url], { password })
    const errors = [
      await failureOf(client.list('/Node')),
      await failureOf(client.write('POST', '/VirDomain', { name: 'x' }))
    ]
    await client.sessions.describe()
    await client.sessions.kill()
    await client.close()
    const shown = inspect([errors, log], { depth: 20, showHidden: true })
    t.match(server.requests[1]?.cookie, sessionPattern, 'the test itself has something to find')
    t.notMatch(shown, sessionPattern)
    t.notMatch(shown, password)
  })
}

t.test('no password in errors and logs when the login fails in odd ways', async (t) => {
  const answers: Record<string, Answer> = {
    ...indiscreet,
    'JSON 401': (_request, response, body) => json(response, 401, { error: `No: ${body}` }),
    'JSON 500': (_request, response, body) => json(response, 500, { error: `No: ${body}` }),
    'cut JSON': (_request, response, body) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(`{"x":${body}`)
  }
  for (const [name, answer] of Object.entries(answers)) {
    const server = await startOddServer(t, answer, { answersLogin: true })
    const { client, log } = clientFor(t, [server.url], { password })
    const errors = [
      await failureOf(client.list('/Node')),
      await failureOf(client.sessions.renew()),
      await failureOf(client.write('POST', '/VirDomain', {}))
    ]
    t.ok(server.requests[0]?.body.includes(password))
    t.notMatch(inspect([errors, log], { depth: 20, showHidden: true }), password, name)
  }
})

t.test('the own session id is redacted in responses', async (t) => {
  const server = await startOddServer(t, (request, response) =>
    json(response, 200, [{ taskTag: '1', sessionID: request.headers.cookie?.slice(10) }])
  )
  const { client } = clientFor(t, [server.url])
  t.same(await client.list('/TaskTag'), [{ taskTag: '1', sessionID: '' }])
})
