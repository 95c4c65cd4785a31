import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { parse } from 'jsonc-parser'
import t, { type Test } from 'tap'
import { httpClients } from '../../../../src/cli/connect/http-clients.ts'
import type { JsonObject } from '../../../../src/lib/json/json.ts'
import { startTestBridge, type TestBridge } from '../../../helper/bridge.ts'
import { runCli } from '../../../helper/run-cli.ts'
import { missingPrograms, run } from '../../../helper/shell.ts'
import { runSpawnedCli } from '../../../helper/spawn-cli.ts'

const token = 'a-token-that-is-long'

/** What a client sends where, once it has replaced its variables. */
interface Reached {
  url: string
  headers: Record<string, string>
}

/** How each client reads its file, by its documentation. */
interface Reader {
  /** Below the home folder, or the current one: both are the same here. */
  file: string
  /** As it must be printed. */
  config: (url: string, authorization: string) => JsonObject
  reference: string
  /** The member with the address, and what replaces the reference. */
  urlMember: string
  replace: (text: string, token: string) => string
}

const readers: Record<string, Reader> = {
  'claude-code': {
    file: '.mcp.json',
    config: (url, Authorization) => ({
      mcpServers: { hypercore: { type: 'http', url, headers: { Authorization } } }
    }),
    reference: '${MCP_BEARER_TOKEN}',
    urlMember: 'url',
    replace: (text, value) => text.replaceAll('${MCP_BEARER_TOKEN}', value)
  },
  vscode: {
    file: '.config/Code/User/mcp.json',
    config: (url, Authorization) => ({
      ...(Authorization.includes('${input:') && {
        inputs: [
          {
            type: 'promptString',
            id: 'scale-bridge-token',
            description: 'MCP_BEARER_TOKEN of scale-bridge',
            password: true
          }
        ]
      }),
      servers: { hypercore: { type: 'http', url, headers: { Authorization } } }
    }),
    reference: '${input:scale-bridge-token}',
    urlMember: 'url',
    replace: (text, value) => text.replaceAll('${input:scale-bridge-token}', value)
  },
  cursor: {
    file: '.cursor/mcp.json',
    config: (url, Authorization) => ({
      mcpServers: { hypercore: { url, headers: { Authorization } } }
    }),
    reference: '${env:MCP_BEARER_TOKEN}',
    urlMember: 'url',
    replace: (text, value) => text.replaceAll('${env:MCP_BEARER_TOKEN}', value)
  },
  'lm-studio': {
    file: '.lmstudio/mcp.json',
    config: (url, Authorization) => ({
      mcpServers: { hypercore: { url, headers: { Authorization } } }
    }),
    reference: '$MCP_BEARER_TOKEN',
    urlMember: 'url',
    replace: (text) => text
  },
  'gemini-cli': {
    file: '.gemini/settings.json',
    config: (httpUrl, Authorization) => ({
      mcpServers: { hypercore: { httpUrl, headers: { Authorization } } }
    }),
    reference: '$MCP_BEARER_TOKEN',
    urlMember: 'httpUrl',
    replace: (text, value) => text.replaceAll(/\$\{?MCP_BEARER_TOKEN\}?/g, value)
  }
}

const names = Object.keys(readers)

/** What the client whose file this is would do. */
function reachedBy({ urlMember, replace }: Reader, text: string, value: string): Reached {
  const { mcpServers, servers } = parse(replace(text, value)) as Record<string, JsonObject>
  const entry = (mcpServers ?? servers)?.['hypercore'] as Record<string, unknown>
  return { url: String(entry[urlMember]), headers: entry['headers'] as Reached['headers'] }
}

/** An official client that sends exactly this; the tools it lists, and what a call comes to. */
async function use(t: Test, { url, headers }: Reached): Promise<[string[], string]> {
  const client = new Client({ name: 'scale-bridge-test', version: '1.0.0' })
  t.teardown(() => client.close())
  await client.connect(
    new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } })
  )
  const { tools } = await client.listTools()
  const result = await client.callTool({ name: 'vm_read', arguments: { limit: 1 } })
  const [content] = result.content as { text: string }[]
  return [tools.map(({ name }) => name), content?.text ?? '']
}

const settingsFor = ({ url, token }: TestBridge): Record<string, string> => ({
  PORT: new URL(url).port,
  MCP_BEARER_TOKEN: token
})

t.test('every client of the table has a reader here', async (t) => {
  t.same(
    names,
    httpClients.map(({ name }) => name)
  )
})

for (const [name, reader] of Object.entries(readers))
  t.test(name, async (t) => {
    const cwd = t.testdir()
    const env = { PORT: '5099', MCP_BEARER_TOKEN: token }
    const connect = (...args: string[]) => runCli(t, ['connect', name, ...args], { cwd, env })
    const url = 'http://127.0.0.1:5099/mcp'
    /** It replaces no variables. */
    const holdsToken = name === 'lm-studio'

    await t.test('prints its own dialect', async (t) => {
      const { code, stdout, stderr } = await connect()
      t.equal(code, 0)
      t.strictSame(JSON.parse(stdout), reader.config(url, `Bearer ${reader.reference}`))
      t.notMatch(stdout + stderr, token)
      t.match(stderr, `For ${join(cwd, reader.file)}; --write puts it there`)
      const shown = await connect('--show-token', '--url', 'https://bridge.example/hc')
      t.strictSame(
        JSON.parse(shown.stdout),
        reader.config('https://bridge.example/hc/mcp', `Bearer ${token}`)
      )
      const core = await connect('--tools', 'core')
      t.match(core.stdout, `${url}?tools=core`)
    })

    await t.test('refuses unknown sets of tools', async (t) => {
      const { code, stdout, stderr } = await connect('--tools', 'core,cora')
      t.match({ code, stdout }, { code: 2, stdout: '' })
      t.match(stderr, /^--tools names "cora", .*did you mean core\?/)
    })

    await t.test('a real client reaches the bridge with what is printed', async (t) => {
      const bridge = await startTestBridge(t, { simulator: { nodes: 1, vms: 3 } })
      const options = { cwd, env: settingsFor(bridge) }
      for (const tools of [[], ['--tools', 'core']]) {
        const args = ['connect', name, ...tools, ...(holdsToken ? ['--show-token'] : [])]
        const { stdout } = await runCli(t, args, options)
        const [listed, text] = await use(t, reachedBy(reader, stdout, bridge.token))
        t.equal(listed.length, tools.length === 0 ? bridge.app.tools.size : 15)
        t.match(text, /^total 3/)
      }
    })

    await t.test('writes its file, and leaves everything else in it', async (t) => {
      const file = join(cwd, reader.file)
      const written = await connect('--write')
      t.match(written, { code: 0, stdout: '' })
      t.match(written.stderr, `Wrote ${file}\n`)
      const wanted = reader.config(url, `Bearer ${holdsToken ? token : reader.reference}`)
      t.strictSame(parse(await readFile(file, 'utf8')), wanted)
      t.equal((await stat(file)).mode & 0o777, 0o600)
      t.match((await connect('--write')).stderr, /has it already: nothing was changed/)

      const member = name === 'vscode' ? 'servers' : 'mcpServers'
      const theirs =
        `{\n  // mine\n  "theme": "dark",\n  "inputs": [{"id": "other"}], // asked\n` +
        `  "${member}": {\n    "files": {"command": "files"}, // keep\n` +
        `    "hypercore": {"command": "old", "env": {"A": "1"}, "disabled": true}\n  },\n}\n`
      await writeFile(file, theirs)
      t.match(await connect('--write'), { code: 0, stderr: /^Wrote .*\(backup: .*/m })
      const text = await readFile(file, 'utf8')
      for (const kept of [
        '// mine',
        '// asked',
        '// keep',
        '"theme": "dark"',
        '"files": {"command"'
      ])
        t.ok(text.includes(kept), `${kept} in\n${text}`)
      const after = parse(text)
      t.strictSame(after[member].hypercore, {
        ...(wanted[member] as { hypercore: JsonObject }).hypercore,
        disabled: true
      })
      if (name === 'vscode')
        t.strictSame(after.inputs, [{ id: 'other' }, ...(wanted['inputs'] as JsonObject[])])
      else t.strictSame(after.inputs, [{ id: 'other' }])
      const [backup = '', ...others] = (await readdir(dirname(file))).filter((each) =>
        each.includes('.backup-')
      )
      t.same(others, [])
      t.equal(await readFile(join(dirname(file), backup), 'utf8'), theirs)

      t.match((await connect('--write')).stderr, /has it already/)
      await connect('--write', '--show-token')
      t.match(await readFile(file, 'utf8'), `Bearer ${token}`)
      t.equal((await stat(file)).mode & 0o777, 0o600, 'it holds the token now')
    })
  })

t.test('a token in a file of the project is warned of', async (t) => {
  const folder = t.testdir({ home: {}, project: {} })
  const cwd = join(folder, 'project')
  const env = { MCP_BEARER_TOKEN: token, HOME: join(folder, 'home') }
  const write = async (name: string, ...args: string[]) => {
    const { code, stderr } = await runCli(t, ['connect', name, '--write', ...args], { cwd, env })
    t.equal(code, 0, stderr)
    t.notMatch(stderr, token)
    return stderr
  }
  const inProject: Record<string, string> = {
    'claude-code': '.mcp.json',
    vscode: '.vscode/mcp.json',
    cursor: '.cursor/mcp.json',
    'gemini-cli': '.gemini/settings.json'
  }
  for (const [name, file] of Object.entries(inProject)) {
    t.notMatch(await write(name, file), /Warning/, `${name} without the token`)
    const warning = await write(name, file, '--show-token')
    t.match(
      warning,
      `Warning: ${join(cwd, file)} belongs to the project and holds the token: keep it and its backups out of version control`
    )
    t.match(warning, `without --show-token: ${readers[name]?.reference} is then in its place`)
  }
  t.match(await write('claude-code', '--show-token'), /Warning: .*\.mcp\.json belongs/)
  for (const name of ['vscode', 'cursor', 'lm-studio', 'gemini-cli'])
    t.notMatch(await write(name, '--show-token'), /Warning/, `${name}: the file of the user`)
  t.match(await write('mcp-remote', '.mcp.json'), /version control, or name a file outside/)
  t.notMatch(await write('mcp-remote'), /Warning/)
})

t.test('VS Code is asked once, with what was there before', async (t) => {
  const cwd = t.testdir()
  const file = join(cwd, 'mcp.json')
  const write = () => runCli(t, ['connect', 'vscode', '--write', 'mcp.json'], { cwd })
  const old = { type: 'promptString', id: 'scale-bridge-token', description: 'old' }
  await writeFile(file, JSON.stringify({ inputs: [{ id: 'a' }, old], servers: {} }))
  t.match(await write(), { code: 0 })
  const { inputs } = JSON.parse(await readFile(file, 'utf8'))
  t.match(inputs, [{ id: 'a' }, { id: 'scale-bridge-token', password: true }])
  t.equal(inputs.length, 2)
  await writeFile(file, '{"inputs": {}, "servers": {}}')
  t.match(await write(), { code: 1, stderr: /something other than an array as inputs: fix it/ })
  await writeFile(file, '{"servers": []}')
  t.match(await write(), { code: 1, stderr: /something other than an object as servers/ })
})

t.test('where their files are', async (t) => {
  const unix = { HOME: '/home/me' }
  const windows = { USERPROFILE: 'C:\\Users\\me', APPDATA: 'C:\\Users\\me\\AppData\\Roaming' }
  const places: Record<string, [linux: string, mac: string, windows: string]> = {
    'claude-code': ['/here/.mcp.json', '/here/.mcp.json', 'C:\\here\\.mcp.json'],
    vscode: [
      '/home/me/.config/Code/User/mcp.json',
      '/home/me/Library/Application Support/Code/User/mcp.json',
      'C:\\Users\\me\\AppData\\Roaming\\Code\\User\\mcp.json'
    ],
    cursor: [
      '/home/me/.cursor/mcp.json',
      '/home/me/.cursor/mcp.json',
      'C:\\Users\\me\\.cursor\\mcp.json'
    ],
    'lm-studio': [
      '/home/me/.lmstudio/mcp.json',
      '/home/me/.lmstudio/mcp.json',
      'C:\\Users\\me\\.lmstudio\\mcp.json'
    ],
    'gemini-cli': [
      '/home/me/.gemini/settings.json',
      '/home/me/.gemini/settings.json',
      'C:\\Users\\me\\.gemini\\settings.json'
    ]
  }
  for (const { name, file } of httpClients)
    t.strictSame(
      [
        file(unix, '/here', 'linux'),
        file(unix, '/here', 'darwin'),
        file(windows, 'C:\\here', 'win32')
      ],
      places[name],
      name
    )
})

t.test('the command for Claude Code', { skip: missingPrograms('sh') }, async (t) => {
  const bridge = await startTestBridge(t, { simulator: { nodes: 1, vms: 3 } })
  for (const terminal of [undefined, 80]) {
    const options = { cwd: t.testdir(), env: settingsFor(bridge), terminal }
    const { stderr } = await runCli(t, ['connect', 'claude-code'], options)
    const [command = ''] = /^claude mcp add (.*\\\n)*.*/m.exec(stderr) ?? []
    const { stdout } = await run('sh', ['-c', `claude() { printf '%s\\n' "$@"; }\n${command}`], {
      env: { MCP_BEARER_TOKEN: bridge.token }
    })
    const words = stdout.trim().split('\n')
    t.same(words.slice(0, 7), ['mcp', 'add', '--transport', 'http', '--scope', 'user', 'hypercore'])
    const [url = '', option, header = ''] = words.slice(7)
    t.equal(option, '--header')
    const [, field = '', value = ''] = /^(\S+): (.*)$/.exec(header) ?? []
    const [listed] = await use(t, { url, headers: { [field]: value } })
    t.equal(listed.length, bridge.app.tools.size)
  }
})

/** What stands behind the names of fields. */
const fieldsIn = (stdout: string): Record<string, string> =>
  Object.fromEntries(
    [...stdout.matchAll(/^(\S.*?) {2,}(.*)$/gm)].map(([, name, value]) => [name, value])
  )

t.test('n8n', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { nodes: 1, vms: 3 } })
  const cwd = t.testdir()
  const n8n = (...args: string[]) =>
    runCli(t, ['connect', 'n8n', ...args], { cwd, env: settingsFor(bridge) })

  const plain = await n8n()
  t.match(plain, { code: 0, stderr: /MCP Client Tool/ })
  t.match(plain.stderr, /--show-token/)
  t.match(plain.stderr, /--docker/)
  t.strictSame(fieldsIn(plain.stdout), {
    Endpoint: `${bridge.url}/mcp`,
    'Server Transport': 'HTTP Streamable',
    Authentication: 'Bearer Auth',
    'Credential name': 'HyperCore',
    'Bearer Token': '$MCP_BEARER_TOKEN',
    'Tools to Include': 'Selected: those that the workflow needs'
  })
  const fields = fieldsIn((await n8n('--show-token', '--tools', 'read')).stdout)
  const [listed] = await use(t, {
    url: fields['Endpoint'] ?? '',
    headers: { Authorization: `Bearer ${fields['Bearer Token']}` }
  })
  t.ok(listed.length > 5 && !listed.includes('deleteVM'), listed.join(', '))
  t.match((await n8n('--docker')).stdout, 'http://host.docker.internal:')
  t.match(await n8n('--write'), { code: 2, stderr: /^n8n has no file to write to/ })
})

t.test('unknown sets are refused for all that take one', async (t) => {
  const cwd = t.testdir()
  for (const name of ['openwebui', 'claude-desktop', 'mcp-remote', 'n8n']) {
    const { code, stdout, stderr } = await runCli(t, ['connect', name, '--tools', 'nope'], { cwd })
    t.match({ code, stdout }, { code: 2, stdout: '' }, name)
    t.match(stderr, /^--tools names "nope".* Sets: all, core, operator/, name)
  }
})

t.test('fewer tools are suggested where many are a problem', async (t) => {
  const cwd = t.testdir()
  for (const name of names) {
    const { stderr } = await runCli(t, ['connect', name], { cwd })
    const suggests = ['cursor', 'lm-studio'].includes(name)
    t.equal(
      /connect \S+ --tools core` lists the 15 that the everyday jobs take/.test(stderr),
      suggests,
      name
    )
    const core = await runCli(t, ['connect', name, '--tools', 'core'], { cwd })
    t.notMatch(core.stderr, /everyday jobs/)
  }
})

t.test('a settings file of another name', async (t) => {
  const cwd = t.testdir({ conf: { 'b.env': `PORT=5123\nMCP_BEARER_TOKEN=${token}\n` } })
  const args = ['connect', 'cursor', '--settings', 'conf/b.env', '--show-token']
  const { stdout } = await runSpawnedCli(t, args, { cwd })
  t.match(stdout, /127\.0\.0\.1:5123/)
  t.match(stdout, token)
})
