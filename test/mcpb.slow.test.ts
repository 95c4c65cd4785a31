import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { getMcpConfigForManifest } from '@anthropic-ai/mcpb/node'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import t from 'tap'
import { buildBundle } from '../mcpb/build.ts'
import { settings } from '../src/config/config.ts'
import { packageRoot, packageVersion } from '../src/lib/files/package-info.ts'
import { startSimulator } from '../src/simulator/simulator.ts'
import { startTestBridge } from './helper/bridge.ts'
import { run } from './helper/shell.ts'

const tool = join(packageRoot, 'node_modules', '@anthropic-ai', 'mcpb', 'dist', 'cli', 'cli.js')

const mcpb = (...args: string[]) => run(process.execPath, [tool, ...args])

const home = t.testdir()
const bundle = join(home, 'scale-bridge.mcpb')
const unpacked = join(home, 'unpacked')
const empty = join(home, 'empty')
await mkdir(empty)
await buildBundle(bundle)
t.match(await mcpb('unpack', bundle, unpacked), { exitCode: 0 }, 'the official tool unpacks it')
const manifest = JSON.parse(readFileSync(join(unpacked, 'manifest.json'), 'utf8'))

t.test('the bundle is valid and small, and holds no secrets and no packages', async (t) => {
  t.match(await mcpb('validate', join(unpacked, 'manifest.json')), { exitCode: 0, stderr: '' })
  const { size } = statSync(bundle)
  t.ok(size < 2_000_000, `${Math.round(size / 1024)} KB`)
  t.same(readdirSync(unpacked).toSorted(), [
    'LICENSE',
    'dist',
    'manifest.json',
    'openapi',
    'package.json'
  ])
  t.equal(manifest.version, packageVersion)
  t.ok(existsSync(join(unpacked, manifest.server.entry_point)))
})

t.test('the manifest names the tools and the settings', async (t) => {
  const { app } = await startTestBridge(t)
  t.same(
    manifest.tools,
    [...app.tools.values()].map(({ name, description }) => ({ name, description }))
  )
  const known: string[] = Object.values(settings).map(({ name }) => name)
  const variables = Object.entries(manifest.server.mcp_config.env as Record<string, string>)
  for (const [variable, value] of variables) {
    t.ok(known.includes(variable) || variable === 'SCALE_BRIDGE_DEMO', variable)
    const [, option = ''] = /^\$\{user_config\.(\w+)\}$/.exec(value) ?? []
    t.not(manifest.user_config[option]?.default, undefined, `default of ${option}`)
  }
  t.equal(variables.length, Object.keys(manifest.user_config).length)
  for (const secret of ['password', 'export_uri'])
    t.equal(manifest.user_config[secret].sensitive, true)
})

type Entries = Record<string, string | boolean>

/** The server as Claude Desktop starts it: the official tool puts the user's entries in. */
async function serverWith(form: typeof manifest, userConfig: Entries) {
  const config = await getMcpConfigForManifest({
    manifest: form,
    extensionPath: unpacked,
    systemDirs: {},
    userConfig,
    pathSeparator: '/'
  })
  const { command = '', args = [], env: entries = {} } = config ?? {}
  const env: Record<string, string> = {
    PATH: process.env['PATH'] ?? '',
    HOME: empty,
    ...entries
  }
  return { command, args, env, cwd: empty }
}

/** Starts it in an empty folder, and answers a client of it. */
async function connect(
  t: { teardown(handler: () => unknown): void },
  userConfig: Entries
): Promise<Client> {
  const server = await serverWith(manifest, userConfig)
  const transport = new StdioClientTransport({ ...server, stderr: 'pipe' })
  const client = new Client({ name: 'test', version: '1' })
  t.teardown(() => client.close())
  await client.connect(transport)
  return client
}

t.test('the unpacked server plays the simulated cluster', async (t) => {
  const client = await connect(t, { demo: true })
  t.equal(client.getServerVersion()?.version, packageVersion)
  const { tools } = await client.listTools()
  t.same(
    tools.map(({ name, description }) => ({ name, description })),
    manifest.tools,
    'the tools are those of the manifest'
  )
  const answer = await client.callTool({ name: 'fetch_vm', arguments: { name: 'web' } })
  t.notOk(answer.isError)
  t.match(answer.structuredContent, { total: Number })
  t.same(readdirSync(empty), [], 'nothing is left behind')
})

t.test('the unpacked server logs in with the entries of the form', async (t) => {
  const simulator = await startSimulator({ vms: 7 })
  t.teardown(() => simulator.close())
  const { user: username, password } = simulator.world.options
  const client = await connect(t, {
    host: simulator.urls.join(','),
    username,
    password,
    tls: 'pin',
    fingerprints: simulator.fingerprints.join(',')
  })
  const answer = await client.callTool({ name: 'vm_read', arguments: {} })
  t.match(answer.structuredContent, { total: 7 })
})

t.test('from the first start to a pinned certificate, with the form alone', async (t) => {
  const simulator = await startSimulator({ vms: 7, nodes: 3 })
  t.teardown(() => simulator.close())
  const { user: username, password } = simulator.world.options
  const form = { host: simulator.urls.join(','), username, password }
  const call = async (more: Entries) => {
    const client = await connect(t, { ...form, ...more })
    const { isError = false, content } = await client.callTool({ name: 'vm_read', arguments: {} })
    return { isError, text: JSON.stringify(content) }
  }
  const refused = await call({})
  t.equal(refused.isError, true)
  const fields = ['tls', 'fingerprints'].map((name) => manifest.user_config[name].title as string)
  t.match(refused.text, /SCALE_TLS=pin .* SCALE_TLS_FINGERPRINT/)
  t.match(fields, [/\(SCALE_TLS\)/, /\(SCALE_TLS_FINGERPRINT\)/], 'the fields that it means')
  const shown = refused.text.match(/(?:[0-9A-F]{2}:){31}[0-9A-F]{2}/g) ?? []
  t.same(shown.toSorted(), simulator.fingerprints.toSorted(), 'of every node')
  t.match(await call({ tls: 'pin', fingerprints: shown.join(',') }), { isError: false })

  const ca = join(t.testdir(), 'ca.pem')
  writeFileSync(ca, simulator.certificates.join(''))
  t.match(await call({ ca }), { isError: false }, 'an authority of their own')
  t.match(
    await call({ ca, oidc: true }),
    { isError: true, text: /login/ },
    'the simulated cluster has no OpenID Connect provider'
  )
})

t.test('what an empty form lacks is reported, whichever way it arrives empty', async (t) => {
  const bare = structuredClone(manifest)
  for (const option of Object.values<{ default?: unknown }>(bare.user_config)) delete option.default
  for (const form of [manifest, bare]) {
    const { command, args, env, cwd } = await serverWith(form, {})
    const { exitCode, stdout, stderr } = await run(command, args, { env, cwd })
    t.match({ exitCode, stdout }, { exitCode: 2, stdout: '' })
    t.match(
      stderr,
      /^SCALE_HOST is not set.*\nSCALE_USERNAME is not set.*\nSCALE_PASSWORD is not set.*\n$/
    )
  }
  t.equal((await serverWith(bare, {})).env['SCALE_HOST'], '${user_config.host}')
})
