import { Ajv } from 'ajv'
import t, { type Test } from 'tap'
import { toolResponseText } from '../../src/tools/response-text.ts'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { startLlmServer } from '../helper/llm-server.ts'
import { type CallOutcome, clientKinds, connectUser, type McpUser } from '../helper/mcp-users.ts'
import { clusterFolder } from './cluster-folder.ts'
import { lifeOfVm, masked, reads, refusals } from './every-tool.ts'
import { differences } from './text-and-data.ts'

/** Every answer has to fit the output schema that the client was given. */
async function checkedUser(t: Test, user: McpUser): Promise<McpUser> {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false })
  const { tools } = await user.listTools()
  const checks = new Map(tools.map((tool) => [tool.name, ajv.compile(tool.outputSchema ?? false)]))
  return {
    ...user,
    async call(name, args, options): Promise<CallOutcome> {
      const outcome = await user.call(name, args, options)
      const check = checks.get(name)
      if (outcome.isError) t.equal(outcome.structured, undefined, `${name}: an error has no data`)
      else if (check?.(outcome.structured) !== true)
        t.fail(`${name} answers what its schema does not allow`, { errors: check?.errors, outcome })
      return outcome
    }
  }
}

/** REST's text for the same call, and its status. */
async function restText(
  bridge: TestBridge,
  tool: string,
  args: Record<string, unknown> = {}
): Promise<string> {
  const { text } = await bridge.call(tool, args, { accept: 'text/plain' })
  return text
}

/** Text of a call that must succeed, over MCP. */
const callOf =
  (t: Test, user: McpUser) =>
  async (tool: string, args: Record<string, unknown> = {}): Promise<string> => {
    const { text, structured, isError } = await user.call(tool, args)
    t.notOk(isError, `${tool}: ${text}`)
    const definition = bridge.app.tools.get(tool)
    t.equal(
      definition && toolResponseText(definition, structured),
      text,
      `${tool}: the text of its data`
    )
    t.same(
      differences(text, structured ?? {}),
      { invented: [], leftOut: [] },
      `${tool}: the text says what the data says`
    )
    return text
  }

/** What is measured anew at every call. */
const live = new Set(['getVM_sysStats', 'node_read', 'get_session', 'getVM_details', 'run_api'])

const model = await startLlmServer(t)
const bridge = await startTestBridge(t, {
  simulator: { speed: 400, clusterSpec: true },
  config: { llm: { baseUrl: model.url, model: 'test-model', apiKey: undefined } }
})
const overRest = await lifeOfVm((tool, args) => restText(bridge, tool, args), 'rest-vm')

async function everyTool(t: Test, given: McpUser, name: string): Promise<void> {
  const user = await checkedUser(t, given)
  const called = new Set<string>()
  const call = callOf(t, user)

  const told = await lifeOfVm((tool, args) => call(tool, args), name)
  for (const [i, [tool, text]] of told.entries()) {
    called.add(tool)
    t.equal(masked(text, name), masked(overRest[i]?.[1] ?? '', 'rest-vm'), `${tool} as over REST`)
  }
  const vmUUID = bridge.vm('web-01')
  for (const [tool, args] of reads) {
    called.add(tool)
    const [text, rest] = [
      await call(tool, args(vmUUID)),
      await restText(bridge, tool, args(vmUUID))
    ]
    if (live.has(tool)) t.equal(masked(text, name), masked(rest, name), `${tool} as over REST`)
    else t.equal(text, rest, `${tool} as over REST`)
  }
  for (const [tool, args] of refusals) {
    const { text, isError } = await user.call(tool, args)
    t.ok(isError, `${tool} ${JSON.stringify(args)} is refused`)
    const rest = await bridge.call(tool, args, { accept: 'text/plain' })
    t.ok(rest.status >= 400)
    t.equal(text, rest.text, `${tool}: the sentence of REST`)
  }
  t.same([...called].toSorted(), [...bridge.app.tools.keys()].toSorted(), 'every tool was called')
}

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

for (const [i, kind] of clientKinds.entries()) {
  t.test(`every tool over HTTP, ${kind}`, async (t) => {
    await everyTool(t, await connectUser(t, kind, bridge), `http-vm-${i}`)
  })

  t.test(`every tool over stdio, ${kind}`, async (t) => {
    const place = await clusterFolder(t, bridge.simulator, {
      LLM_BASE_URL: model.url,
      LLM_MODEL: 'test-model'
    })
    const user = await connectUser(t, kind, place)
    await everyTool(t, user, `stdio-vm-${i}`)
  })
}
