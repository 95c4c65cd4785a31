import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import t, { type Test } from 'tap'
import { remoteEntry } from '../../src/cli/connect/mcp-remote.ts'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { orSkip, type Program, versions } from './packages.ts'
import { summary } from './summary.ts'

const version = versions['mcp-remote']
const { program: remote, skip } = await orSkip({ name: 'mcp-remote', bin: 'mcp-remote' })

/**
 * The official client behind mcp-remote, which is started as `scale-bridge connect mcp-remote` says,
 * only that it is fetched already.
 */
async function connectThrough(
  t: Test,
  remote: Program,
  bridge: TestBridge,
  path: string
): Promise<Client> {
  const { args, env } = remoteEntry(bridge.url, bridge.token)
  const [, name, url, ...rest] = args
  t.equal(name, `mcp-remote@${version}`, 'the version that connect names')
  t.equal(url, `${bridge.url}/mcp`, 'the address that connect names')
  // It keeps files in the home folder.
  const home = await mkdtemp(join(tmpdir(), 'mcp-remote-'))
  t.teardown(() => rm(home, { recursive: true, force: true }))
  const transport = new StdioClientTransport({
    command: remote.command,
    args: [...remote.args, bridge.url + path, ...rest],
    env: { PATH: process.env['PATH'] ?? '', HOME: home, ...env },
    stderr: 'ignore'
  })
  const client = new Client({ name: 'scale-bridge-test', version: '1.0.0' })
  t.teardown(() => client.close())
  await client.connect(transport)
  return client
}

for (const path of ['/mcp', '/']) {
  t.test(`in front of ${path}`, { skip }, async (t) => {
    if (remote === undefined) return
    // Slow enough for a task to tell of its progress.
    const bridge = await startTestBridge(t, { simulator: { speed: 4 } })
    const client = await connectThrough(t, remote, bridge, path)

    const { tools } = await client.listTools()
    t.same(
      tools.map(({ name }) => name),
      [...bridge.app.tools.keys()],
      'every tool is listed'
    )

    const found = await client.callTool({ name: 'fetch_vm', arguments: { name: 'web-01' } })
    const uuid = bridge.vm('web-01')
    t.match(found.structuredContent, { items: [{ uuid, name: 'web-01' }] }, 'a call')

    const seen: number[] = []
    const call = { name: 'snapshotVM', arguments: { vmUUID: uuid, label: 'before the change' } }
    const taken = await client.callTool(call, { onprogress: ({ progress }) => seen.push(progress) })
    t.match(taken.structuredContent, { state: 'COMPLETE' }, 'a call that waits for its task')
    t.ok(seen.length > 1, 'tells of its progress', { seen })
    t.same(
      seen,
      seen.toSorted((a, b) => a - b),
      'which grows'
    )

    const refused = await client.callTool({ name: 'fetch_vm', arguments: { nam: 'web-01' } })
    t.equal(refused.isError, true, 'a tool that refuses')
    t.match(refused.content, [{ type: 'text', text: /did you mean name\?/ }], 'says why')
    if (t.passing()) summary(`mcp-remote ${version}: all calls pass in front of ${path}`)
  })
}

t.test('with a wrong token', { skip }, async (t) => {
  if (remote === undefined) return
  const bridge = await startTestBridge(t)
  await t.rejects(
    connectThrough(t, remote, { ...bridge, token: 'wrong' }, '/mcp'),
    'does not connect'
  )
})
