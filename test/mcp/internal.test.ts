import t, { type Test } from 'tap'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { eras } from '../helper/mcp-client.ts'
import { callRaw, post, rpc, rpcHeaders } from '../helper/mcp-raw.ts'
import { connectStdio } from '../helper/stdio-client.ts'

/** The bridge with one tool broken. */
async function brokenBridge(t: Test): Promise<TestBridge> {
  const bridge = await startTestBridge(t)
  const tool = bridge.app.tools.get('ping_read')
  if (tool === undefined) throw new Error('There is no ping_read')
  const run = tool.run.bind(tool)
  tool.run = async () => {
    throw new TypeError('what only the log may know')
  }
  t.teardown(() => (tool.run = run))
  return bridge
}

/** The id in a message; the log has the reason under it, and the line of the call. */
function idIn(t: Test, bridge: TestBridge, message: string): string {
  t.notMatch(message, /only the log/)
  const id = /request id ([\da-f-]{36})/.exec(message)?.[1] ?? ''
  const lines = bridge.log.filter((line) => line.includes(`"reqId":"${id}"`))
  t.ok(id !== '' && lines.some((line) => line.includes('what only the log may know')), message)
  return id
}

t.test('a failure of the bridge itself has an id that the log has', async (t) => {
  const bridge = await brokenBridge(t)

  await t.test('REST', async (t) => {
    const { status, body, headers } = await bridge.call('ping_read')
    t.equal(status, 500)
    t.equal(idIn(t, bridge, body.error.message), headers['x-request-id'])
    t.equal(body.error.requestId, headers['x-request-id'])
    const asText = await bridge.call('ping_read', {}, { accept: 'text/plain' })
    t.equal(idIn(t, bridge, asText.text), asText.headers['x-request-id'])
  })

  for (const era of eras)
    await t.test(`MCP, ${era}`, async (t) => {
      const { body, headers } = await callRaw(bridge, era, 'ping_read')
      t.equal(body.result.isError, true)
      t.equal(idIn(t, bridge, body.result.content[0].text), headers['x-request-id'])
    })

  await t.test('stdio', async (t) => {
    const ask = await connectStdio(t, bridge)
    const { result } = await ask(rpc('legacy', 'tools/call', { name: 'ping_read', arguments: {} }))
    const id = idIn(t, bridge, result.content[0].text)
    t.ok(
      bridge.log.some((line) => line.includes(id) && line.includes('"outcome":"INTERNAL"')),
      'with the line of the call'
    )
  })
})

const depth = 100_000

/** `{"<name>": [[[…]]]}` as text: to write it from a value would need recursion. */
const deep = (name: string): string => `{"${name}": ${'['.repeat(depth)}${']'.repeat(depth)}}`

/** Puts the deep value into a message that has its place marked. */
const withDeep = (message: object, name: string): string =>
  JSON.stringify(message).replace('"@deep"', deep(name))

t.test('arguments nested without end are refused in words', async (t) => {
  const bridge = await startTestBridge(t)
  const says = /nested deeper than 64 levels/

  await t.test('REST', async (t) => {
    for (const [tool, name] of [
      ['fetch_vm', 'name'],
      ['vm_read', 'fields'],
      ['createVM', 'unknown'],
      ['run_api', 'payload'],
      ['vm_read', 'arguments']
    ] as const) {
      const { status, body } = await bridge.call(tool, deep(name))
      t.equal(status, 400, `${tool} ${name}`)
      t.match(body.error, { code: 'INVALID_ARGUMENT', message: says })
    }
    const { status } = await bridge.call('fetch_vm', '['.repeat(depth) + ']'.repeat(depth))
    t.equal(status, 400, 'the body itself')
  })

  await t.test('as text in an argument', async (t) => {
    for (const [tool, body] of [
      ['vm_read', { fields: '['.repeat(depth) + ']'.repeat(depth) }],
      ['vm_read', deep('fields')],
      ['vm_read', { arguments: deep('fields') }],
      ['run_api', { method: 'POST', query: '/VirDomain', payload: deep('dom') }]
    ] as const) {
      const { status, body: answer } = await bridge.call(tool, JSON.stringify(body))
      t.equal(status, 400, `${tool} ${answer.error.message.slice(0, 100)}`)
      t.ok(answer.error.message.length < 1000)
    }
  })

  for (const era of eras)
    await t.test(`MCP, ${era}`, async (t) => {
      const message = rpc(era, 'tools/call', { name: 'fetch_vm', arguments: '@deep' })
      const { body } = await bridge.fetch('/mcp', {
        method: 'POST',
        headers: rpcHeaders(era, bridge.token, 'tools/call', 'fetch_vm'),
        body: withDeep(message, 'name')
      })
      t.match(body.error, { code: -32_000, message: says })
    })

  await t.test('stdio', async (t) => {
    const ask = await connectStdio(t, bridge)
    const message = rpc('legacy', 'tools/call', { name: 'fetch_vm', arguments: '@deep' })
    // Nothing of it was read, its id neither.
    const { error } = await ask({ id: null }, withDeep(message, 'name'))
    t.match(error, { code: -32_600, message: says })
    t.equal((await ask(rpc('legacy', 'tools/list', {}, 2))).error, undefined, 'and it goes on')
  })

  await t.test('arguments of prompts and completion', async (t) => {
    const prompt = { name: 'slow-vm', arguments: '@deep' }
    const completion = {
      ref: { type: 'ref/prompt', name: 'slow-vm' },
      argument: { name: 'vm', value: 'w' },
      context: { arguments: '@deep' }
    }
    for (const [method, params] of [
      ['prompts/get', prompt],
      ['completion/complete', completion]
    ] as const) {
      const { body } = await post(bridge, withDeep(rpc('legacy', method, params), 'vm'))
      t.match(body.error, { code: -32_000, message: says }, method)
    }
  })

  t.notMatch(bridge.log.join(''), /"level":(50|60)/, 'nothing failed')
})
