import { randomUUID } from 'node:crypto'
import t from 'tap'
import { simulatedVersion, simulatedVersions } from '../../../src/simulator/options.ts'
import { PlainClient, simulatorFor } from '../../helper/simulator.ts'

const methods = (allow = ''): string[] => allow.split(', ').toSorted()

t.test('unknown paths are 404, HTML outside the API', async (t) => {
  const { urls } = await simulatorFor(t)
  const client = new PlainClient(urls[0] ?? '')
  for (const path of ['/virdomain', '/Nope', '/VirDomain/a/b/c']) {
    const answer = await client.raw('GET', path)
    t.equal(answer.status, 404, path)
    t.match(answer.headers['content-type'], 'application/json')
  }
  for (const path of ['//', '//rest/v2/TaskTag', '//rest/v2/openAPI.json', '//favicon.ico']) {
    const answer = await client.raw('GET', path)
    t.equal(answer.status, 404, path)
    t.match(answer.headers['content-type'], 'text/html')
  }
})

t.test('a method that is not offered is 405 before anything else', async (t) => {
  const { urls } = await simulatorFor(t)
  const client = new PlainClient(urls[0] ?? '').as({})
  const cases = [
    ['PATCH', `/VirDomainSnapshot/${randomUUID()}`, 'GET, DELETE'],
    ['DELETE', `/VirDomainReplication/${randomUUID()}`, 'GET, POST, PATCH'],
    ['DELETE', '/OIDCConfig/oidcconfig_uuid', 'GET, POST, PATCH'],
    ['GET', `/ISO/${randomUUID()}/data`, 'PUT'],
    ['GET', '/Certificate', 'POST'],
    ['POST', '/Node', 'GET'],
    ['PUT', '/VirDomain', 'GET, POST']
  ] as const
  for (const [method, path, allow] of cases) {
    const answer = await client.raw(method, path)
    t.equal(answer.status, 405, `${method} ${path}`)
    t.same(methods(answer.headers.allow), methods(allow))
  }
})

t.test('the order of refusals: authentication, permission, parameters, body', async (t) => {
  const { urls } = await simulatorFor(t)
  const url = urls[0] ?? ''
  const bad = { text: '{' }
  const path = '/VirDomain?x=1'
  t.equal((await new PlainClient(url).as({}).raw('POST', path, bad)).status, 401)
  t.equal((await new PlainClient(url, 'operator').raw('POST', path, bad)).status, 403)
  const query = await new PlainClient(url).raw('POST', path, bad)
  t.equal(query.status, 400)
  t.match(query.text, 'Query parameter not allowed: x')
  t.match((await new PlainClient(url).raw('POST', '/VirDomain', bad)).text, 'not valid JSON')
})

t.test('roles permit what their functions name', async (t) => {
  const { urls } = await simulatorFor(t)
  const url = urls[0] ?? ''
  const admin = new PlainClient(url)
  const roles = await admin.get<{ uuid: string; name: string }>('/Role')
  t.same(
    roles.map(({ name }) => name),
    [
      'Admin',
      'Backup',
      'Cluster Settings',
      'Cluster Shutdown',
      'Read',
      'VM Create/Edit',
      'VM Delete',
      'VM Power Controls'
    ]
  )
  const roleUUIDs = roles.filter(({ name }) => name === 'VM Power Controls').map(({ uuid }) => uuid)
  await admin.post('/User', { username: 'power', password: 'power', roleUUIDs })
  const power = new PlainClient(url, 'power')
  t.equal((await power.raw('GET', '/ping')).status, 200)
  const read = await power.raw('GET', '/VirDomain')
  t.equal(read.status, 403)
  t.match(JSON.parse(read.text), { error: String })
  const action = [{ virDomainUUID: randomUUID(), actionType: 'START' }]
  t.equal((await power.raw('POST', '/VirDomain/action', { body: action })).status, 500)
  t.equal((await new PlainClient(url, 'operator').raw('GET', '/VirDomain')).status, 200)
})

t.test('what a body may hold', async (t) => {
  const { urls } = await simulatorFor(t)
  const client = new PlainClient(urls[0] ?? '')
  const [vm] = await client.get<{ uuid: string }>('/VirDomain')
  const cases: [string, string, unknown, string][] = [
    ['POST', '/User', { username: 'x', nmae: 1 }, 'Property not allowed: nmae'],
    ['POST', '/User', {}, 'Required property is missing: username'],
    ['POST', '/User', { username: 5 }, 'Value of username must be of type string'],
    ['PATCH', `/VirDomain/${vm?.uuid}`, { uuid: 'x' }, 'Property not allowed: uuid'],
    [
      'POST',
      `/VirDomain/${vm?.uuid}`,
      { uuid: vm?.uuid },
      'Cannot write to read-only property: uuid'
    ],
    [
      'POST',
      '/VirDomain',
      { dom: { uuid: 'x' }, options: {} },
      'Cannot write to read-only property: uuid'
    ],
    [
      'POST',
      '/VirDomain/action',
      [{ virDomainUUID: vm?.uuid, actionType: 'FORCE_STOP' }],
      'Value of 0.actionType must be one of START,'
    ],
    ['POST', '/VirDomain/action', {}, 'Value of the body must be of type array'],
    ['POST', '/VirDomainSnapshot', { virDomainUUID: 'x' }, 'Property not allowed: virDomainUUID'],
    ['POST', '/AlertSyslogTarget', { host: 'a', protocol: 'UDP' }, 'SYSLOG_PROTOCOL_UDP'],
    ['PATCH', '/Cluster/x', { name: 'y' }, 'Property not allowed: name']
  ]
  for (const [method, path, body, expected] of cases) {
    const answer = await client.raw(method, path, { body })
    t.equal(answer.status, 400, `${method} ${path}`)
    t.match(answer.headers['content-type'], 'text/plain')
    const [title, place, type, ...problems] = answer.text.split('\n')
    t.equal(title, 'Request has one or more errors')
    t.equal(place, '  In body')
    t.equal(type, '    For Content-Type application/json')
    t.ok(
      problems.some((line) => line.startsWith('      ') && line.includes(expected)),
      answer.text
    )
  }
  const lenient = { dom: { name: 'x', whatever: 1 }, options: {} }
  t.equal((await client.raw('POST', '/VirDomain', { body: lenient })).status, 200, 'dom is lenient')
})

t.test('how a body must come', async (t) => {
  const { urls } = await simulatorFor(t)
  const client = new PlainClient(urls[0] ?? '')
  const refused = async (headers: Record<string, string>, text: string): Promise<string> => {
    const answer = await client.raw('POST', '/TimeSource', { text, headers })
    t.equal(answer.status, 400)
    return answer.text
  }
  t.match(await refused({ 'Content-Type': 'text/plain' }, '{"host":"a"}'), 'Content-Type')
  t.match(await refused({}, ''), 'Request body is missing')
  t.match(await refused({}, '{"host":'), 'not valid JSON')
  t.match(await refused({}, '['), 'not valid JSON')
  const charset = { 'Content-Type': 'application/json; charset=utf-8' }
  t.equal(
    (await client.raw('POST', '/TimeSource', { text: '{"host":"a.b"}', headers: charset })).status,
    200
  )
  // Clients announce JSON on every call, with nothing in it.
  const empty = { text: '', headers: { 'Content-Type': 'application/json' } }
  t.equal((await client.raw('GET', '/ping', empty)).status, 200)
  const upload = await client.raw('PUT', '/VirtualDisk/upload?filename=a.qcow2&filesize=1', {
    text: '{}'
  })
  t.equal(upload.status, 400, 'an upload is no JSON')
})

t.test('query parameters only where they are defined', async (t) => {
  const { urls } = await simulatorFor(t)
  const client = new PlainClient(urls[0] ?? '')
  const answer = await client.raw('GET', '/VirDomainSnapshot?virDomainUUID=x')
  t.equal(answer.status, 400)
  t.match(answer.text, 'Query parameter not allowed: virDomainUUID')
  t.equal((await client.raw('GET', '/Condition/filter?includeSet=yes')).status, 400)
  t.equal((await client.raw('PUT', '/VirtualDisk/upload?filename=a.img')).status, 400)
})

t.test('conditions by name, node, tag and time', async (t) => {
  const { urls, world } = await simulatorFor(t)
  const client = new PlainClient(urls[0] ?? '')
  type Named = { name: string; nodeUUID: string; tags: string[] }
  const [node] = world.state.nodes.keys()
  const byName = await client.get<Named>(`/Condition/${encodeURIComponent('update(Failed|Avail)')}`)
  t.same(byName.map(({ name }) => name).toSorted(), [
    'condition.updateAvailable',
    'condition.updateFailed'
  ])
  t.equal((await client.raw('GET', '/Condition/%28')).status, 400, 'no regular expression')
  const filter = (query: string): Promise<Named[]> => client.get(`/Condition/filter?${query}`)
  const atNode = await filter(`nodeUUIDs=${node}&name=scribe`)
  t.ok(atNode.length > 0 && atNode.every(({ nodeUUID }) => nodeUUID === node))
  t.ok((await filter('singleNodeOnly=true')).every(({ nodeUUID }) => nodeUUID !== ''))
  t.ok((await filter('includeTags=drive')).every(({ tags }) => tags.includes('drive')))
  t.notOk((await filter('excludeTags=drive')).some(({ tags }) => tags.includes('drive')))
  t.same(await filter('includeModifiedWithin=true&modifiedWithin=1'), [])
  await client.raw('GET', '//support-api/open?code=1&user=admin')
  const recent = await filter('includeModifiedWithin=true&modifiedWithin=60')
  t.same(
    recent.map(({ name }) => name),
    ['condition.supporttunnelOpen']
  )
  t.same(await filter('includeNotOK=true'), [])
  const [polled] = await client.get<{ guaranteedValidTime: number }>('/Condition')
  t.ok(Date.now() - (polled?.guaranteedValidTime ?? 0) < 300_000, 'polled just now')
})

t.test('each version offers its own operations and document', async (t) => {
  interface Document {
    openapi: string
    info: { version: string }
    paths: Record<string, Record<string, unknown>>
    components: { schemas: Record<string, { properties?: Record<string, unknown> }> }
  }
  const counts = { '9.4': 150, '9.6': 151, '9.8': 152 }
  t.equal(simulatedVersions.length, Object.keys(counts).length)
  for (const [line, operations] of Object.entries(counts)) {
    const version = simulatedVersion(line)
    const later = line !== '9.4'
    const { urls } = await simulatorFor(t, { version })
    const client = new PlainClient(urls[0] ?? '')
    const text = (await client.raw('GET', '/openapi.json')).text
    const document = JSON.parse(text) as Document
    t.match(document.openapi, /^3\.0\./)
    t.equal(document.info.version, later ? '1.3.2' : '1.2.0')
    const count = Object.values(document.paths).flatMap((item) => Object.keys(item)).length
    t.equal(count, operations)
    t.notMatch(text, /"x-/)
    const names = [...text.matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name = '']) => name)
    t.same(
      names.filter((name) => !(name in document.components.schemas)),
      [],
      'every $ref leads somewhere'
    )
    t.ok(names.length > 100)
    const ids = [...text.matchAll(/"operationId":"([^"]+)"/g)].map(([, id]) => id)
    t.equal(new Set(ids).size, ids.length, 'operation ids are unique')

    const diff = await client.raw('POST', `/VirDomainBlockDevice/${randomUUID()}/snapDiff`, {
      body: { snapshotSerialFrom: 0, snapshotSerialTo: 1 }
    })
    t.equal(diff.status === 404, !later, 'snapDiff since 9.6')
    t.equal((await client.raw('GET', '/ClusterSpec')).status, 404)
    t.match((await client.raw('GET', '/docs/')).headers['content-type'], 'text/html')
  }
  const { urls } = await simulatorFor(t, { clusterSpec: true })
  t.equal((await new PlainClient(urls[0] ?? '').get('/ClusterSpec')).length, 1)
})
