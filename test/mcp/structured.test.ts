import t from 'tap'
import { estimateTokens } from '../../src/views/text/token-estimate.ts'
import { startTestBridge, testToken } from '../helper/bridge.ts'
import { connectMcp, eras } from '../helper/mcp-client.ts'
import { rpc, rpcHeaders } from '../helper/mcp-raw.ts'

for (const era of eras)
  t.test(`structured content can be switched off, ${era}`, async (t) => {
    const bridge = await startTestBridge(t)
    const path = '/mcp?structured=off&tools=vm'
    const off = await connectMcp(t, bridge, { era, path })
    const { tools } = await off.listTools()
    t.ok(tools.length > 1 && tools.every(({ outputSchema }) => outputSchema === undefined))
    const result = await off.callTool({ name: 'vm_read', arguments: { limit: 1 } })
    t.equal(result.structuredContent, undefined)
    t.match(result.content, [{ type: 'text', text: /^total/ }])

    const on = await connectMcp(t, bridge, { era, path: '/mcp?structured=on' })
    t.ok((await on.listTools()).tools.every(({ outputSchema }) => outputSchema !== undefined))
    const both = await on.callTool({ name: 'vm_read', arguments: { limit: 1 } })
    t.match(both.structuredContent, { returned: 1 })

    const { body } = await bridge.fetch('/mcp?structured=maybe', {
      method: 'POST',
      headers: rpcHeaders(era, testToken),
      body: JSON.stringify(rpc(era, 'tools/list'))
    })
    t.match(body.error, { code: -32_602, message: /structured is "maybe": pass on or off/ })
  })

t.test('whatever of a result a client shows its model keeps max_tokens', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { vms: 200 } })
  const [both, text] = [
    await connectMcp(t, bridge),
    await connectMcp(t, bridge, { path: '/mcp?structured=off' })
  ]
  for (const name of ['vm_read', 'vmSnapshots_read', 'drive_read', 'vmNetDevices_read'])
    for (const max of [undefined, 1000]) {
      const args = max === undefined ? {} : { max_tokens: max }
      const result = await both.callTool({ name, arguments: args })
      const limit = (max ?? 4000) + 60
      const data = result.structuredContent as { items: object[]; returned: number }
      t.ok(estimateTokens(JSON.stringify(data)) <= limit, `${name}: the data`)
      const written = (result.content as { text: string }[])[0]?.text ?? ''
      t.ok(estimateTokens(written) <= limit, `${name}: the text`)
      t.equal(written.trim().split('\n').length - 2, data.returned, 'both hold the same records')
      const alone = await text.callTool({ name, arguments: args })
      const [{ text: more } = { text: '' }] = alone.content as { text: string }[]
      t.ok(estimateTokens(more) <= limit)
      t.ok(more.length >= written.length, 'text alone has room for more of them')
    }
})

t.test('every field of an output schema has a type', async (t) => {
  const bridge = await startTestBridge(t)
  const client = await connectMcp(t, bridge)
  interface Schema {
    type?: unknown
    items?: Schema
    properties?: Record<string, Schema>
  }
  const untyped: string[] = []
  const see = (schema: Schema, place: string): void => {
    if (schema.type === undefined) untyped.push(place)
    if (schema.items !== undefined) see(schema.items, `${place}[]`)
    for (const [name, field] of Object.entries(schema.properties ?? {}))
      see(field, `${place}.${name}`)
  }
  for (const { name, outputSchema } of (await client.listTools()).tools)
    see(outputSchema as Schema, name)
  t.same(untyped, [])
})
