import type { IncomingHttpHeaders } from 'node:http'
import { text as textOf } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/server'
import t from 'tap'
import { eventsOf } from '../../src/mcp/direct/stream.ts'
import { legacyRevisions, plainMessage } from '../../src/mcp/direct/plain-message.ts'
import { startTestBridge, type TestBridge, testToken, type ToolAnswer } from '../helper/bridge.ts'
import { type Era, eras } from '../helper/mcp-client.ts'
import {
  envelope,
  modernRevision,
  post,
  type RawHeaders,
  rpc,
  rpcHeaders
} from '../helper/mcp-raw.ts'
import { until } from '../helper/simulator.ts'

type Params = Record<string, unknown>

const read: Params = { name: 'vm_read', arguments: { limit: 2, fields: ['uuid', 'name'] } }
const raw: Params = {
  name: 'run_api',
  arguments: { query: '/Node', method: 'GET', fields: ['uuid'] }
}

/** Parameters of a call, plain ones first, and those of which something is unusual. */
const paramsOf: Record<string, Params> = {
  read,
  raw,
  'no arguments': { name: 'ping_read' },
  'arguments of no object': { name: 'vm_read', arguments: '{"limit": 1, "fields": ["uuid"]}' },
  'arguments null': { name: 'ping_read', arguments: null },
  'an argument too many': { name: 'vm_read', arguments: { limits: 'x' } },
  'a secret in the arguments': { name: 'fetch_vm', arguments: { name: testToken } },
  'what is not there': { name: 'getVM_details', arguments: { vmUUID: 'no-such-vm' } },
  'hidden characters': { name: 'fetch_vm', arguments: { name: 'a\u200bb\u0007' } },
  'no such tool': { name: 'vm_raed', arguments: {} },
  'a tool of Object': { name: 'toString', arguments: {} },
  'no name': { arguments: {} },
  'a name that is a number': { name: 5, arguments: {} },
  'a parameter too many': { ...read, more: 1 },
  'progress asked for': { ...read, _meta: { progressToken: 'p1' } },
  'progress of a slow call': { ...raw, _meta: { progressToken: 7 } },
  'empty _meta': { ...read, _meta: {} },
  '_meta of no object': { ...read, _meta: 'x' },
  'a task asked for': { ...read, task: { ttl: 1000 } },
  'an answer to a question': { ...read, inputResponses: {}, requestState: 'p-abc' }
}

/** Parameters of a list: none, and those of which something is unusual. */
const listParams: Record<string, Params | undefined> = {
  none: undefined,
  empty: {},
  'a cursor': { cursor: 'x' },
  'a name': { name: 'vm_read' },
  arguments: { arguments: {} },
  'progress asked for': { _meta: { progressToken: 1 } },
  'empty _meta': { _meta: {} }
}

const client = { name: 'raw', version: '1' }

/** Parameters of a greeting, and those of which something is unusual. */
const greetings: Record<string, Params> = {
  usual: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: client },
  older: { protocolVersion: '2024-11-05', capabilities: {}, clientInfo: client },
  'the oldest': { protocolVersion: '2024-10-07', capabilities: {}, clientInfo: client },
  unknown: { protocolVersion: '2025-01-01', capabilities: {}, clientInfo: client },
  modern: { protocolVersion: modernRevision, capabilities: {}, clientInfo: client },
  'no revision': { capabilities: {}, clientInfo: client },
  'no capabilities': { protocolVersion: '2025-11-25', clientInfo: client },
  'no client': { protocolVersion: '2025-11-25', capabilities: {} },
  more: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: client, more: 1 },
  'a title': {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { ...client, title: 'Raw' }
  },
  'a client without a version': {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'raw' }
  },
  ...Object.fromEntries(
    [
      { roots: {} },
      { roots: { listChanged: true }, sampling: {}, elicitation: {} },
      { roots: { listChanged: 'yes' } },
      { roots: [] },
      { sampling: { tools: {} } },
      { sampling: null },
      { elicitation: { form: {}, url: {} } },
      { elicitation: { form: 1 } },
      { experimental: { x: {} } },
      { tasks: {} },
      { unknown: {} },
      { unknown: 5 },
      []
    ].map((capabilities) => [
      `capabilities ${JSON.stringify(capabilities)}`,
      { protocolVersion: '2025-11-25', capabilities, clientInfo: client }
    ])
  )
}

/** What a modern request says of itself, broken in each way. */
const envelopes: Record<string, Params> = {
  plain: envelope(),
  'a title': envelope({
    'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1', title: 'Raw' }
  }),
  'a client with more': envelope({
    'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1', other: 1 }
  }),
  'a client without a version': envelope({
    'io.modelcontextprotocol/clientInfo': { name: 'raw' }
  }),
  elicitation: envelope({ 'io.modelcontextprotocol/clientCapabilities': { elicitation: {} } }),
  'capabilities of no object': envelope({ 'io.modelcontextprotocol/clientCapabilities': 1 }),
  'another revision': envelope({ 'io.modelcontextprotocol/protocolVersion': '2027-01-01' }),
  'more of it': envelope({ 'example.com/x': 1 }),
  'half of it': { 'io.modelcontextprotocol/protocolVersion': modernRevision }
}

/** Bodies beside those of a call. */
const bodies: Record<string, unknown> = {
  ping: rpc('legacy', 'ping'),
  'tools/list': rpc('legacy', 'tools/list'),
  'tools/list without params': { jsonrpc: '2.0', id: 1, method: 'tools/list' },
  initialize: rpc('legacy', 'initialize', {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'raw', version: '1' }
  }),
  'no such method': rpc('legacy', 'tools/cal', read),
  'a notification': { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } },
  'a call without an id': { jsonrpc: '2.0', method: 'tools/call', params: read },
  'a response': { jsonrpc: '2.0', id: 1, result: {} },
  'a batch': [rpc('legacy', 'tools/call', read)],
  'a field too many': { ...rpc('legacy', 'tools/call', read), more: 1 },
  'another version': { ...rpc('legacy', 'tools/call', read), jsonrpc: '1.0' },
  'id null': { ...rpc('legacy', 'tools/call', read), id: null },
  'id with a fraction': { ...rpc('legacy', 'tools/call', read), id: 1.5 },
  'id too large': { ...rpc('legacy', 'tools/call', read), id: 2 ** 60 },
  'id a text': rpc('legacy', 'tools/call', read, 'a "b" \u200b'),
  'id a secret': rpc('legacy', 'tools/call', read, testToken),
  'params a list': { ...rpc('legacy', 'tools/call'), params: ['vm_read'] },
  'no params': { jsonrpc: '2.0', id: 1, method: 'tools/call' },
  'no JSON': '{nope'
}

const headerChanges: Record<string, RawHeaders> = {
  none: {},
  'no Accept': { accept: undefined },
  'Accept JSON': { accept: 'application/json' },
  'Accept a stream': { accept: 'text/event-stream' },
  'Accept all': { accept: '*/*' },
  'Accept text': { accept: 'text/plain' },
  'no revision': { 'mcp-protocol-version': undefined },
  'the oldest revision': { 'mcp-protocol-version': '2024-10-07' },
  'an unknown revision': { 'mcp-protocol-version': '2025-01-01' },
  'the modern revision': { 'mcp-protocol-version': modernRevision },
  'another method': { 'mcp-method': 'tools/list' },
  'another name': { 'mcp-name': 'run_api' },
  'no name': { 'mcp-name': undefined },
  'a session': { 'mcp-session-id': 'abc' },
  'type with a charset': { 'content-type': 'application/json; charset=utf-8' },
  'type with a profile': { 'content-type': 'application/json; profile=x' },
  'another type': { 'content-type': 'text/json' }
}

const toolSets = ['', '?tools=core', '?tools=nonsense', '?structured=off', '?structured=x']

/** A response without what is of its moment. */
const seen = ({ status, text, headers }: ToolAnswer): object => ({
  status,
  type: headers['content-type'],
  allow: headers['allow'],
  // The second may have passed in between.
  text: text.replaceAll(/\b\d\d:\d\d:\d\d\b/g, 'HH:MM:SS')
})

/** Sends the same both ways: as it is served, and through the SDK alone. */
async function bothWays(bridge: TestBridge) {
  const { http } = await bridge.app.mcp()
  const call = http.call.bind(http)
  let direct = 0
  return {
    direct: () => direct,
    send: async (body: unknown, headers: RawHeaders, path: string) => {
      http.call = (request) => {
        const begun = call(request)
        if (begun !== undefined) direct += 1
        return begun
      }
      const served = seen(await post(bridge, body, headers, path))
      http.call = () => undefined
      return { served, bySdk: seen(await post(bridge, body, headers, path)) }
    }
  }
}

/** The headers of an era, and the changes to them. */
const headersOf = (era: Era, params: Params, changes: RawHeaders): RawHeaders => ({
  ...rpcHeaders(era, testToken, 'tools/call', String(params['name'])),
  ...changes
})
const plainHeaders = (era: Era, method: string, changes: RawHeaders): RawHeaders => ({
  ...rpcHeaders(era, testToken, method),
  ...changes
})

/** Requests that have no name, with their parameters. */
const others: [method: string, params: Record<string, Params | undefined>][] = [
  ['tools/list', listParams],
  ['prompts/list', listParams],
  ['resources/list', listParams],
  ['resources/templates/list', listParams],
  ['initialize', greetings],
  ['server/discover', listParams]
]

t.test('each message gets the same response as from the SDK, byte for byte', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { nodes: 1, vms: 8 } })
  const ways = await bothWays(bridge)
  let all = 0
  const compare = async (name: string, body: unknown, headers: RawHeaders, path = '/mcp') => {
    all += 1
    const { served, bySdk } = await ways.send(body, headers, path)
    t.same(served, bySdk, name)
  }
  for (const era of eras)
    for (const [what, params] of Object.entries(paramsOf))
      for (const [change, headers] of Object.entries(headerChanges)) {
        // Each with the usual headers, and the usual with each.
        if (change !== 'none' && params !== read && params !== raw) continue
        const body = rpc(era, 'tools/call', params)
        await compare(`${era}, ${what}, ${change}`, body, headersOf(era, params, headers))
      }
  for (const [what, meta] of Object.entries(envelopes))
    for (const era of eras)
      await compare(
        `an envelope, ${what}, headers of ${era}`,
        rpc('legacy', 'tools/call', { ...read, _meta: meta }),
        headersOf(era, read, {})
      )
  for (const [method, all] of others)
    for (const era of eras) {
      for (const [what, params] of Object.entries(all)) {
        const isUsual = what === 'none' || what === 'usual'
        for (const [change, headers] of Object.entries(isUsual ? headerChanges : { none: {} }))
          await compare(
            `${era}, ${method}, ${what}, ${change}`,
            rpc(era, method, params),
            plainHeaders(era, method, headers)
          )
      }
      for (const query of toolSets)
        await compare(
          `${era}, ${method} at /mcp${query}`,
          rpc(era, method, Object.values(all)[0]),
          plainHeaders(era, method, {}),
          `/mcp${query}`
        )
      for (const [what, meta] of Object.entries(envelopes))
        await compare(
          `${method} in an envelope, ${what}, headers of ${era}`,
          rpc('legacy', method, { ...Object.values(all)[0], _meta: meta }),
          plainHeaders(era, method, {})
        )
    }
  const notice = { jsonrpc: '2.0', method: 'notifications/initialized' }
  for (const body of [
    notice,
    { ...notice, params: {} },
    { ...notice, id: 1 },
    { ...notice, more: 1 }
  ])
    for (const era of eras)
      for (const [change, headers] of Object.entries(headerChanges))
        await compare(
          `${era}, ${JSON.stringify(body)}, ${change}`,
          body,
          plainHeaders(era, 'notifications/initialized', headers)
        )
  for (const [what, body] of Object.entries(bodies))
    for (const era of eras) await compare(`${what}, ${era}`, body, headersOf(era, read, {}))
  for (const query of toolSets)
    for (const params of [read, raw])
      for (const path of ['/mcp', '/'])
        for (const era of eras)
          await compare(
            `${path}${query} ${String(params['name'])} ${era}`,
            rpc(era, 'tools/call', params),
            headersOf(era, params, {}),
            path + query
          )
  t.ok(ways.direct() > 60, `${ways.direct()} of ${all} went the direct way`)
  t.ok(ways.direct() < all / 2, 'and all that is unusual did not')
})

t.test('the revisions are those of the SDK', async (t) => {
  t.same([...legacyRevisions].toSorted(), SUPPORTED_PROTOCOL_VERSIONS.toSorted())
})

t.test('only what is plain through and through is taken for it', async (t) => {
  const body = rpc('legacy', 'tools/call', read)
  const headers: IncomingHttpHeaders = { 'content-type': 'application/json' }
  t.match(plainMessage({ headers, body }), { generation: 'legacy', id: 1, name: 'vm_read' })
  for (const changed of Object.values(bodies).slice(5))
    if (
      !/id a (text|secret)/.test(Object.entries(bodies).find(([, b]) => b === changed)?.[0] ?? '')
    )
      t.equal(plainMessage({ headers, body: changed }), undefined, JSON.stringify(changed))
  t.equal(plainMessage({ headers: {}, body }), undefined, 'a body of no type')
})

for (const tool of [read, raw])
  t.test(`${String(tool['name'])} ends with its caller, and with the bridge`, async (t) => {
    const bridge = await startTestBridge(t, { simulator: { nodes: 1 } })
    await post(bridge, rpc('legacy', 'tools/call', read))
    bridge.simulator.faults.add({ kind: 'slow', ms: 5000 })
    const answer = post(bridge, rpc('legacy', 'tools/call', tool, 'last'))
    const before = bridge.simulator.requests.length
    await until(() => bridge.simulator.requests.length > before)
    const { http } = await bridge.app.mcp()
    await http.close()
    const { status, body } = await answer
    t.equal(status, 503)
    t.match(body, { id: 'last', error: { code: -32_000, message: /was stopped: call again/ } })
  })

t.test('what comes in once it is closed is refused, whichever way it would go', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { nodes: 1 } })
  const { http } = await bridge.app.mcp()
  await http.close()
  for (const method of ['tools/list', 'ping']) {
    const { status, body } = await post(bridge, rpc('legacy', method, {}, 'late'))
    t.equal(status, 503, method)
    t.match(body, { id: 'late', error: { code: -32_000, message: /was stopped: call again/ } })
  }
})

t.test('a response that is late comes in a stream that is kept alive', async (t) => {
  const quick = await eventsOf(Promise.resolve('{"a":1}'), 50)
  t.equal(quick, 'event: message\ndata: {"a":1}\n\n')
  const late = await eventsOf(sleep(250, '{"a":1}'), 50)
  if (late === undefined || typeof late === 'string') return t.fail('no stream')
  t.match(await textOf(late), /^(?:: keepalive\n\n){2,5}event: message\ndata: {"a":1}\n\n$/)
  t.equal(
    await eventsOf(Promise.resolve(undefined), 50),
    undefined,
    'nothing of a bridge that ends'
  )
  const ended = await eventsOf(sleep(120, undefined), 50)
  if (ended === undefined || typeof ended === 'string') return t.fail('no stream')
  t.match(await textOf(ended), /^(?:: keepalive\n\n)+$/)
  const failed = await eventsOf(
    sleep(80).then(() => Promise.reject(new Error('no'))),
    50
  )
  if (failed === undefined || typeof failed === 'string') return t.fail('no stream')
  await t.rejects(textOf(failed), /no/)
})
