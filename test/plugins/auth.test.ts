import t from 'tap'
import { startTestBridge, testToken } from '../helper/bridge.ts'

t.test('the client token', async (t) => {
  const bridge = await startTestBridge(t)
  const json = { 'content-type': 'application/json' }
  const post = (headers: Record<string, string>) =>
    bridge.fetch('/ping_read', { method: 'POST', headers: { ...json, ...headers }, body: '{}' })

  const refused: Record<string, Record<string, string>> = {
    'no token': {},
    'a wrong token': { authorization: 'Bearer wrong' },
    'Bearer with nothing': { authorization: 'Bearer ' },
    'the token cut short': { authorization: `Bearer ${testToken.slice(0, -1)}` },
    'the token as Basic': { authorization: `Basic ${btoa(`admin:${testToken}`)}` },
    'the token without a scheme': { authorization: testToken }
  }
  for (const [name, headers] of Object.entries(refused)) {
    const { status, body, headers: answered } = await post(headers)
    t.equal(status, 401, name)
    t.same(Object.keys(body.error), ['code', 'message'], 'nothing else is revealed')
    t.equal(body.error.code, 'UNAUTHORIZED')
    t.match(answered['www-authenticate'], /^Bearer/)
    t.notMatch(JSON.stringify(body), testToken)
  }
  t.equal(bridge.simulator.requests.length, 0, 'nothing was sent to the cluster')

  t.equal((await post({ authorization: `Bearer ${testToken}` })).status, 200)
  t.equal((await post({ authorization: `bearer ${testToken}` })).status, 200, 'scheme in any case')
  t.notMatch(bridge.log.join(''), testToken, 'the token is not logged')
})

t.test('what needs no token', async (t) => {
  const bridge = await startTestBridge(t)
  for (const path of ['/health', '/ready', '/openapi.json', '/docs'])
    t.equal((await bridge.fetch(path)).status, 200, path)
})

t.test('an unknown path does not tell more than a known one', async (t) => {
  const bridge = await startTestBridge(t)
  const { status, body } = await bridge.fetch('/vm_raed', { method: 'POST', body: '{}' })
  t.equal(status, 404)
  t.match(body.error.message, /did you mean POST \/vm_read/)
})
