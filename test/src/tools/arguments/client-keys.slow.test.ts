import t from 'tap'
import { clientKeys } from '../../../../src/tools/arguments/client-keys.ts'
import { startTestBridge } from '../../../helper/bridge.ts'
import { callRaw } from '../../../helper/mcp-raw.ts'
import { connectStdio } from '../../../helper/stdio-client.ts'
import { rpc } from '../../../helper/mcp-raw.ts'

/** As the clients are known to send them. */
const added = {
  task_progress: '- [ ] look at the cluster',
  toolCallId: 'call_x',
  tool_call_id: 'call_y',
  security_risk: 'LOW',
  wait_for_previous: false,
  random_string: 'dummy',
  _meta: { progressToken: 1 }
}

t.test('every key of the list is tried', async (t) => {
  t.same(Object.keys(added).toSorted(), clientKeys.toSorted())
})

t.test(
  'what clients add by themselves is dropped, on every surface and for every tool',
  async (t) => {
    const bridge = await startTestBridge(t)
    const ask = await connectStdio(t, bridge)
    for (const [key, value] of [...Object.entries(added), ['tool', 'ping_read'] as const]) {
      const args = { [key]: value }
      const rest = await bridge.call('ping_read', args)
      t.equal(rest.status, 200, key)
      t.equal(rest.body.notes, undefined, 'without a word: no model can leave it out')
      t.notOk(
        (await callRaw(bridge, 'legacy', 'ping_read', args)).body.result.isError,
        `${key}, MCP`
      )
      const call = { name: 'ping_read', arguments: args }
      t.notOk((await ask(rpc('legacy', 'tools/call', call, key))).result.isError, `${key}, stdio`)
    }
    for (const body of [
      { arguments: { limit: 1, ...added }, toolCallId: 'x' },
      JSON.stringify({ limit: 1, ...added, tool: 'vm_read' }),
      { name: 'vm_read', arguments: { limit: 1 }, task_progress: '' }
    ])
      t.match(await bridge.call('vm_read', body), { status: 200, body: { returned: 1 } })
    for (const tool of bridge.app.tools.values()) {
      const { body } = await bridge.call(tool.name, { ...added, no_such_argument: 1 })
      t.match(body.error.message, /unknown argument no_such_argument/, tool.name)
      for (const key of Object.keys(added)) t.notMatch(body.error.message, key)
    }
  }
)

t.test('everything else is refused as before', async (t) => {
  const bridge = await startTestBridge(t)
  for (const [tool, args, says] of [
    ['vm_read', { tool: 'node_read' }, /unknown argument tool/],
    ['vm_read', { task: 'x' }, /unknown argument task/],
    ['vm_read', { meta: {} }, /unknown argument meta/],
    ['vm_read', { session_id: 'x' }, /unknown argument session_id/]
  ] as const)
    t.match((await bridge.call(tool, args)).body.error, { code: 'INVALID_ARGUMENT', message: says })
})
