import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'
import { startLlmServer } from '../helper/llm-server.ts'
import { clientKinds, connectUser } from '../helper/mcp-users.ts'
import { clusterFolder } from './cluster-folder.ts'
import { callEveryTool, lifeOfVm, restText } from './every-tool.ts'
import { everythingThatWaits } from './told-progress.ts'

const model = await startLlmServer(t)
const bridge = await startTestBridge(t, {
  // Slow enough for a task to be seen on its way, also by a busy machine.
  simulator: { speed: 40, clusterSpec: true },
  config: { llm: { baseUrl: model.url, model: 'test-model', apiKey: undefined } }
})
const overRest = await lifeOfVm((tool, args) => restText(bridge, tool, args), 'rest-vm')

for (const [i, kind] of clientKinds.entries())
  t.test(`every tool over stdio, ${kind}`, async (t) => {
    const settings = {
      LLM_BASE_URL: model.url,
      LLM_MODEL: 'test-model',
      MAX_TARGETS: '100'
    }
    const place = await clusterFolder(t, bridge.simulator, settings)
    await callEveryTool(t, bridge, overRest, await connectUser(t, kind, place), `stdio-vm-${i}`)
  })

for (const kind of clientKinds)
  t.test(`progress over stdio, ${kind}`, async (t) => {
    const bridge = await startTestBridge(t, { simulator: { speed: 0 } })
    const user = await connectUser(t, kind, await clusterFolder(t, bridge.simulator))
    await everythingThatWaits(t, bridge, user)
  })
