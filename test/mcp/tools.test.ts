import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'
import { startLlmServer } from '../helper/llm-server.ts'
import { clientKinds, connectUser } from '../helper/mcp-users.ts'
import { callEveryTool, lifeOfVm, restText } from './every-tool.ts'
import { differences } from './text-and-data.ts'

const model = await startLlmServer(t)
const bridge = await startTestBridge(t, {
  // Slow enough for a task to be seen on its way, also by a busy machine.
  simulator: { speed: 40, clusterSpec: true },
  config: { llm: { baseUrl: model.url, model: 'test-model', apiKey: undefined } }
})
const overRest = await lifeOfVm((tool, args) => restText(bridge, tool, args), 'rest-vm')

t.test('a text that does not say what its data says is found', async (t) => {
  const user = await connectUser(t, 'v2 modern', bridge)
  const vmUUID = bridge.vm('web-01')
  const calls: [tool: string, args: Record<string, unknown>][] = [
    ['vm_read', { limit: 3 }],
    ['getVM_details', { vmUUID }],
    ['getVM_sysStats', { vmUUID }],
    ['cluster_read', {}]
  ]
  const same = { invented: [], leftOut: [] }
  for (const [tool, args] of calls) {
    const { text, structured = {} } = await user.call(tool, args)
    t.same(differences(text, structured), same, tool)
    const broken = {
      'another uuid': text.replace(/-[0-9a-f]{12}/, '-000000000000'),
      'another number': text.replace(/(\d+) GiB/, (_, size) => `${Number(size) + 1} GiB`),
      'no names': text.replaceAll(/web-01|edge-lab/g, '-'),
      'no state': text.replaceAll(/RUNNING|ONLINE|\d+\.\d+\.\d+\.\d+/g, '-'),
      'an end too soon': text.slice(0, text.length / 3)
    }
    for (const [name, wrong] of Object.entries(broken))
      t.notSame(differences(wrong, structured), same, `${tool}: ${name}`)
  }
})

for (const [i, kind] of clientKinds.entries())
  t.test(`every tool over HTTP, ${kind}`, async (t) => {
    await callEveryTool(t, bridge, overRest, await connectUser(t, kind, bridge), `http-vm-${i}`)
  })
