import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'

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
      [{ method: 'GET' }, 'INVALID_ARGUMENT', /query is missing/]
    ]
    for (const [args, code, message] of rows) {
      const { status, body } = await bridge.call('run_api', args)
      t.equal(status, 400, JSON.stringify(args))
      t.match(body.error, { code, message })
    }
    t.equal(bridge.simulator.requests.length, sent)
  })
})
