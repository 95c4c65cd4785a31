import t from 'tap'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { connectMcp } from '../helper/mcp-client.ts'

const message = 'The storage said no'
/** An import fails by itself: there is no such folder. */
const reason = `(?:${message}|no definition web-01.xml)`

/** Calls that each start a task, with arguments for a cluster that has just started. */
const writes = (bridge: TestBridge): [tool: string, args: Record<string, unknown>][] => {
  const { snapshots, virDomains } = bridge.simulator.world.state
  const off = [...virDomains.values()].find(
    ({ state, snapUUIDs }) => state === 'SHUTOFF' && snapUUIDs.length === 0
  )?.uuid
  const [snapshot] = [...snapshots.values()].filter(({ label }) => label !== '')
  const vmUUID = bridge.vm('web-01')
  return [
    ['snapshotVM', { vmUUID, label: 'a' }],
    ['delete_snapshotVM', { snapUUID: snapshot?.uuid }],
    ['cloneVM', { vmUUID, name: 'copy' }],
    ['createVM', { name: 'new', mem: 4 * 2 ** 30, numVCPU: 2 }],
    ['updateVM', { vmUUID, tags: 'x' }],
    ['exportVM', { vmUUID }],
    ['importVM', { pathURI: 'web-01-20260101', definitionFileName: 'web-01.xml' }],
    ['changeVM_state', { vmUUID: off, actionType: 'START' }],
    ['deleteVM', { vmUUID: off }],
    [
      'run_api',
      { query: '/VirDomainSnapshot', method: 'POST', payload: { domainUUID: vmUUID, label: 'b' } }
    ]
  ]
}

t.test('a task that fails is a failure to every client', async (t) => {
  const bridge = await startTestBridge(t)
  const client = await connectMcp(t, bridge)
  bridge.simulator.faults.add({ kind: 'fail-task', message })
  for (const [name, args] of writes(bridge))
    await t.test(name, async (t) => {
      const rest = await bridge.call(name, args)
      t.equal(rest.status, 200, JSON.stringify(rest.body))
      const outcome = rest.body.task ?? rest.body
      t.match(outcome, { state: 'ERROR', createdUUID: '', message: new RegExp(reason) })
      if (name === 'cloneVM')
        t.same(rest.body.notes, [], 'nothing is said of a copy that is not there')
      t.notMatch(JSON.stringify(rest.body.body ?? {}), /"createdUUID":"[^"]/)

      const mcp = await client.callTool({ name, arguments: args })
      t.equal(mcp.isError, true)
      const [content] = mcp.content as { text: string }[]
      t.match(content?.text, new RegExp(`^ERROR: .*${reason}`))
      t.match(
        mcp.structuredContent,
        rest.body.task ? { task: { state: 'ERROR' } } : { state: 'ERROR' }
      )

      const text = await bridge.call(name, args, { accept: 'text/plain' })
      t.match(text.text, new RegExp(`^ERROR: .*${reason}`))

      const { taskTag } = outcome
      const waited = await client.callTool({ name: 'waitTask', arguments: { taskTag } })
      t.match(waited, { isError: true, structuredContent: { state: 'ERROR', createdUUID: '' } })
      const shown = await client.callTool({ name: 'taskTagStatusFilter', arguments: { taskTag } })
      t.notOk(shown.isError, 'to show it is no failure')
    })
})
