import t from 'tap'
import { importDocument } from '../../src/catalog/import/import.ts'
import { catalogFile, writeStoredDocument } from '../../src/catalog/import/store.ts'
import { apiDocument } from '../helper/api-document.ts'
import { startTestBridge } from '../helper/bridge.ts'
import { json, startOddServer } from '../helper/odd-server.ts'

t.test('run_api', async (t) => {
  const bridge = await startTestBridge(t)
  const { state } = bridge.simulator.world

  await t.test('reads', async (t) => {
    for (const query of ['/VirDomain', 'VirDomain', '/rest/v1/VirDomain/', ' /VirDomain']) {
      const { status, body } = await bridge.call('run_api', { query, method: 'get' })
      t.equal(status, 200)
      t.equal(body.status, 200)
      t.equal(body.body.length, state.virDomains.size, query)
    }
    const filtered = await bridge.call('run_api', {
      query: '/Condition/filter?includeSet=true',
      method: 'GET'
    })
    t.ok(filtered.body.body.length < 20)
    const document = await bridge.call('run_api', { query: '/openapi.json', method: 'GET' })
    t.ok(document.body.body.paths['/VirDomain'])
  })

  await t.test('writes, with every form of payload', async (t) => {
    const [vm] = state.virDomains.values()
    const path = `/VirDomain/${vm?.uuid}`
    const forms = [{ description: 'one' }, '{"description": "two"}']
    for (const payload of forms) {
      const { body } = await bridge.call('run_api', { query: path, method: 'PATCH', payload })
      t.match(body, { status: 200, body: { taskTag: /^\d+$/, createdUUID: '' } })
      t.match((await bridge.call('waitTask', { taskTag: body.body.taskTag })).body, {
        state: 'COMPLETE'
      })
    }
    t.equal(vm?.description, 'two')

    const stopped = [...state.virDomains.values()].find((each) => each.state === 'SHUTOFF')
    const action = [{ virDomainUUID: stopped?.uuid, actionType: 'START' }]
    const started = await bridge.call('run_api', {
      query: '/VirDomain/action',
      method: 'POST',
      payload: action
    })
    t.equal(started.status, 200)
    await bridge.call('waitTask', { taskTag: started.body.body.taskTag })
    t.equal(stopped?.state, 'RUNNING')
  })

  await t.test("the cluster's own 4xx keeps its status and text", async (t) => {
    const [vmUUID] = state.virDomains.keys()
    const unchecked = { validate: false }
    const { status, body } = await bridge.call('run_api', {
      query: `/VirDomain/${vmUUID}`,
      method: 'PATCH',
      payload: { nmae: 'x' },
      ...unchecked
    })
    t.equal(status, 400)
    t.match(body.error, { code: 'CLUSTER_REFUSED', message: /Property not allowed: nmae/ })
    const missing = await bridge.call('run_api', {
      query: '/NoSuchThing',
      method: 'GET',
      ...unchecked
    })
    t.equal(missing.status, 404)
    t.match(missing.body.error, { code: 'CLUSTER_REFUSED' })
    const wrongMethod = await bridge.call('run_api', {
      query: '/Node',
      method: 'DELETE',
      ...unchecked
    })
    t.equal(wrongMethod.status, 405)
    t.match(wrongMethod.body.error, { code: 'CLUSTER_REFUSED' })
  })

  await t.test('what is refused before anything is sent', async (t) => {
    const sent = bridge.simulator.requests.length
    const rows: [object, string, RegExp][] = [
      [{ query: '/../support-api/open', method: 'GET' }, 'PATH_REFUSED', /\.\./],
      [{ query: '//evil.example/x', method: 'GET' }, 'PATH_REFUSED', /another host/],
      [{ query: '@evil.example', method: 'GET' }, 'PATH_REFUSED', /@/],
      [{ query: '\\\\evil', method: 'GET' }, 'PATH_REFUSED', /backslash/],
      [{ query: '/VirDomain%2f..', method: 'GET' }, 'PATH_REFUSED', /encoded/],
      [{ query: '/VirDomain\r\nX: y', method: 'GET' }, 'PATH_REFUSED', /control/],
      [{ query: 'http://evil.example/', method: 'GET' }, 'PATH_REFUSED', /scheme/],
      [{ query: '/rest/v2/TaskTag', method: 'GET' }, 'PATH_REFUSED', /outside \/rest\/v1/],
      [{ query: '/login', method: 'POST', payload: {} }, 'PATH_REFUSED', /generate_session/],
      [{ query: '/rest/v1/logout/', method: 'POST' }, 'PATH_REFUSED', /kill_session/],
      [{ query: '/VirDomain', method: 'TRACE' }, 'INVALID_ARGUMENT', /method must be one of/],
      [
        { query: '/VirDomain', method: 'POST', payload: '{oops' },
        'INVALID_ARGUMENT',
        /not valid JSON/
      ],
      [{ query: '/VirDomain', method: 'POST', payload: 7 }, 'INVALID_ARGUMENT', /payload must be/],
      [{ query: '/ISO/x/data', method: 'PUT' }, 'INVALID_ARGUMENT', /takes a file/],
      [{ method: 'GET' }, 'INVALID_ARGUMENT', /query is required/]
    ]
    for (const [args, code, message] of rows) {
      const { status, body } = await bridge.call('run_api', args)
      t.equal(status, 400, JSON.stringify(args))
      t.match(body.error, { code, message })
    }
    t.equal(bridge.simulator.requests.length, sent)
  })
})

const names = (near: { method: string; path: string }[]): string[] =>
  near.map(({ method, path }) => `${method} ${path}`)

t.test('what does not exist is refused with what is near', async (t) => {
  const bridge = await startTestBridge(t)
  const uuid = bridge.simulator.world.state.virDomains.keys().next().value
  const refused = async (query: string, method: string, extra: object = {}) => {
    const { status, body } = await bridge.call('run_api', { query, method, ...extra })
    return { status, ...body.error }
  }

  const unknown = await refused('/VM', 'GET')
  t.match(unknown, { status: 404, code: 'NOT_FOUND', message: /The path is wrong, not the method/ })
  t.equal(unknown.nearest.length, 3)
  t.equal(unknown.nearest[0].path, '/VirDomain')
  t.match(unknown.message, /GET \/VirDomain .*validate: false/)

  const action = await refused(`/VirDomain/${uuid}/action`, 'POST', { payload: [] })
  t.equal(names(action.nearest)[0], 'POST /VirDomain/action')
  t.equal(names((await refused('/VirDomian', 'GET')).nearest)[0], 'GET /VirDomain')
  t.equal(
    names((await refused('/SnapshotSchedule', 'GET')).nearest)[0],
    'GET /VirDomainSnapshotSchedule'
  )

  const cased = await refused(`/virdomainsnapshot/${uuid}`, 'GET')
  t.match(cased, { status: 404, message: `case-sensitive: write /VirDomainSnapshot/${uuid}` })

  const method = await refused(`/Node/${uuid}`, 'DELETE')
  t.match(method, { status: 405, code: 'METHOD_NOT_ALLOWED', message: /method DELETE is not/ })
  t.strictSame(names(method.nearest), ['GET /Node/{uuid}'])
  t.match((await refused('/VirDomain/action', 'GET')).nearest, [{ path: '/VirDomain/action' }])

  for (const [query, path, instead] of [
    ['/update/update_status.json', '/update/update_status.json', ', but update_read reads it'],
    ['/support-api/open?code=1&user=me', '/support-api/open', ''],
    ['/SNMPConfig', '/rest/v2/SNMPConfig', '']
  ] as const)
    t.match(await refused(query, 'GET'), {
      status: 404,
      code: 'NOT_FOUND',
      message: new RegExp(
        `^${path} is outside /rest/v1: run_api cannot call it${instead}; nothing was sent$`
      )
    })
  for (const validate of [true, false])
    t.match(await refused('/docs/', 'GET', { validate }), {
      status: 400,
      code: 'PATH_REFUSED',
      message: /^\/docs\/ is a page for a browser, run_api cannot show it/
    })

  const short = await refused('/VirDomain/7c4f2e6a', 'GET')
  t.match(short, { status: 400, message: /must be a whole uuid.*Nothing was sent$/ })
  t.match(await refused('/VirDomain/no-such', 'GET'), {
    status: 400,
    message: /virDomainUUID must be a whole uuid.*got "no-such" \(vm_read lists them\)/
  })
  const start = await refused('/VirDomain/start', 'POST', { payload: {} })
  t.equal(names(start.nearest)[0], 'POST /VirDomain/action')

  t.match(await refused('/VirDomain?name=web', 'GET'), {
    status: 400,
    message: /unknown query parameter "name" .*does not filter/
  })
  t.match(await refused('/Condition/filter?includeset=1&includeNotOK=yes', 'GET'), {
    problems: [/"includeset"; did you mean includeSet\?.*allowed: name, /, /boolean; got "yes"/]
  })
  const sent = bridge.simulator.requests.filter(
    ({ method: verb, path }) => verb !== 'GET' && !path.endsWith('/login')
  )
  t.equal(sent.length, 0, 'nothing was sent')
})

t.test('ids that are not uuids, and uuids in capitals', async (t) => {
  const bridge = await startTestBridge(t)
  const { state } = bridge.simulator.world
  const [drive] = state.drives.keys()
  const [vm] = state.virDomains.keys()
  for (const query of [
    `/Drive/${drive}`,
    '/AlertEmailTarget/default-target',
    '/Registration/registration_guid',
    '/OIDCConfig/oidcconfig_uuid',
    '/Update/9.5.5.219383',
    '/TaskTag/1',
    '/Condition/condition.(update%7Cdrive).*',
    `/VirDomain/${vm?.toUpperCase()}`
  ]) {
    const { status, body } = await bridge.call('run_api', { query, method: 'GET' })
    t.equal(status, 200, query)
    if (/Drive|default|VirDomain/.test(query)) t.equal(body.body.length, 1, query)
  }
})

t.test('a body that the cluster would refuse is not sent', async (t) => {
  const bridge = await startTestBridge(t)
  const [uuid] = bridge.simulator.world.state.virDomains.keys()
  const refused = async (query: string, method: string, payload?: unknown) => {
    const { status, body } = await bridge.call('run_api', { query, method, payload })
    t.equal(status, 400, `${method} ${query}`)
    return body.error
  }

  const user = await refused('/User', 'POST', { usrname: 'x', uuid, password: 5551234 })
  t.strictSame(user.problems.map((problem: string) => problem.replace(/ \(.*\)/, '')).toSorted(), [
    'password must be a string; got number',
    'unknown field usrname; did you mean username?',
    'username is required',
    'uuid is read-only: the cluster sets it, leave it out'
  ])
  for (const problem of user.problems) t.ok(user.message.includes(problem), 'the message has all')
  t.match(user.example, { username: /./ })
  t.ok(user.message.includes(JSON.stringify(user.example)))
  t.notMatch(JSON.stringify(user), '5551234')

  t.match(await refused('/User', 'POST'), { message: /payload is required.*minimal valid body/ })
  t.match(await refused(`/VirDomain/${uuid}`, 'PATCH', { state: 'RUNNING', tags: ['a'] }), {
    problems: [
      /^state is a field of the record that this call does not take/,
      /^tags must be a str/
    ]
  })
  t.match(
    await refused('/VirDomain/action', 'POST', [{ virDomainUUID: uuid, actionType: 'strat' }]),
    {
      problems: [/\[0\]\.actionType must be one of START, .*did you mean START\?/]
    }
  )
  t.match(await refused('/VirDomain', 'POST', { dom: { numVCPU: '4' }, options: { x: 1 } }), {
    problems: [/^dom\.numVCPU must be an integer; got string "4"/, /^unknown field options\.x/]
  })
  const deep = JSON.parse('['.repeat(100) + ']'.repeat(100))
  t.match(await refused('/VirDomain/action', 'POST', deep), { message: /nested deeper/ })
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`nope${i}`, i]))
  t.match(await refused('/User', 'POST', many), { message: /and 451 more/ })
  t.equal(bridge.simulator.requests.length, 0, 'nothing was sent')
})

t.test('what differs only in form is coerced and said', async (t) => {
  const bridge = await startTestBridge(t)
  const { state } = bridge.simulator.world
  const stopped = [...state.virDomains.values()].find((each) => each.state === 'SHUTOFF')
  const action = { virDomainUUID: stopped?.uuid, actionType: 'START' }
  const { status, body } = await bridge.call('run_api', {
    query: 'rest/v1/VirDomain/action/',
    method: 'post',
    payload: JSON.stringify(JSON.stringify(action))
  })
  t.equal(status, 200)
  t.strictSame(body.notes, [
    'payload was JSON inside a text: it was read',
    'payload must be an array: the object was put into one'
  ])
  t.match(body, { status: 200, body: { taskTag: /\d/ }, task: { state: 'COMPLETE' } })
  t.equal(stopped?.state, 'RUNNING')

  const made = await bridge.call('run_api', {
    query: '/VirDomain',
    method: 'POST',
    payload: {
      dom: JSON.stringify({ name: 'coerced', mem: 2 ** 30, numVCPU: 1, netDevs: { vlann: 7 } }),
      options: {}
    }
  })
  t.equal(made.status, 200)
  t.strictSame(made.body.notes, [
    'dom was JSON inside a text: it was read',
    'dom.netDevs must be an array: the object was put into one',
    'dom.netDevs[0].vlann is not a field in the catalog; did you mean vlan?'
  ])
  t.match(made.body.task, { state: 'COMPLETE', createdUUID: made.body.body.createdUUID })
  t.ok(bridge.vm('coerced'))
})

t.test('a body where none is taken is left out', async (t) => {
  const bridge = await startTestBridge(t)
  const sent = (payload: unknown) =>
    bridge.call('run_api', { query: '/User', method: 'GET', payload, check: true })
  for (const payload of [{}, [], '', '""', null]) {
    const { status, body } = await sent(payload)
    t.equal(status, 200)
    t.notOk('notes' in body, JSON.stringify(payload))
    t.equal(body.request.body, null)
  }
  const { status, body } = await sent({ limit: 5 })
  t.equal(status, 200)
  t.equal(body.request.body, null)
  t.strictSame(body.notes, ['payload was left out: this call takes no body'])
})

t.test('a method before the path is taken off, another one refused', async (t) => {
  const bridge = await startTestBridge(t)
  for (const query of ['GET /VirDomain', ' get  VirDomain']) {
    const { status, body } = await bridge.call('run_api', { query, method: 'Get' })
    t.equal(status, 200, query)
    t.match(body.notes, [/^get was left out of query: method says it$/i])
  }
  const sent = bridge.simulator.requests.length
  const { status, body } = await bridge.call('run_api', { query: 'DELETE /User', method: 'GET' })
  t.equal(status, 400)
  t.match(body.error, {
    code: 'INVALID_ARGUMENT',
    message: /^query begins with DELETE, but method is GET: name the method once/
  })
  t.equal(bridge.simulator.requests.length, sent)
})

t.test('a write is followed, a read and a write without a task are not', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { speed: 0 } })
  const [vm] = bridge.simulator.world.state.virDomains.values()
  const call = async (query: string, method: string, extra: object = {}) =>
    (await bridge.call('run_api', { query, method, ...extra })).body
  const payload = { domainUUID: vm?.uuid, label: 'raw' }
  t.match(await call('/VirDomainSnapshot', 'POST', { payload, wait: 0 }), {
    task: { state: /QUEUED|RUNNING/, message: /waitTask with taskTag \d+/ }
  })
  bridge.simulator.world.clock.advance(60_000)
  t.match(await call('/VirDomainSnapshot', 'POST', { payload }), {
    task: { state: 'COMPLETE', message: /^The same call was sent \d+ s ago and is not repeated: / }
  })
  t.strictSame(Object.keys(await call('/TaskTag', 'GET')), ['status', 'body'])
  const user = await call('/User', 'POST', { payload: { username: 'raw' } })
  t.strictSame(Object.keys(user), ['status', 'body'])
  t.match(user.body, { taskTag: '', createdUUID: /./ })
})

t.test('a shutdown is followed by the state of its VM', async (t) => {
  // No guest is off before the test has looked.
  const bridge = await startTestBridge(t, { simulator: { speed: 0 } })
  const call = async (query: string, method: string, extra: object = {}) =>
    (await bridge.call('run_api', { query, method, ...extra })).body
  const [one, ...others] = [...bridge.simulator.world.state.virDomains.values()]
    .filter((each) => each.state === 'RUNNING')
    .map(({ uuid }) => ({ virDomainUUID: uuid, actionType: 'SHUTDOWN' }))
  const shutdown = await call('/VirDomain/action', 'POST', { payload: [one], wait: 0 })
  t.match(shutdown, {
    body: { taskTag: '' },
    task: {
      taskTag: '',
      state: 'RUNNING',
      message: /was asked to shut down and is still RUNNING: call changeVM_state with SHUTDOWN/
    },
    notes: undefined
  })
  const several = await call('/VirDomain/action', 'POST', { payload: others })
  t.match(several, { task: undefined, notes: [/named no task: read the object/] })
})

t.test('check shows the exact request and sends nothing', async (t) => {
  const bridge = await startTestBridge(t)
  const [uuid] = bridge.simulator.world.state.virDomains.keys()
  const check = async (query: string, method: string, payload?: unknown, extra: object = {}) =>
    (await bridge.call('run_api', { query, method, payload, check: true, ...extra })).body
  t.strictSame(await check('User/', 'post', { username: 'ada', password: 'very-secret' }), {
    sent: false,
    request: {
      method: 'POST',
      path: '/rest/v1/User',
      query: {},
      body: { username: 'ada', password: '***' }
    },
    operation: 'POST /User',
    summary: bridge.app.catalog.find('POST', '/User')?.summary,
    effect: 'control',
    reason: 'creates a user of the cluster'
  })
  t.match(await check('/Condition/filter?includeSet=true&nodeUUIDs=a&nodeUUIDs=b', 'GET'), {
    request: { query: { includeSet: 'true', nodeUUIDs: ['a', 'b'] }, body: null }
  })
  t.match(
    await check(`/VirDomain/${uuid}/export`, 'POST', {
      target: { pathURI: 'smb://u:very-secret@nas/share' }
    }),
    { request: { body: { target: { pathURI: 'smb://***@nas/share' } } }, tool: 'exportVM' }
  )
  t.match(await check('/NoSuchThing', 'POST', { password: 'very-secret' }, { validate: false }), {
    sent: false,
    request: { path: '/rest/v1/NoSuchThing', body: { password: '***' } }
  })
  t.match((await check('/User', 'POST', {})).error, { code: 'INVALID_ARGUMENT' })
  t.match((await check('/login', 'POST', {})).error, { code: 'PATH_REFUSED' })
  t.equal(bridge.simulator.requests.length, 0)
  t.notMatch(bridge.log.join('\n'), 'very-secret')
})

t.test('validate false lifts the schema checks alone', async (t) => {
  const bridge = await startTestBridge(t)
  const call = async (query: string, method: string, payload?: unknown) =>
    bridge.call('run_api', { query, method, payload, validate: false })
  for (const [query, method] of [
    ['/login', 'POST'],
    ['/rest/v1/logout', 'POST'],
    ['/../support-api/open', 'GET'],
    ['/rest/v2/TaskTag', 'GET'],
    ['/ISO/x/data', 'PUT']
  ] as const)
    t.equal((await call(query, method)).status, 400, query)
  t.equal(bridge.simulator.requests.length, 0)
  t.match((await call('/VirDomain?name=x', 'GET')).body.error, { code: 'CLUSTER_REFUSED' })
  t.match((await call('/virdomain', 'GET')).body.error, { code: 'CLUSTER_REFUSED', status: 404 })
})

t.test("a secret is taken out of the cluster's own words", async (t) => {
  const odd = await startOddServer(t, (_request, response, body) =>
    json(response, 400, { error: `Cannot use ${body}` })
  )
  const bridge = await startTestBridge(t, {
    cluster: { nodes: [odd.url], tls: { mode: 'pin', fingerprints: [odd.fingerprint] } }
  })
  const { status, body } = await bridge.call('run_api', {
    query: '/VirDomain/import',
    method: 'POST',
    payload: { source: { pathURI: 'smb://u:very-secret@nas/share' }, password: 'other-secret' }
  })
  t.equal(status, 400)
  t.match(body.error, {
    code: 'CLUSTER_REFUSED',
    message: /Cannot use .*\*\*\*.*Note: password is/
  })
  t.notMatch(JSON.stringify(body), /(very|other)-secret/)
  t.notMatch(bridge.log.join('\n'), /(very|other)-secret/)
  t.match(odd.requests.at(-1)?.body, 'very-secret', 'it was sent whole')
})

t.test('an imported document decides what there is and how strict it is', async (t) => {
  const document = apiDocument()
  const bridge = await startTestBridge(t, {
    async catalogFile(nodes) {
      const file = catalogFile(t.testdir(), nodes)
      const importedAt = new Date().toISOString()
      await writeStoredDocument(file, {
        importedAt,
        origin: 'file',
        nodes,
        cluster: undefined,
        document
      })
      return file
    }
  })
  t.equal(bridge.app.catalog.operations.length, importDocument(document).catalog.operations.length)
  const call = async (query: string, method: string, payload?: unknown) =>
    (await bridge.call('run_api', { query, method, payload, check: true })).body
  t.match(await call('/VirDomain', 'GET'), {
    error: { code: 'NOT_FOUND', message: /not in the API document of this cluster/ }
  })
  t.match(await call('/Widget/any-id/spin', 'POST', { axis: 'Y' }), {
    sent: false,
    effect: 'control'
  })
  t.match(await call('/Widget/any-id/spin', 'POST', {}), {
    error: { problems: [/^axis is required/], example: { axis: 'X' } }
  })
  t.match(await call('/User', 'POST', { username: 'a', pinCode: 1, fullName: 'x' }), {
    error: {
      problems: [
        /field fullName does not exist in this cluster's version/,
        /pinCode must be >= 1000/
      ]
    }
  })
})

t.test('a VM is created with a disk and a network device like another VM has', async (t) => {
  // A cluster that refuses what is read-only there: nothing of it is sent.
  const bridge = await startTestBridge(t, { simulator: { nestedReadOnly: 'refused' } })
  const { virDomains } = bridge.simulator.world.state
  const source = [...virDomains.values()].find(({ name }) => name === 'web-01')
  const devices = { blockDevs: source?.blockDevs.slice(0, 1), netDevs: source?.netDevs }
  const payload = { dom: { name: 'like-web-01', ...devices }, options: {} }
  const { status, body } = await bridge.call('run_api', {
    query: '/VirDomain',
    method: 'POST',
    payload
  })
  t.equal(status, 200)
  t.match(body, { task: { state: 'COMPLETE' }, notes: [/^dom\.blockDevs\[0\]: left out/] })
  const made = virDomains.get(body.body.createdUUID)
  t.match(made?.blockDevs, [{ type: 'VIRTIO_DISK', capacity: source?.blockDevs[0]?.capacity }])
  t.not(made?.blockDevs[0]?.uuid, source?.blockDevs[0]?.uuid)
})
