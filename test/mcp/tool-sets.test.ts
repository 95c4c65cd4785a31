import t from 'tap'
import { toolSets } from '../../src/tools/tool-sets.ts'
import { startTestBridge } from '../helper/bridge.ts'
import { bounds } from '../eval/aims.ts'
import { measureToolLists } from '../eval/tokens.ts'
import { connectMcp, eras } from '../helper/mcp-client.ts'
import { runCli } from '../helper/run-cli.ts'

const core = [
  'vm_read',
  'topVMs',
  'changeVM_state',
  'deleteVM',
  'resizeDisk',
  'addNIC',
  'insertISO',
  'snapshotVM',
  'restoreVM',
  'snapshotSchedule_create',
  'exportVM',
  'replicate',
  'waitTask',
  'evacuateNode',
  'recentActivity'
]

t.test('sets of tools', async (t) => {
  const bridge = await startTestBridge(t)
  const document = async (query: string) => {
    const { status, body } = await bridge.fetch(`/openapi.json${query}`)
    return { status, body, tools: Object.keys(body.paths ?? {}).map((path) => path.slice(1)) }
  }

  await t.test('core fits its budget, and operator holds it', async (t) => {
    const { openApiCore, mcpCore } = await measureToolLists(t, bridge)
    t.ok(openApiCore.tokens <= bounds.coreTools.ceiling, `${openApiCore.tokens} over OpenAPI`)
    t.ok(mcpCore.tokens <= bounds.coreToolsOverMcp.ceiling, `${mcpCore.tokens} over MCP`)
    const { tools } = await document('?tools=operator')
    t.same(
      core.filter((name) => !tools.includes(name)),
      []
    )
  })

  await t.test('OpenAPI: core, families, single tools, several at once', async (t) => {
    t.same((await document('?tools=core')).tools, core)
    t.same((await document('?tools=task')).tools, [
      'taskTagStatus_read',
      'taskTagStatusFilter',
      'waitTask',
      'plan',
      'undo'
    ])
    t.same((await document('?tools=waitTask,%20iso_read')).tools, ['waitTask', 'iso_read'])
    t.same((await document('?tools=iso_read&tools=waitTask')).tools, ['waitTask', 'iso_read'])
    const all = (await document('')).tools
    t.equal(all.length, bridge.app.tools.size)
    for (const query of ['?tools=all', '?tools=', '?other=1']) {
      t.same((await document(query)).tools, all, query)
    }
    for (const set of toolSets) t.ok((await document(`?tools=${set}`)).tools.length > 1, set)
  })

  await t.test('reading tools change nothing', async (t) => {
    for (const name of (await document('?tools=read')).tools)
      t.ok(bridge.app.tools.get(name)?.annotations.readOnlyHint, name)
  })

  await t.test('an unknown set is refused by name', async (t) => {
    const { status, body } = await document('?tools=cora')
    t.equal(status, 400)
    t.match(body.error, { code: 'INVALID_ARGUMENT', message: /"cora".*did you mean core\?.*all/ })
  })

  for (const era of eras)
    await t.test(`MCP, ${era}`, async (t) => {
      const client = await connectMcp(t, bridge, { era, path: '/mcp?tools=core' })
      const { tools } = await client.listTools()
      t.same(
        tools.map(({ name }) => name),
        core
      )
      t.notOk((await client.callTool({ name: 'vm_read', arguments: { limit: 1 } })).isError)
      await t.rejects(client.callTool({ name: 'createVM', arguments: {} }), {
        message: /There is no tool createVM/
      })
    })

  await t.test('sets and tools are known in any case', async (t) => {
    const [mixed, lower, all] = await Promise.all(
      ['CORE,VM_READ', 'core,vm_read', 'all'].map((sets) =>
        bridge.fetch(`/openapi.json?tools=${sets}`)
      )
    )
    t.equal(mixed?.status, 200)
    t.same(mixed?.body.paths, lower?.body.paths)
    t.notSame(mixed?.body.paths, all?.body.paths)
  })

  await t.test('MCP: an unknown set is an error of JSON-RPC', async (t) => {
    const { status, body } = await bridge.fetch('/mcp?tools=cora', {
      method: 'POST',
      headers: { authorization: `Bearer ${bridge.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/list' })
    })
    t.equal(status, 400)
    t.match(body, { id: 7, error: { code: -32_602, message: /did you mean core\?/ } })
  })
})

t.test('stdio: an unknown set ends it at once', async (t) => {
  const { code, stdout, stderr } = await runCli(t, ['mcp', '--demo', '--tools', 'cora'], {
    cwd: t.testdir()
  })
  t.equal(code, 1)
  t.equal(stdout, '')
  t.match(stderr, /did you mean core\?/)
})
