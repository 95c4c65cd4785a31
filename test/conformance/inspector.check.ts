import t, { type Test } from 'tap'
import { inspectorLines } from '../../src/cli/connect/inspector.ts'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { cliPath } from '../helper/run-cli.ts'
import { run } from '../helper/shell.ts'
import { type Inspect, inspectorOf } from './inspector.ts'
import { orSkip, versions } from './packages.ts'
import { summary } from './summary.ts'

const version = versions['@modelcontextprotocol/inspector']
const { program: inspector, skip } = await orSkip({
  name: '@modelcontextprotocol/inspector',
  bin: 'mcp-inspector'
})

const json = (args: Record<string, unknown>): string[] => ['--tool-args-json', JSON.stringify(args)]

/** How the Inspector reaches a bridge over HTTP. */
const overHttp = (bridge: TestBridge, token = bridge.token): string[] => [
  `${bridge.url}/mcp`,
  '--transport',
  'http',
  '--header',
  `Authorization: Bearer ${token}`
]

const overStdio = [process.execPath, cliPath, 'mcp', '--demo']

async function tools(t: Test, inspect: Inspect, names: string[]): Promise<void> {
  const listed = await inspect('tools/list', '--strict')
  t.equal(listed.exitCode, 0, 'every schema is portable', { stderr: listed.stderr })
  const shown = (listed.result.tools as { name: string }[]).map(({ name }) => name)
  t.same(shown, names, 'every tool is listed')

  const found = await inspect('tools/call', '--tool-name', 'fetch_vm', '--tool-arg', 'name=web-01')
  t.equal(found.exitCode, 0, 'a call', { stderr: found.stderr })
  const [vm] = found.result.structuredContent.items
  t.match(vm, { name: 'web-01', state: 'RUNNING' }, 'a tool that reads')
  t.match(found.result.content[0].text, vm.uuid, 'with a text for models that take only text')

  const label = 'before the change'
  const taken = await inspect(
    'tools/call',
    '--tool-name',
    'snapshotVM',
    ...json({ vmUUID: vm.uuid, label })
  )
  t.equal(taken.exitCode, 0, 'a tool that writes, with arguments as JSON', { stderr: taken.stderr })
  t.match(taken.result.structuredContent, { state: 'COMPLETE', vmName: 'web-01' }, 'to its end')

  const refused = await inspect('tools/call', '--tool-name', 'fetch_vm', '--tool-arg', 'nam=web')
  t.equal(refused.error?.code, 'tool_is_error', 'a tool that refuses is no error of the protocol')
  t.match(refused.result.content[0].text, /did you mean name\?/, 'and says why')
}

const pages = {
  'hypercore://cluster': /10\.20\.0\.11|127\.0\.0\.1/,
  'hypercore://guide': /query_api/,
  'hypercore://schema/VirDomain': /numVCPU/
}

/** Each call starts a process, so the second time around one page is enough. */
async function resources(t: Test, inspect: Inspect, max = Infinity): Promise<void> {
  const { result: listed } = await inspect('resources/list')
  const uris = (listed.resources as { uri: string }[]).map(({ uri }) => uri)
  for (const uri of ['hypercore://guide', 'hypercore://cluster'])
    t.ok(uris.includes(uri), `${uri} is listed`)

  const { result: templates } = await inspect('resources/templates/list')
  t.match(JSON.stringify(templates), '"hypercore://schema/{entity}"', 'the form of the schemas')

  for (const [uri, content] of Object.entries(pages).slice(0, max)) {
    const { exitCode, result, stderr } = await inspect('resources/read', '--uri', uri)
    t.equal(exitCode, 0, `${uri} is read`, { stderr })
    t.match(result?.contents[0], { uri, text: content }, uri)
  }
  const { exitCode, error } = await inspect('resources/read', '--uri', 'hypercore://nothing')
  t.not(exitCode, 0, 'an address of nothing')
  t.match(error?.message, /There is nothing at hypercore:\/\/nothing/, 'is told so')
}

async function prompts(t: Test, inspect: Inspect): Promise<void> {
  const { result: listed } = await inspect('prompts/list')
  const names = (listed.prompts as { name: string }[]).map(({ name }) => name)
  t.ok(names.includes('capacity-report'), 'capacity-report is listed')
  const { exitCode, result, stderr } = await inspect(
    'prompts/get',
    '--prompt-name',
    'capacity-report'
  )
  t.equal(exitCode, 0, 'it is got', { stderr })
  const contents = (result.messages as { content: { type: string } }[]).map((m) => m.content)
  t.match(
    contents.find(({ type }) => type === 'resource'),
    { resource: { uri: 'hypercore://cluster', text: /10\.20\.0\.11|127\.0\.0\.1/ } },
    'with the state of the cluster'
  )
  t.match(
    contents.find(({ type }) => type === 'text'),
    { text: /\w{3,}/ },
    'and what to do with it'
  )
}

async function allOf(t: Test, inspect: Inspect, names: string[], maxPages?: number): Promise<void> {
  await t.test('tools', (t) => tools(t, inspect, names))
  await t.test('resources', (t) => resources(t, inspect, maxPages))
  await t.test('prompts', (t) => prompts(t, inspect))
}

t.test('over HTTP', { skip }, async (t) => {
  if (inspector === undefined) return
  const bridge = await startTestBridge(t)
  const inspect = await inspectorOf(t, inspector, overHttp(bridge))
  await allOf(t, inspect, [...bridge.app.tools.keys()])
  const labels = [...bridge.simulator.world.state.snapshots.values()].map(({ label }) => label)
  t.ok(labels.includes('before the change'), 'the cluster has the snapshot')

  const modern = await inspect('tools/list', '--strict', '--protocol-era', 'modern')
  t.equal(modern.exitCode, 0, 'revision 2026-07-28, too', { stderr: modern.stderr })
  t.equal(modern.result.tools.length, bridge.app.tools.size, 'with every tool')

  const stranger = await inspectorOf(t, inspector, overHttp(bridge, 'wrong'))
  const { error } = await stranger('tools/list', '--stored-auth-only')
  t.equal(error?.code, 'auth_required', 'a wrong token')
  t.match(error?.message, /A valid token is required/, 'is told so')
  if (t.passing()) summary(`inspector ${version}: all calls pass over HTTP`)
})

t.test('over standard input and output', { skip }, async (t) => {
  if (inspector === undefined) return
  const { app } = await startTestBridge(t)
  const inspect = await inspectorOf(t, inspector, overStdio)
  await allOf(t, inspect, [...app.tools.keys()], 1)
  if (t.passing()) summary(`inspector ${version}: all calls pass over standard input and output`)
})

t.test('the lines that scale-bridge connect prints', { skip }, async (t) => {
  if (inspector === undefined) return
  const bridge = await startTestBridge(t)
  const fetched = `npx -y @modelcontextprotocol/inspector@${version}`
  const here = [inspector.command, ...inspector.args].map((word) => `'${word}'`).join(' ')
  const stdio = { settings: undefined, demo: true }
  for (const { title, parts } of inspectorLines(bridge.url, bridge.token, stdio)) {
    const line = parts.join(' ')
    t.ok(line.startsWith(fetched), `${title}: this version`)
    const { exitCode, stdout, stderr } = await run('sh', ['-c', line.replace(fetched, here)])
    t.equal(exitCode, 0, `${title}: runs`, { line, stderr })
    t.match(stdout, /"(tools|structuredContent)": /, `${title}: answers`)
  }
})
