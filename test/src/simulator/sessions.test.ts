import t from 'tap'
import { PlainClient, simulatorFor } from '../../helper/simulator.ts'

const login = (
  client: PlainClient,
  body: Record<string, unknown>
): ReturnType<PlainClient['raw']> => client.as({}).raw('POST', '/login', { body })

const cookie = (sessionID: string): Record<string, string> => ({
  Cookie: `other=1; sessionID=${sessionID}`
})

t.test('wrong credentials are a JSON 401, whichever way they come', async (t) => {
  const { urls } = await simulatorFor(t)
  const client = new PlainClient(urls[0] ?? '')
  for (const body of [
    { username: 'admin', password: 'wrong' },
    { username: 'nobody', password: '' },
    { username: 'admin', password: 'admin', useOIDC: true }
  ]) {
    const answer = await login(client, body)
    t.equal(answer.status, 401)
    t.match(JSON.parse(answer.text), { error: String })
    t.notOk(answer.headers['set-cookie'])
  }
  t.equal((await new PlainClient(urls[0] ?? '', 'admin', 'wrong').raw('GET', '/ping')).status, 401)
  t.equal((await login(client, { username: 'admin' })).status, 400)
})

t.test('useOIDC checks the same users once there is a provider', async (t) => {
  const { urls, world } = await simulatorFor(t)
  world.state.settings.set(
    'OIDCConfig',
    new Map([['oidcconfig_uuid', { uuid: 'oidcconfig_uuid' }]])
  )
  const client = new PlainClient(urls[0] ?? '')
  const credentials = { username: 'admin', password: 'admin', useOIDC: true }
  t.equal((await login(client, credentials)).status, 200)
  t.equal((await login(client, { ...credentials, password: 'no' })).status, 401)
})

t.test('a preflight of the login needs no authentication, all else does', async (t) => {
  const { urls } = await simulatorFor(t)
  const client = new PlainClient(urls[0] ?? '').as({})
  t.equal((await client.raw('OPTIONS', '/login')).status, 200)
  for (const path of ['/ping', '/VirDomain', '/openapi.json'])
    t.equal((await client.raw('GET', path)).status, 401, path)
  t.match(JSON.parse((await client.raw('GET', '/ping')).text), { error: String })
  t.equal((await client.raw('POST', '/logout')).status, 401)
})

t.test('a dead session is 503 where the cluster is set to it', async (t) => {
  const { urls } = await simulatorFor(t, { expiredSession: 503 })
  const client = new PlainClient(urls[0] ?? '')
  const answer = await client.as(cookie('gone')).raw('GET', '/ping')
  t.equal(answer.status, 503)
  t.match(JSON.parse(answer.text), { error: String })
  t.equal((await login(client, { username: 'admin', password: 'x' })).status, 401)
})

t.test('logout ends the session, with an empty 200', async (t) => {
  const { urls } = await simulatorFor(t)
  const client = new PlainClient(urls[0] ?? '')
  await client.login()
  const answer = await client.raw('POST', '/logout', { text: '' })
  t.equal(answer.status, 200)
  t.equal(answer.text, '')
  t.equal((await client.raw('GET', '/ping')).status, 401)
})

t.test('a session holds on its node, or on all where they are shared', async (t) => {
  for (const [sessions, status] of [
    ['per-node', 401],
    ['shared', 200]
  ] as const) {
    const { urls } = await simulatorFor(t, { sessions })
    const sessionID = await new PlainClient(urls[0] ?? '').login()
    const other = new PlainClient(urls[1] ?? '').as(cookie(sessionID))
    t.equal((await other.raw('GET', '/ping')).status, status, sessions)
  }
})

t.test('the limit of a user closes the session that was not used for longest', async (t) => {
  const { urls, world } = await simulatorFor(t)
  const client = new PlainClient(urls[0] ?? '')
  const admin = [...world.state.users.values()].find(({ username }) => username === 'admin')
  t.same(await client.patch(`/User/${admin?.uuid}`, { sessionLimit: 2 }), {
    taskTag: '',
    createdUUID: ''
  })
  const sessions: string[] = []
  const open = async (): Promise<void> => {
    sessions.push(await new PlainClient(urls[0] ?? '').login())
  }
  const status = async (i: number): Promise<number> =>
    (await client.as(cookie(sessions[i] ?? '')).raw('GET', '/ping')).status
  await open()
  await open()
  t.equal(await status(0), 200, 'the older one is used last')
  for (let i = 0; i < 5; i++) await client.get('/Cluster')
  await open()
  t.equal(await status(1), 401, 'closed: used least recently; Basic calls do not count')
  t.equal(await status(0), 200)
  t.equal(await status(2), 200)
  const elsewhere = new PlainClient(urls[1] ?? '')
  await elsewhere.login()
  t.equal(await status(0), 200, 'another node counts its own')
})

t.test('deleting a user ends its sessions', async (t) => {
  const { urls } = await simulatorFor(t)
  const client = new PlainClient(urls[0] ?? '')
  const { createdUUID } = await client.post('/User', { username: 'temp', password: 'temp' })
  const session = new PlainClient(urls[0] ?? '')
  await session.login('temp')
  t.equal((await session.raw('GET', '/ping')).status, 200)
  await client.delete(`/User/${createdUUID}`)
  t.equal((await session.raw('GET', '/ping')).status, 401)
})

t.test('many logins at once are all served', async (t) => {
  const { urls } = await simulatorFor(t)
  const ids = await Promise.all(
    Array.from({ length: 40 }, () => new PlainClient(urls[0] ?? '').login())
  )
  t.equal(new Set(ids).size, 40)
})
