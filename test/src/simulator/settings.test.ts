import t, { type Test } from 'tap'
import type { VirDomain } from '../../../src/hypercore/records/records.ts'
import { createCertificate } from '../../../src/simulator/certificate.ts'
import type { Simulator } from '../../../src/simulator/simulator.ts'
import { clientOf, failureOf, PlainClient, simulatorFor } from '../../helper/simulator.ts'

/** A client without kept connections, since nodes go away here. */
const fresh = (url: string): PlainClient => new PlainClient(url, 'admin', 'admin', 'fresh')

/** A cluster whose time stands still but while its client waits. */
async function start(t: Test): Promise<{ simulator: Simulator; client: PlainClient }> {
  const simulator = await simulatorFor(t, { speed: 0 })
  return { simulator, client: clientOf(simulator, 0, 'fresh') }
}

const oidc = {
  configurationURL: 'https://id.example.org/.well-known/openid-configuration',
  scopes: 'openid',
  clientID: 'cluster',
  sharedSecret: 'hidden'
}

t.test('a singleton is changed, deleted and made again, always by a task', async (t) => {
  const { client } = await start(t)
  const { uuid } = await client.one<{ uuid: string }>('/DNSConfig')
  const second = await client.raw('POST', '/DNSConfig', { body: { serverIPs: ['10.0.0.1'] } })
  t.equal(second.status, 400)
  t.match(JSON.parse(second.text), { error: String })

  await client.done(client.patch(`/DNSConfig/${uuid}`, { serverIPs: ['9.9.9.9'] }))
  t.match(await client.one(`/DNSConfig/${uuid}`), {
    serverIPs: ['9.9.9.9'],
    searchDomains: ['example.org'],
    latestTaskTag: { state: 'COMPLETE', formattedDescription: 'Update DNS Config %@' }
  })
  await client.done(client.post(`/DNSConfig/${uuid}`, { serverIPs: [], searchDomains: [] }))
  t.match(await client.one('/DNSConfig'), { serverIPs: [], searchDomains: [] })
  await client.done(client.delete(`/DNSConfig/${uuid}`))
  t.same(await client.get('/DNSConfig'), [])
  const made = await client.done(client.post('/DNSConfig', { serverIPs: ['10.0.0.1'] }))
  t.match(await client.one('/DNSConfig'), { uuid: made, searchDomains: [] })
})

t.test('a list grows and shrinks; a record appears when its task ends', async (t) => {
  const { client } = await start(t)
  const { taskTag, createdUUID } = await client.post('/TimeSource', { host: 'time.example.org' })
  t.same(await client.get(`/TimeSource/${createdUUID}`), [])
  t.equal((await client.task(taskTag)).state, 'COMPLETE')
  t.match(await client.one(`/TimeSource/${createdUUID}`), { host: 'time.example.org' })
  t.equal((await client.get('/TimeSource')).length, 3)
  await client.done(client.delete(`/TimeSource/${createdUUID}`))
  t.equal((await client.get('/TimeSource')).length, 2)
})

t.test('defaults, fixed ids and what is refused', async (t) => {
  const { client } = await start(t)
  const refused = async (path: string, body: unknown): Promise<void> => {
    const answer = await client.raw('POST', path, { body })
    t.equal(answer.status, 400, path)
    t.match(JSON.parse(answer.text), { error: String })
  }
  const syslog = await client.done(client.post('/AlertSyslogTarget', { host: 'log.example.org' }))
  t.match(await client.one(`/AlertSyslogTarget/${syslog}`), {
    port: 514,
    protocol: 'SYSLOG_PROTOCOL_UDP',
    resendDelay: 86400,
    silentPeriod: 900,
    alertTagUUID: ''
  })
  await client.done(client.delete('/AlertEmailTarget/default-target'))
  const target = { emailAddress: 'a@example.org' }
  t.equal(await client.done(client.post('/AlertEmailTarget', target)), 'default-target')
  t.match(await client.done(client.post('/AlertEmailTarget', target)), /^[0-9a-f-]{36}$/)

  const before = await client.one('/Registration')
  await client.done(client.delete('/Registration/registration_guid'))
  t.equal(await client.done(client.post('/Registration', {})), 'registration_guid')
  t.notMatch(await client.one('/Registration'), { companyName: before.companyName })
  const [data] = await client.get<{ clusterID: string }>('/ClusterRegistrationData')
  t.equal((await client.get(`/ClusterRegistrationData/${data?.clusterID}`)).length, 1)
  t.same(await client.get('/ClusterRegistrationData/other'), [])

  await refused('/TimeSource', { host: 'not a host' })
  await refused('/AlertSyslogTarget', { host: 'a', port: 0 })
  const { uuid } = await client.one<{ uuid: string }>('/TimeZone')
  await refused(`/TimeZone/${uuid}`, { timeZone: 'Mars/Olympus' })
})

t.test('a write to what does not exist is an internal error', async (t) => {
  const { client } = await start(t)
  const calls: [string, string, unknown][] = [
    ['PATCH', '/DNSConfig/x', {}],
    ['DELETE', '/TimeSource/x', undefined],
    ['DELETE', '/User/x', undefined],
    ['PATCH', '/Cluster/x', {}],
    ['POST', '/AlertEmailTarget/x/test', undefined],
    ['POST', '/Update/x/apply', undefined]
  ]
  for (const [method, path, body] of calls) {
    const answer = await client.raw(method, path, { body })
    t.equal(answer.status, 500, `${method} ${path}`)
    t.equal(answer.text, '{"error":"An internal error occurred"}')
  }
})

t.test('secrets are kept and never read back', async (t) => {
  const { client, simulator } = await start(t)
  const { uuid } = await client.one<{ uuid: string }>('/AlertSMTPConfig')
  await client.done(client.patch(`/AlertSMTPConfig/${uuid}`, { authPassword: 'hidden' }))
  t.match(await client.one('/AlertSMTPConfig'), { authPassword: '' })
  t.match(simulator.world.state.settings.get('AlertSMTPConfig')?.get(uuid), {
    authPassword: 'hidden'
  })
  await client.post('/User', { username: 'new', password: 'hidden' })
  t.notMatch((await client.raw('GET', '/User')).text, /hidden|password/)
  const key = await client.done(client.post('/NucleusKey', { value: 'hidden' }))
  t.same(await client.get('/NucleusKey'), [key])
})

t.test('a test mail needs a mail server', async (t) => {
  const { client } = await start(t)
  await client.done(client.post('/AlertEmailTarget/default-target/test'))
  const { uuid } = await client.one<{ uuid: string }>('/AlertSMTPConfig')
  await client.done(client.delete(`/AlertSMTPConfig/${uuid}`))
  const answer = await client.raw('POST', '/AlertEmailTarget/default-target/test')
  t.equal(answer.status, 400)
  t.match(JSON.parse(answer.text), { error: /error sending alert to ops@example.org/ })
})

t.test('after an OIDC write the node returns HTML errors for a while', async (t) => {
  const { client, simulator } = await start(t)
  t.equal(
    (await client.raw('POST', '/OIDCConfig', { body: { ...oidc, sharedSecret: '' } })).status,
    400,
    'a secret or a certificate is required'
  )
  const { taskTag, createdUUID } = await client.post('/OIDCConfig', oidc)
  t.equal(createdUUID, 'oidcconfig_uuid')
  t.not(taskTag, '')
  const seen = new Set<number>()
  await client.until(async () => {
    const { status, text } = await client.raw('GET', '/ping')
    seen.add(status)
    if (status !== 200) t.match(text, '<html>')
    return status === 200 && seen.size > 1
  })
  t.same(
    [...seen].toSorted((a, b) => a - b),
    [200, 500, 502]
  )
  t.equal((await new PlainClient(simulator.urls[1] ?? '').raw('GET', '/ping')).status, 200)
  const record = await client.one('/OIDCConfig')
  t.match(record, { clientID: 'cluster', tokenURL: 'https://id.example.org/token' })
  t.notOk('sharedSecret' in record)
  t.notOk('latestTaskTag' in record)
})

t.test('users: names are unique, the last administrator stays', async (t) => {
  const { client } = await start(t)
  const users = await client.get<{ uuid: string; username: string }>('/User')
  const admin = users.find(({ username }) => username === 'admin')
  const refusals: [string, string, unknown][] = [
    ['POST', '/User', { username: 'admin' }],
    ['POST', '/User', { username: '' }],
    ['POST', '/User', { username: 'x', roleUUIDs: ['none'] }],
    ['DELETE', `/User/${admin?.uuid}`, undefined],
    ['PATCH', `/User/${admin?.uuid}`, { roleUUIDs: [] }]
  ]
  for (const [method, path, body] of refusals) {
    const answer = await client.raw(method, path, { body })
    t.equal(answer.status, 400, `${method} ${path}`)
    t.match(JSON.parse(answer.text), { error: String })
  }
  const { createdUUID } = await client.post('/User', { username: 'x', fullName: 'X' })
  t.match(await client.one(`/User/${createdUUID}`), {
    username: 'x',
    fullName: 'X',
    roleUUIDs: [],
    sessionLimit: 0
  })
  t.same(await client.post(`/User/${createdUUID}`, { username: 'y', password: 'new' }), {
    taskTag: '',
    createdUUID: ''
  })
  t.equal((await new PlainClient(client.url, 'y', 'new').raw('GET', '/ping')).status, 200)
})

t.test('the cluster takes a host name', async (t) => {
  const { client } = await start(t)
  const { uuid } = await client.one<{ uuid: string }>('/Cluster')
  const bad = await client.raw('PATCH', `/Cluster/${uuid}`, { body: { clusterName: 'two words' } })
  t.equal(bad.status, 400)
  t.match(JSON.parse(bad.text), { error: String })
  await client.done(client.patch(`/Cluster/${uuid}`, { clusterName: 'edge-two' }))
  t.match(await client.one('/Cluster'), {
    clusterName: 'edge-two',
    latestTaskTag: { state: 'COMPLETE' }
  })
})

t.test('a new certificate restarts the node that was called', async (t) => {
  const { client, simulator } = await start(t)
  const others = simulator.fingerprints.slice(1)
  const { certificate, privateKey, fingerprint } = await createCertificate('node', ['127.0.0.1'])
  const other = await createCertificate('other', ['127.0.0.1'])
  for (const body of [
    { certificate: 'no PEM', privateKey },
    { certificate, privateKey: 'no PEM' },
    { certificate, privateKey: other.privateKey },
    {}
  ])
    t.equal((await client.raw('POST', '/Certificate', { body })).status, 400)
  await client.post('/Certificate', { certificate, privateKey })
  await client.until(async () => {
    const failure = await failureOf(client.raw('GET', '/ping')).catch(() => '')
    return failure === 'ECONNREFUSED'
  })
  await client.until(
    async () => (await client.raw('GET', '/ping').catch(() => undefined))?.status === 200
  )
  t.same(simulator.fingerprints, [fingerprint, ...others])
  t.equal(simulator.certificates[0], certificate)
})

/** Waits until all nodes refuse connections; no VM has power then. */
async function wentDown(t: Test, client: PlainClient, simulator: Simulator): Promise<void> {
  for (const url of simulator.urls)
    await client.until(async () => {
      const failure = await failureOf(fresh(url).raw('GET', '/ping')).catch(() => '')
      return failure === 'ECONNREFUSED'
    })
  for (const vm of simulator.world.state.virDomains.values())
    t.match(vm, { nodeUUID: '', uiState: vm.state }, vm.name)
}

t.test('a forced shutdown darkens all nodes', async (t) => {
  const { client, simulator } = await start(t)
  t.equal((await client.raw('POST', '/Cluster/shutdown', { body: {} })).status, 400)
  const forced = await client.post('/Cluster/shutdown', { forceShutdown: true })
  t.not(forced.taskTag, '')
  await wentDown(t, client, simulator)
})

t.test('a graceful shutdown waits for the guests, and for no longer', async (t) => {
  const { client, simulator } = await start(t)
  const vms = [...simulator.world.state.virDomains.values()]
  const named = (name: string): VirDomain | undefined => vms.find((vm) => vm.name === name)
  const [willing, deaf] = [named('web-01'), named('legacy-erp-01')]
  const paused = vms.filter(({ state }) => state === 'PAUSED')
  t.ok(paused.length > 0)
  const { taskTag } = await client.post('/Cluster/shutdown', { forceShutdown: false })
  await client.until(() => willing?.state === 'SHUTOFF')
  t.equal(deaf?.state, 'RUNNING', 'ignores ACPI')
  for (const vm of paused) t.equal(vm.state, 'SHUTOFF', vm.name)
  t.match(await client.task(taskTag), { state: 'COMPLETE' })
  t.equal(deaf?.state, 'SHUTOFF')
  t.equal(deaf?.desiredDisposition, 'RUNNING', 'starts again at the next boot')
  await wentDown(t, client, simulator)
})

t.test('the support tunnel opens and closes', async (t) => {
  const { client } = await start(t)
  const check = async (): Promise<unknown> =>
    JSON.parse((await client.raw('GET', '//support-api/check')).text)
  t.same(await check(), { tunnelOpen: false })
  t.equal((await client.raw('GET', '//support-api/open?user=admin')).status, 400)
  t.equal((await client.raw('GET', '//support-api/open?code=4321&user=admin')).status, 200)
  t.same(await check(), { tunnelOpen: 4321 })
  await client.raw('GET', '//support-api/close?user=admin')
  t.same(await check(), { tunnelOpen: false })
})
