import { request as httpRequest } from 'node:http'
import t from 'tap'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { callRaw, rpc, rpcHeaders } from '../helper/mcp-raw.ts'
import { eras } from '../helper/mcp-client.ts'
import { until } from '../helper/simulator.ts'
import { connectStdio } from '../helper/stdio-client.ts'

type Line = Record<string, unknown>

const linesOf = (bridge: TestBridge, message: string): Line[] =>
  bridge.log.map((line) => JSON.parse(line) as Line).filter(({ msg }) => msg === message)

/** The log lines of calls, once at least `count` of them are written. */
async function callLines(bridge: TestBridge, count: number): Promise<Line[]> {
  await until(() => linesOf(bridge, 'tool called').length >= count)
  return linesOf(bridge, 'tool called')
}

const bearer = (bridge: TestBridge): Record<string, string> => ({
  authorization: `Bearer ${bridge.token}`,
  'content-type': 'application/json'
})

/** Posts a body and disconnects once a condition holds, without waiting for the answer. */
async function postAndLeave(
  bridge: TestBridge,
  path: string,
  headers: Record<string, string>,
  body: object,
  gone: () => boolean
): Promise<void> {
  const call = httpRequest(`${bridge.url}${path}`, { method: 'POST', agent: false, headers })
  call.on('error', () => undefined)
  call.end(JSON.stringify(body))
  await until(gone)
  call.destroy()
}

const who = {
  'x-openwebui-user-name': 'Ada',
  'x-openwebui-chat-id': 'chat-7'
}

t.test('one line a call over REST', async (t) => {
  const bridge = await startTestBridge(t)
  const vmUUID = bridge.vm('app-01')
  const made = await bridge.call('snapshotVM', { vmUUID: 'app-01', label: 'free text' }, who)
  const read = await bridge.call('vm_read', { filter: 'web' })
  const wrong = await bridge.call('deleteVM', { vmUUID: 'no such VM' })
  await bridge.call('run_api', { method: 'DELETE', query: `/VirDomain/${vmUUID}?x=1`, check: true })
  const lines = await callLines(bridge, 4)
  t.match(lines[0], {
    tool: 'snapshotVM',
    outcome: 'ok',
    ms: Number,
    surface: 'rest',
    reqId: made.headers['x-request-id'],
    user: 'Ada',
    chat: 'chat-7',
    on: {
      vmUUID,
      taskTag: made.body.taskTag,
      createdUUID: made.body.createdUUID,
      state: 'COMPLETE'
    }
  })
  t.notMatch(JSON.stringify(lines), /free text|no such VM/, 'no free text')
  t.match(lines[1], { tool: 'vm_read', reqId: read.headers['x-request-id'], on: undefined })
  t.match(lines[2], { tool: 'deleteVM', outcome: wrong.body.error.code })
  t.match(lines[3], { tool: 'run_api', on: { method: 'DELETE', query: `/VirDomain/${vmUUID}` } })
  t.equal(lines.length, 4)
  t.equal(linesOf(bridge, 'answered').length, 0, 'and no second one for the request')

  await bridge.call('vm_read', '{"filter"')
  await until(() => linesOf(bridge, 'answered').length === 1)
  t.match(linesOf(bridge, 'answered')[0], { path: '/vm_read', status: 400 }, 'before a tool runs')
})

for (const era of eras)
  t.test(`the same over MCP, ${era}`, async (t) => {
    const bridge = await startTestBridge(t)
    const vmUUID = bridge.vm('app-01')
    const stopped = await bridge.fetch('/mcp', {
      method: 'POST',
      headers: {
        ...rpcHeaders(era, bridge.token, 'tools/call', 'changeVM_state'),
        ...who,
        'x-request-id': 'of the client'
      },
      body: JSON.stringify(
        rpc(era, 'tools/call', {
          name: 'changeVM_state',
          arguments: { vmUUID, actionType: 'STOP' }
        })
      )
    })
    const refused = await callRaw(bridge, era, 'deleteVM', { vmUUID: 'no such VM' })
    t.match(refused.text, /"isError":true/)
    const lines = await callLines(bridge, 2)
    t.match(lines[0], {
      tool: 'changeVM_state',
      outcome: 'ok',
      surface: 'mcp',
      reqId: stopped.headers['x-request-id'],
      user: 'Ada',
      chat: 'chat-7',
      on: { vmUUID, actionType: 'STOP' }
    })
    t.match(lines[1], {
      tool: 'deleteVM',
      outcome: 'NOT_FOUND',
      reqId: refused.headers['x-request-id']
    })
    t.equal(lines.length, 2)
  })

t.test('the same over stdio', async (t) => {
  const bridge = await startTestBridge(t)
  const ask = await connectStdio(t, bridge)
  const vmUUID = bridge.vm('app-01')
  await ask(rpc('legacy', 'tools/call', { name: 'snapshotVM', arguments: { vmUUID, label: 'x' } }))
  await ask(rpc('legacy', 'tools/call', { name: 'vm_read', arguments: { nam: 1 } }, 2))
  const lines = await callLines(bridge, 2)
  t.match(lines[0], { tool: 'snapshotVM', outcome: 'ok', surface: 'stdio', on: { vmUUID } })
  t.match(lines[1], { tool: 'vm_read', outcome: 'INVALID_ARGUMENT', surface: 'stdio' })
  t.match(lines[0]?.['reqId'], /^[\da-f-]{36}$/)
  t.not(lines[0]?.['reqId'], lines[1]?.['reqId'], 'an id for each call')
})

t.test('a caller that goes away', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { speed: 0 } })
  const { simulator } = bridge
  // One each, as their clones never end and would wait for each other.
  const clone = (vm: string) => ({ vmUUID: bridge.vm(vm), name: 'copy', wait: 60 })
  /** Tasks that were looked at: a look at the one before may still be on its way. */
  const followed = (): number =>
    new Set(simulator.requests.map(({ path }) => path).filter((path) => path.includes('/TaskTag/')))
      .size
  const ways: [string, string, Record<string, string>, object][] = [
    ['rest', '/cloneVM', { ...bearer(bridge), ...who }, clone('app-01')],
    ...eras.map((era): [string, string, Record<string, string>, object] => [
      'mcp',
      '/mcp',
      { ...rpcHeaders(era, bridge.token, 'tools/call', 'cloneVM'), ...who },
      rpc(era, 'tools/call', {
        name: 'cloneVM',
        arguments: clone(era === 'legacy' ? 'web-01' : 'web-02')
      })
    ])
  ]
  for (const [surface, path, headers, body] of ways)
    await t.test(`${surface} ${path}`, async (t) => {
      bridge.log.length = 0
      const before = followed()
      await postAndLeave(bridge, path, headers, body, () => followed() > before)
      const [line] = await callLines(bridge, 1)
      t.match(line, { tool: 'cloneVM', outcome: 'gone', surface, user: 'Ada' })
      const on = { vmUUID: /./, taskTag: /^\d+$/, createdUUID: /^[\da-f-]{36}$/ }
      t.match(line?.['on'], on, 'what goes on without him')
    })

  await t.test('before a tool runs', async (t) => {
    bridge.log.length = 0
    const headers = {
      ...bearer(bridge),
      ...who,
      'content-length': '100',
      expect: '100-continue'
    }
    const call = httpRequest(`${bridge.url}/vm_read`, { method: 'POST', agent: false, headers })
    call.on('error', () => undefined)
    // The bridge asks for the body once the token is judged: it waits for the rest then.
    call.once('continue', () => call.write('{"filter":', () => call.destroy()))
    await until(() => linesOf(bridge, 'caller gone').length === 1)
    t.match(linesOf(bridge, 'caller gone')[0], { path: '/vm_read', user: 'Ada', ms: Number })
  })
})

t.test('a raw action says what was done, to how many', async (t) => {
  const bridge = await startTestBridge(t)
  const vms = ['web-01', 'app-01'].map((name) => bridge.vm(name))
  const payload = vms.map((virDomainUUID) => ({
    virDomainUUID,
    actionType: 'STOP',
    cause: 'secret words'
  }))
  const action = { query: '/VirDomain/action', method: 'POST', check: true, validate: false }
  await bridge.call('run_api', { ...action, payload })
  await bridge.call('run_api', { ...action, payload: JSON.stringify(payload) })
  await bridge.call('run_api', {
    query: '/VirDomain',
    method: 'POST',
    payload: { dom: { name: 'secret words' }, options: {} },
    check: true
  })
  const lines = await callLines(bridge, 3)
  for (const line of lines.slice(0, 2))
    t.match(line['on'], {
      method: 'POST',
      query: '/VirDomain/action',
      objects: 2,
      actions: ['STOP'],
      vms
    })
  t.match(lines[2]?.['on'], { query: '/VirDomain', objects: 1, actions: undefined })
  t.notMatch(JSON.stringify(lines), /secret words/)
})
