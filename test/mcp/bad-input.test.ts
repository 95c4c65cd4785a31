import t from 'tap'
import { startTestBridge, testToken, type ToolAnswer } from '../helper/bridge.ts'
import { eras } from '../helper/mcp-client.ts'
import {
  envelope,
  isRefused,
  modernRevision,
  post,
  type RawHeaders,
  type Refused,
  rpc,
  rpcHeaders
} from '../helper/mcp-raw.ts'

const call = (args: Record<string, unknown>): [string, Record<string, unknown>] => [
  'tools/call',
  args
]

const wrong = (says: RegExp): Refused => ({ status: 200, code: -32_602, says, id: 1 })

const mismatch = (says: RegExp): Refused => ({ status: 400, code: -32_020, says, id: 1 })

const silent = (method: string, params = {}): unknown => ({ jsonrpc: '2.0', method, params })

t.test('what is not a JSON-RPC message is refused in plain words', async (t) => {
  const bridge = await startTestBridge(t)
  const noMessage = { status: 400, code: -32_600, says: /Not a JSON-RPC message: send one as \{/ }
  const noMethod = { status: 400, code: -32_600, says: /"method" must say/ }
  const badId = { status: 400, code: -32_600, says: /"id" must be a string or an integer/ }
  const badVersion = { status: 400, code: -32_600, says: /"jsonrpc" must be "2.0"/ }
  const badParams = { status: 400, code: -32_600, says: /"params" must be an object/ }
  const badJson = { status: 400, code: -32_700, says: /not valid JSON: send one JSON-RPC message/ }
  const batch = { status: 400, code: -32_600, says: /Batches are not taken/ }
  const cases: [string, unknown, Refused][] = [
    ['no JSON', '{nope', badJson],
    ['half a message', '{"jsonrpc":"2.0","id":1', badJson],
    ['keys of the prototype', '{"jsonrpc":"2.0","id":1,"method":"ping","__proto__":{}}', badJson],
    ['nothing', '', { status: 400, code: -32_700, says: /body is empty: send one JSON-RPC/ }],
    ['blanks', '  \n', { status: 400, code: -32_700, says: /body is empty/ }],
    ['a number', '42', noMessage],
    ['a string', '"x"', noMessage],
    ['null', 'null', noMessage],
    ['true', 'true', noMessage],
    ['an empty object', {}, badVersion],
    ['no version', { id: 1, method: 'tools/list' }, { ...badVersion, id: 1 }],
    ['version 1.0', { jsonrpc: '1.0', id: 'a', method: 'ping' }, { ...badVersion, id: 'a' }],
    ['version as a number', { jsonrpc: 2, id: 1, method: 'ping' }, { ...badVersion, id: 1 }],
    ['no method', { jsonrpc: '2.0', id: 7 }, { ...noMethod, id: 7 }],
    ['an empty method', { jsonrpc: '2.0', id: 7, method: '' }, { ...noMethod, id: 7 }],
    ['a method that is a number', { jsonrpc: '2.0', id: 7, method: 5 }, { ...noMethod, id: 7 }],
    ['id null', { jsonrpc: '2.0', id: null, method: 'ping' }, badId],
    ['id an object', { jsonrpc: '2.0', id: {}, method: 'ping' }, badId],
    ['id with a fraction', { jsonrpc: '2.0', id: 1.5, method: 'ping' }, badId],
    ['id true', { jsonrpc: '2.0', id: true, method: 'ping' }, badId],
    [
      'params a list',
      { ...rpc('legacy', 'tools/call'), params: ['vm_read'] },
      { ...badParams, id: 1 }
    ],
    ['params a string', { ...rpc('legacy', 'tools/call'), params: 'x' }, { ...badParams, id: 1 }],
    ['params null', { ...rpc('legacy', 'tools/call'), params: null }, { ...badParams, id: 1 }],
    ['a batch', [rpc('legacy', 'tools/list')], batch],
    ['a batch of both eras', eras.map((era) => rpc(era, 'tools/list')), batch],
    ['an empty batch', [], batch]
  ]
  for (const [name, body, wanted] of cases)
    await t.test(name, async (t) => isRefused(t, await post(bridge, body), wanted))
  t.equal(bridge.simulator.requests.length, 0, 'nothing of it reached the cluster')
})

t.test('a request that cannot be answered says what to change, in both eras', async (t) => {
  const bridge = await startTestBridge(t)
  const long = 'y'.repeat(1_000_000)
  const cases: [string, [string, Record<string, unknown>], Refused][] = [
    [
      'an unknown tool',
      call({ name: 'vm_raed' }),
      wrong(/^There is no tool vm_raed; did you mean vm_read\?$/)
    ],
    [
      'a tool like no other',
      call({ name: 'zzzzzzzz' }),
      wrong(/no tool zzzzzzzz: tools\/list shows them/)
    ],
    ['a tool of the prototype', call({ name: '__proto__' }), wrong(/no tool __proto__/)],
    ['a tool with a very long name', call({ name: long }), wrong(/^There is no tool "y{99}…": /)],
    ['no name', call({ arguments: {} }), wrong(/params\.name: expected string, but it is missing/)],
    [
      'a name that is a number',
      call({ name: 5 }),
      wrong(/params\.name: expected string, received number/)
    ],
    [
      'an unknown prompt',
      ['prompts/get', { name: 'zzzzzzzz' }],
      wrong(/no prompt zzzzzzzz: prompts\/list shows them/)
    ]
  ]
  for (const era of eras)
    for (const [name, [method, params], wanted] of cases) {
      // The header of the modern era cannot say what the body does not.
      const said = typeof params['name'] === 'string' && params['name'] !== long
      if (era === 'modern' && !said) continue
      await t.test(`${name}, ${era}`, async (t) => {
        const given = typeof params['name'] === 'string' ? params['name'] : undefined
        const headers = rpcHeaders(era, bridge.token, method, given)
        isRefused(t, await post(bridge, rpc(era, method, params), headers), wanted)
      })
    }
  const unknown = {
    code: -32_601,
    says: /no such method here: there are tools\/list, tools\/call/,
    id: 1
  }
  await t.test('an unknown method, legacy', async (t) =>
    isRefused(t, await post(bridge, rpc('legacy', 'tools/lsit')), { ...unknown, status: 200 })
  )
  await t.test('an unknown method, modern', async (t) => {
    for (const method of ['tools/lsit', 'ping', 'initialize', 'logging/setLevel']) {
      const answer = await post(
        bridge,
        rpc('modern', method),
        rpcHeaders('modern', bridge.token, method)
      )
      isRefused(t, answer, { ...unknown, status: 404 })
    }
  })
  t.equal(bridge.simulator.requests.length, 0, 'nothing of it reached the cluster')
})

t.test('the revision is agreed on, or refused', async (t) => {
  const bridge = await startTestBridge(t)
  const clientInfo = { name: 'raw', version: '1.0.0' }
  const known = ['2024-10-07', '2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25']
  const initialize = async (protocolVersion: unknown): Promise<ToolAnswer> =>
    post(bridge, rpc('legacy', 'initialize', { protocolVersion, capabilities: {}, clientInfo }))

  for (const revision of known) {
    const { status, body } = await initialize(revision)
    t.equal(status, 200)
    t.equal(body.result.protocolVersion, revision, 'the revision that was asked for')
    t.same(Object.keys(body.result.capabilities).toSorted(), [
      'completions',
      'prompts',
      'resources',
      'tools'
    ])
    t.match(body.result.instructions, /fetch_vm/)
    t.equal(body.result.serverInfo.name, 'scale-bridge')
    const list = await post(bridge, rpc('legacy', 'tools/list'), {
      'mcp-protocol-version': revision
    })
    t.ok(list.body.result.tools.length > 20, `the tools in ${revision}`)
  }
  for (const unknown of ['1999-01-01', '2099-01-01', 'x'])
    t.equal((await initialize(unknown)).body.result.protocolVersion, '2025-11-25', 'its own newest')
  isRefused(t, await initialize(undefined), {
    status: 200,
    code: -32_602,
    says: /params\.protocolVersion: expected string, but it is missing/,
    id: 1
  })
  isRefused(
    t,
    await post(bridge, rpc('legacy', 'tools/list'), { 'mcp-protocol-version': '1999-01-01' }),
    {
      status: 400,
      code: -32_000,
      says: /MCP-Protocol-Version 1999-01-01 is not known here: .*2025-11-25/,
      id: 1
    }
  )
  t.equal((await post(bridge, rpc('legacy', 'tools/list'))).status, 200, 'without the header')
})

const broken = async (): Promise<never> => {
  throw new TypeError('reading map of undefined')
}

t.test('what is thrown in the bridge is for its log, not for the client', async (t) => {
  const bridge = await startTestBridge(t)
  const { registry } = await bridge.app.mcp()
  const guide = registry.resources.get('hypercore://guide')
  const prompt = registry.prompts.get('morning-check')
  if (guide === undefined || prompt === undefined) throw new Error('Not in the registry')
  guide.read = broken
  prompt.get = broken
  prompt.complete = new Map([['vm', broken]])
  const ref = { type: 'ref/prompt', name: 'morning-check' }
  const cases: [string, Record<string, unknown>, string | undefined][] = [
    ['resources/read', { uri: 'hypercore://guide' }, 'hypercore://guide'],
    ['prompts/get', { name: 'morning-check' }, 'morning-check'],
    ['completion/complete', { ref, argument: { name: 'vm', value: '' } }, undefined]
  ]
  for (const era of eras)
    for (const [method, params, name] of cases) {
      const headers = rpcHeaders(era, bridge.token, method, name)
      const { body } = await post(bridge, rpc(era, method, params), headers)
      t.equal(body.error.code, -32_603, method)
      t.equal(body.error.data.code, 'INTERNAL')
      t.match(body.error.message, /^The bridge itself failed: /)
      t.notMatch(JSON.stringify(body), 'undefined')
    }
  t.equal(bridge.log.filter((line) => line.includes('reading map of undefined')).length, 6)
})

t.test('a cursor that no list gave is refused', async (t) => {
  const bridge = await startTestBridge(t)
  const lists = ['tools', 'prompts', 'resources', 'resources/templates']
  for (const era of eras)
    for (const list of lists) {
      const method = `${list}/list`
      const ask = (params: Record<string, unknown>): Promise<ToolAnswer> =>
        post(bridge, rpc(era, method, params), rpcHeaders(era, bridge.token, method))
      for (const cursor of ['x', ''])
        isRefused(t, await ask({ cursor }), wrong(/no such cursor: the list has one page/))
      const { result } = (await ask({})).body
      t.notOk('nextCursor' in result, `${method} has one page`)
    }
})

t.test('an unknown revision is refused with the known ones', async (t) => {
  const bridge = await startTestBridge(t)
  for (const revision of ['x y', 'x', '2099-01-01', 'zzz'.repeat(100)])
    for (const method of ['tools/list', 'ping'])
      isRefused(
        t,
        await post(bridge, rpc('legacy', method), { 'mcp-protocol-version': revision }),
        {
          status: 400,
          code: -32_000,
          says: /is not known here: .*2026-07-28, .*2025-11-25/,
          id: 1
        }
      )
})

t.test('the modern era: what envelope and headers must say', async (t) => {
  const bridge = await startTestBridge(t)
  const version = 'io.modelcontextprotocol/protocolVersion'
  const capabilities = 'io.modelcontextprotocol/clientCapabilities'
  const ping = rpc('modern', 'tools/call', { name: 'ping_read' })
  const good = rpcHeaders('modern', bridge.token, 'tools/call', 'ping_read')
  const withMeta = (changes: Record<string, unknown>): unknown => ({
    ...ping,
    params: { name: 'ping_read', _meta: envelope(changes) }
  })
  const cases: [string, unknown, RawHeaders, Refused][] = [
    [
      'another method',
      ping,
      { 'mcp-method': 'tools/list' },
      mismatch(/Mcp-Method header names tools\/list/)
    ],
    ['no method', ping, { 'mcp-method': undefined }, mismatch(/Mcp-Method/i)],
    ['another tool', ping, { 'mcp-name': 'vm_read' }, mismatch(/Mcp-Name header names "vm_read"/)],
    ['no tool', ping, { 'mcp-name': undefined }, mismatch(/Mcp-Name/i)],
    [
      'no revision',
      ping,
      { 'mcp-protocol-version': undefined },
      mismatch(/MCP-Protocol-Version header is absent/)
    ],
    [
      'an old revision',
      ping,
      { 'mcp-protocol-version': '2025-11-25' },
      mismatch(/header names 2025-11-25/)
    ],
    [
      'no envelope',
      rpc('legacy', 'tools/list'),
      { 'mcp-method': 'tools/list' },
      { status: 400, code: -32_602, says: /missing .*_meta/, id: 1 }
    ],
    [
      'no capabilities',
      withMeta({ [capabilities]: undefined }),
      {},
      { status: 400, code: -32_602, says: /clientCapabilities: missing/, id: 1 }
    ],
    [
      'capabilities a string',
      withMeta({ [capabilities]: 'x' }),
      {},
      { status: 400, code: -32_602, says: /clientCapabilities/, id: 1 }
    ],
    [
      'a revision to come',
      withMeta({ [version]: '2099-01-01' }),
      { 'mcp-protocol-version': '2099-01-01' },
      { status: 400, code: -32_022, says: /2099-01-01/, id: 1 }
    ]
  ]
  for (const [name, body, headers, wanted] of cases)
    await t.test(name, async (t) => {
      const { status, body: answer } = await post(bridge, body, { ...good, ...headers })
      t.equal(status, wanted.status)
      t.equal(answer.error.code, wanted.code)
      t.match(answer.error.message, wanted.says)
      t.equal(answer.id, wanted.id)
      if (wanted.code === -32_022) t.same(answer.error.data.supported, [modernRevision])
    })
  t.equal(bridge.simulator.requests.length, 0, 'nothing of it reached the cluster')
  t.equal((await post(bridge, ping, good)).status, 200, 'and the same, right')
})

t.test('what needs no answer gets none', async (t) => {
  const bridge = await startTestBridge(t)
  const cases: [string, unknown, RawHeaders?][] = [
    ['a notification', silent('notifications/initialized')],
    ['one that nobody knows', silent('x/y')],
    ['a call without an id', silent('tools/call', { name: 'kill_session', arguments: {} })],
    ['a cancellation of nothing', silent('notifications/cancelled', { requestId: 99 })],
    [
      'one of the modern era',
      silent('notifications/cancelled', { requestId: 1, _meta: envelope() }),
      rpcHeaders('modern', testToken, 'notifications/cancelled')
    ],
    ['a result', { jsonrpc: '2.0', id: 1, result: {} }],
    ['an error', { jsonrpc: '2.0', id: 1, error: { code: 1, message: 'x' } }]
  ]
  for (const [name, body, headers] of cases)
    await t.test(name, async (t) => {
      const answer = await post(bridge, body, headers)
      t.equal(answer.status, 202)
      t.equal(answer.text, '')
    })
  t.equal(bridge.simulator.requests.length, 0, 'and nothing is called')
})

t.test('arguments that are not an object are read like a body over REST', async (t) => {
  const bridge = await startTestBridge(t)
  for (const era of eras) {
    const send = async (args: unknown) => {
      const message = rpc(era, 'tools/call', { name: 'getVM_sysStats', arguments: args })
      const headers = rpcHeaders(era, bridge.token, 'tools/call', 'getVM_sysStats')
      const { body } = await post(bridge, message, headers)
      t.equal(body.error, undefined, `no error of the protocol, ${era}`)
      return body.result
    }
    for (const text of ['{"vm": "web-01"}', JSON.stringify('{"vm": "web-01"}')]) {
      const result = await send(text)
      t.notOk(result.isError, text)
      t.match(result.structuredContent.notes, ['"arguments" was JSON text', 'vm read as vmUUID'])
    }
    for (const [args, says] of [
      ['web-01', /the body must be an object; got string .*allowed: vmUUID/],
      ['{"vm": ', /the body must be an object; got string .*allowed: vmUUID/],
      [['web-01'], /the body must be an object; got array .*allowed: vmUUID/],
      [7, /the body must be an object; got number 7 .*allowed: vmUUID/],
      [null, /vmUUID is required/],
      ['', /vmUUID is required/]
    ] as const) {
      const result = await send(args)
      t.equal(result.isError, true, String(args))
      t.match(JSON.stringify(result), says)
    }
  }
})
