import { encode } from 'gpt-tokenizer/encoding/o200k_base'
import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'
import { clientKinds, connectUser, type ListedTool } from '../helper/mcp-users.ts'
import { post, rpc, rpcHeaders } from '../helper/mcp-raw.ts'
import { eras } from '../helper/mcp-client.ts'
import { editHint, type Effect, toolSamples } from '../tools.ts'

const bridge = await startTestBridge(t)

const meaning: Record<Effect, object> = {
  reads: { read: true, lose: false, again: true, world: false },
  'asks a model server': { read: true, lose: false, world: true },
  'can lose data': { read: false, lose: true, again: false, world: false },
  'can do anything': { read: false, lose: true, again: false, world: true },
  'adds, by another server': { read: false, lose: false, again: false, world: true },
  'changes, by another server': { read: false, lose: false, again: true, world: true },
  adds: { read: false, lose: false, again: false, world: false },
  changes: { read: false, lose: false, again: true, world: false }
}

interface Listed {
  text: string
  result: { tools: ListedTool[]; ttlMs?: number; cacheScope?: string; nextCursor?: string }
}

/** The list as it is sent. */
async function listed(era: (typeof eras)[number]): Promise<Listed> {
  const { text, body } = await post(bridge, rpc(era, 'tools/list'), rpcHeaders(era, bridge.token))
  return { text, result: body.result }
}

t.test('the definitions are those of REST', async (t) => {
  const document = (await bridge.fetch('/openapi.json')).body
  const { tools } = (await listed('modern')).result
  t.same(
    tools.map(({ name }) => name),
    [...bridge.app.tools.keys()],
    'all tools, in their order'
  )
  for (const { name, title, description, inputSchema, outputSchema } of tools) {
    const operation = document.paths[`/${name}`].post
    t.equal(title, operation.summary)
    t.equal(description, operation.description)
    t.same(inputSchema, operation.requestBody.content['application/json'].schema, name)
    t.equal(inputSchema['type'], 'object')
    t.equal(outputSchema?.['type'], 'object', `${name}: the root of the answer is an object`)
    t.match(name, /^[A-Za-z0-9_-]{1,64}$/, 'a name every client takes')
    t.notMatch(JSON.stringify([inputSchema, outputSchema]), /\$ref|\$id|"x-/, 'self-contained')
  }
})

t.test('what a tool does is stated, and true', async (t) => {
  const { tools } = (await listed('legacy')).result
  t.same(tools.map(({ name }) => name).toSorted(), Object.keys(toolSamples).toSorted(), editHint)
  for (const { name, title, annotations = {} } of tools) {
    t.equal(annotations['title'], title)
    const { readOnlyHint, destructiveHint, idempotentHint, openWorldHint } = annotations
    for (const hint of [readOnlyHint, destructiveHint, idempotentHint, openWorldHint])
      t.type(hint, 'boolean', `${name} states each hint`)
    t.match(
      { read: readOnlyHint, lose: destructiveHint, again: idempotentHint, world: openWorldHint },
      meaning[toolSamples[name]?.effect ?? 'reads'],
      `${name} ${toolSamples[name]?.effect}: ${editHint}`
    )
  }
})

t.test('a tool that takes long says so, and no other', async (t) => {
  const { registry } = await bridge.app.mcp()
  for (const [name, { slow }] of registry.tools)
    t.equal(slow, toolSamples[name]?.slow === true, `slow of ${name}: ${editHint}`)
})

t.test('one page, always the same, for any client', async (t) => {
  for (const era of eras) {
    const first = await listed(era)
    t.notOk('nextCursor' in first.result, 'one page')
    for (let i = 0; i < 3; i++) t.equal((await listed(era)).text, first.text, 'the same bytes')
  }
  const [modern, legacy] = [await listed('modern'), await listed('legacy')]
  t.same(modern.result.tools, legacy.result.tools, 'the same tools in both eras')
  t.equal(modern.result.ttlMs, 300_000)
  t.equal(modern.result.cacheScope, 'private', 'another token may see others')
  t.notOk('ttlMs' in legacy.result, 'the old era knows no such field')
  for (const kind of clientKinds) {
    const user = await connectUser(t, kind, bridge)
    const { tools, nextCursor } = await user.listTools()
    t.equal(nextCursor, undefined)
    t.same(JSON.parse(JSON.stringify(tools)), modern.result.tools, `as ${kind} reads it`)
  }
})

/** Ten per cent above what they were when this was written (see `npm run eval`). */
const maxTokens = { model: 7800, sent: 22_000 }

t.test('the list is short', async (t) => {
  const { text, result } = await listed('legacy')
  const seen = result.tools.map(({ name, description, inputSchema }) => ({
    name,
    description,
    inputSchema
  }))
  const tokens = { model: encode(JSON.stringify(seen)).length, sent: encode(text).length }
  t.comment(`as a model sees it ${tokens.model} tokens, as sent ${tokens.sent}`)
  t.ok(tokens.model <= maxTokens.model, `${tokens.model} tokens of ${maxTokens.model}`)
  t.ok(tokens.sent <= maxTokens.sent, `${tokens.sent} tokens of ${maxTokens.sent}`)
})
