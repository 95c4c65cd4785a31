import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'

t.test('a client whose token is refused, and that asks for sign-in, learns why', async (t) => {
  const bridge = await startTestBridge(t)
  const { status, body, headers } = await bridge.fetch('/register', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_name: 'mcp-remote', redirect_uris: ['http://127.0.0.1/cb'] })
  })
  t.equal(status, 400)
  t.match(headers['content-type'], 'application/json')
  t.same(Object.keys(body), ['error', 'error_description'], 'the form of RFC 7591')
  t.equal(body.error, 'access_denied')
  t.match(body.error_description, /no sign-in.*token.*MCP_BEARER_TOKEN/)
  for (const path of [
    '/.well-known/oauth-protected-resource',
    '/.well-known/oauth-authorization-server',
    '/authorize',
    '/token'
  ])
    t.equal((await bridge.fetch(path)).status, 404, `${path}: there is none`)
  t.equal((await bridge.fetch('/register')).status, 404)
})
