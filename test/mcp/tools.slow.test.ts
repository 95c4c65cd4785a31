import t from 'tap'
import { clientKinds, connectUser } from '../helper/mcp-users.ts'
import { bridgeForEveryTool, callEveryTool, lifeOfVm, restText } from './every-tool.ts'

const bridge = await bridgeForEveryTool(t)
const overRest = await lifeOfVm((tool, args) => restText(bridge, tool, args), 'rest-vm')

for (const [i, kind] of clientKinds.filter((each) => each !== 'v2 modern').entries())
  t.test(`every tool over HTTP, ${kind}`, async (t) => {
    await callEveryTool(t, bridge, overRest, await connectUser(t, kind, bridge), `http-vm-${i}`)
  })
