import { SignJWT } from 'jose'
import t from 'tap'
import type { PrincipalSeen } from '../../src/console/principals-seen.ts'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { startOidcProvider } from '../helper/oidc-provider.ts'
import { startSignedInBridge } from '../helper/signed-in-bridge.ts'

const secret = 'the secret that both of them know'.replaceAll(' ', '-')
const header = 'x-openwebui-user-jwt'

/** What OpenWebUI signs, as it does. */
const user = { sub: '671fa9fb', email: 'bob@example.test', name: 'Bob', role: 'user' }

const sign = (claims: object = {}, key = secret, alg = 'HS256'): Promise<string> => {
  const now = Math.floor(new Date().getTime() / 1000)
  return new SignJWT({ ...user, iss: 'open-webui', iat: now, exp: now + 300, ...claims })
    .setProtectedHeader({ alg, typ: 'JWT' })
    .sign(new TextEncoder().encode(key))
}

/** Who made the last call, as the console shows it. */
const last = ({ app }: TestBridge): PrincipalSeen | undefined => app.console.principals.list()[0]

const claimed = { 'x-openwebui-user-name': 'Ada', 'x-openwebui-user-id': '7f0c' }

t.test('the name that OpenWebUI signs is verified', async (t) => {
  const bridge = await startTestBridge(t, {
    config: { userTokenSecret: secret }
  })
  await bridge.call('node_read')
  t.equal(last(bridge)?.person, null, 'nobody is named')
  await bridge.call('node_read', {}, claimed)
  t.same(
    last(bridge)?.person,
    { name: 'Ada', verified: false, id: '7f0c' },
    'a plain header claims'
  )
  const token = await sign()
  t.equal((await bridge.call('node_read', {}, { ...claimed, [header]: token })).status, 200)
  t.same(
    last(bridge)?.person,
    { name: 'Bob', verified: true, id: user.sub },
    'a signed one is believed'
  )
  t.equal(last(bridge)?.name, 'operator', 'the token is whose it was')
  const line = bridge.log.filter((each) => each.includes('tool called')).at(-1) ?? ''
  t.match(JSON.parse(line), { user: 'Bob' })
  t.notMatch(bridge.log.join(''), token)

  const { status } = await bridge.fetch('/mcp', {
    method: 'POST',
    headers: {
      authorization: `Bearer ${bridge.token}`,
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      [header]: await sign({ name: 'Carol' })
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'node_read', arguments: {} }
    })
  })
  t.equal(status, 200)
  t.match(last(bridge)?.person, { name: 'Carol', verified: true }, 'over MCP too')
})

t.test('a signed header that is not valid is refused, not taken for a claim', async (t) => {
  const bridge = await startTestBridge(t, { config: { userTokenSecret: secret } })
  const now = Math.floor(new Date().getTime() / 1000)
  const good = await sign()
  const [head = '', , signature = ''] = good.split('.')
  const other = Buffer.from(JSON.stringify({ ...user, name: 'Eve' })).toString('base64url')
  const none = Buffer.from('{"alg":"none"}').toString('base64url')
  const wrong: [string, string][] = [
    ['another secret', await sign({}, 'another secret of thirty-two characters')],
    ['another algorithm', await sign({}, secret.repeat(2), 'HS512')],
    ['another issuer', await sign({ iss: 'somebody' })],
    ['expired', await sign({ exp: now - 60 })],
    ['without an end', await sign({ exp: undefined })],
    ['much too old', await sign({ iat: now - 7200 })],
    ['from the future', await sign({ iat: now + 600 })],
    ['no subject', await sign({ sub: undefined })],
    ['other claims', `${head}.${other}.${signature}`],
    ['unsigned', `${none}.${good.split('.')[1]}.`],
    ['no JWT', 'Bob'],
    ['nothing', ''],
    ['two of them', `${good}, ${good}`]
  ]
  for (const [name, token] of wrong) {
    const { status, body } = await bridge.call('node_read', {}, { ...claimed, [header]: token })
    t.equal(status, 401, name)
    t.match(body.error, {
      code: 'UNAUTHORIZED',
      message: /X-OpenWebUI-User-Jwt is not valid.*OPENWEBUI_JWT_SECRET/
    })
    t.notMatch(JSON.stringify(body), secret)
  }
  t.equal(bridge.simulator.requests.length, 0)
  t.equal((await bridge.call('node_read', {}, { [header]: good })).status, 200)
})

t.test('it names a person, and opens nothing', async (t) => {
  const bridge = await startTestBridge(t, { config: { userTokenSecret: secret } })
  const asBearer = async (bridge: TestBridge): Promise<number> =>
    (await bridge.call('node_read', {}, { authorization: `Bearer ${await sign()}` })).status
  t.equal(await asBearer(bridge), 401, 'not as a bearer token')
  const { status } = await bridge.fetch('/node_read', {
    method: 'POST',
    headers: { [header]: await sign() },
    body: '{}'
  })
  t.equal(status, 401, 'not alone')
  const signedIn = await startSignedInBridge(t, { config: { userTokenSecret: secret } })
  t.equal(await asBearer(signedIn.bridge), 401, 'nor where people sign in')
})

t.test('without the secret it is not looked at', async (t) => {
  const bridge = await startTestBridge(t)
  t.equal((await bridge.call('node_read', {}, { [header]: await sign() })).status, 200)
  t.equal(last(bridge)?.person, null, 'nothing of it is believed')
})

t.test("the user's own access token, as OpenWebUI passes it on", async (t) => {
  const provider = await startOidcProvider(t)
  const { resource, callWith, bridge } = await startSignedInBridge(t, {
    provider,
    config: { userTokenSecret: secret }
  })
  const { access_token: token = '' } = await provider.signIn(resource)
  t.equal((await callWith(token)).status, 200)
  t.match(last(bridge), { kind: 'oidc', name: 'desk', person: { name: 'ada', verified: true } })
  const headers = { authorization: `Bearer ${token}`, ...claimed, [header]: await sign() }
  t.equal((await bridge.call('node_read', {}, headers)).status, 200)
  t.match(last(bridge)?.person, { name: 'ada' }, 'its own name wins over those of headers')
  const program = { authorization: `Bearer ${await provider.machineToken(resource)}` }
  t.equal((await bridge.call('node_read', {}, { ...program, [header]: await sign() })).status, 200)
  t.match(last(bridge), { name: 'morning-report', person: { name: 'Bob', verified: true } })
})
