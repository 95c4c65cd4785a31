import t from 'tap'
import { connectUser } from '../helper/mcp-users.ts'
import { bridgeForEveryTool, callEveryTool, lifeOfVm, restText } from './every-tool.ts'
import { differences } from './text-and-data.ts'

const bridge = await bridgeForEveryTool(t)
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

t.test('every tool over HTTP, v2 modern', async (t) => {
  await callEveryTool(t, bridge, overRest, await connectUser(t, 'v2 modern', bridge), 'http-vm')
})
