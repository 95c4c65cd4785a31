import { chmod, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { claudeDesktopFile } from '../../../src/cli/connect/claude-desktop.ts'
import { startTestBridge } from '../../helper/bridge.ts'
import { cliPath, runCli } from '../../helper/run-cli.ts'
import { missingPrograms, run } from '../../helper/shell.ts'

const token = 'a-token-that-is-long'
const env = { MCP_BEARER_TOKEN: token }

/** The folder that Claude Desktop's file is in, on Linux. */
const desktop = (home: string): string => join(home, '.config', 'Claude')

const mode = async (path: string): Promise<number> => (await stat(path)).mode & 0o777

const backups = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name.includes('.backup-'))

t.test('what is printed is the configuration and nothing else', async (t) => {
  const cwd = t.testdir({
    '.env': `PORT=5099\nMCP_BEARER_TOKEN=${token}\n`,
    conf: { 'other.env': '' }
  })
  const connect = async (...args: string[]) => {
    const { code, stdout, stderr } = await runCli(t, ['connect', ...args], { cwd })
    t.equal(code, 0, args.join(' '))
    return { stdout, stderr, json: stdout.startsWith('curl') ? undefined : JSON.parse(stdout) }
  }

  const webUi = await connect('openwebui')
  t.strictSame(webUi.json, [
    {
      type: 'openapi',
      url: 'http://127.0.0.1:5099',
      spec_type: 'url',
      spec: '',
      path: 'openapi.json',
      auth_type: 'bearer',
      key: '$MCP_BEARER_TOKEN',
      headers: {
        Accept: 'text/plain',
        'X-OpenWebUI-User-Name': '{{USER_NAME}}',
        'X-OpenWebUI-User-Id': '{{USER_ID}}',
        'X-OpenWebUI-User-Email': '{{USER_EMAIL}}',
        'X-OpenWebUI-Chat-Id': '{{CHAT_ID}}',
        'X-OpenWebUI-Message-Id': '{{MESSAGE_ID}}'
      },
      config: { enable: true, function_name_filter_list: '', access_grants: [] },
      info: { id: 'hypercore', name: 'HyperCore', description: 'VMs of a SCALE Computing cluster' }
    }
  ])
  t.match(webUi.stderr, /Import\n.*--show-token/)
  t.equal((await connect('openwebui', '--show-token')).json[0].key, token)

  const [{ headers, url, path, ...rest }] = (await connect('openwebui', '--mcp')).json
  t.match(rest, { type: 'mcp', auth_type: 'bearer', key: '$MCP_BEARER_TOKEN' })
  t.same([url, path], ['http://127.0.0.1:5099/mcp?structured=off', ''], 'the model gets text alone')
  const { Accept, ...caller } = webUi.json[0].headers
  t.strictSame(headers, caller, 'the client of MCP says itself what it accepts')
  t.equal(Accept, 'text/plain')
  const mcpCore = await connect('openwebui', '--mcp', '--tools', 'core')
  t.equal(mcpCore.json[0].url, 'http://127.0.0.1:5099/mcp?tools=core&structured=off')

  const docker = await connect('openwebui', '--docker')
  t.equal(docker.json[0].url, 'http://host.docker.internal:5099')
  t.match(docker.stderr, 'HOST=0.0.0.0 and ALLOWED_HOSTS=host.docker.internal')

  const stdio = await connect('claude-desktop')
  t.strictSame(stdio.json, {
    mcpServers: {
      hypercore: {
        command: process.execPath,
        args: [cliPath, 'mcp', '--settings', join(cwd, '.env')]
      }
    }
  })
  t.equal(stdio.stderr, `For ${desktop(cwd)}/claude_desktop_config.json; --write puts it there\n`)
  const elsewhere = await connect('claude', '--settings', 'conf/other.env')
  t.equal(elsewhere.json.mcpServers.hypercore.args.at(-1), join(cwd, 'conf', 'other.env'))
  t.match(elsewhere.stderr, /^claude stands for claude-desktop, Claude Desktop; Claude Code is /)
  t.match(elsewhere.stderr, '`scale-bridge connect claude-code`')
  const demo = await connect('claude-desktop', '--demo')
  t.same(demo.json.mcpServers.hypercore.args, [cliPath, 'mcp', '--demo'])

  const small = ['--tools', 'core, task'] as const
  t.equal((await connect('openwebui', ...small)).json[0].path, 'openapi.json?tools=core,%20task')
  const { args: smallRemote } = (await connect('mcp-remote', ...small)).json.mcpServers.hypercore
  t.equal(smallRemote[2], 'http://127.0.0.1:5099/mcp?tools=core,%20task')
  const { args: smallStdio } = (await connect('claude', '--demo', ...small)).json.mcpServers
    .hypercore
  t.same(smallStdio.slice(1), ['mcp', '--demo', '--tools', 'core, task'])

  const remote = await connect('mcp-remote', '--url', 'https://bridge.example/hc/mcp')
  t.strictSame(remote.json, {
    mcpServers: {
      hypercore: {
        command: 'npx',
        args: [
          '-y',
          'mcp-remote@0.15.1',
          'https://bridge.example/hc/mcp',
          '--transport',
          'http-only',
          '--header',
          'Authorization:${AUTH_HEADER}'
        ],
        env: { AUTH_HEADER: 'Bearer $MCP_BEARER_TOKEN' }
      }
    }
  })
  const argsFor = async (url: string) =>
    (await connect('mcp-remote', '--url', url, '--show-token')).json.mcpServers.hypercore
  t.equal((await argsFor('http://bridge.example:5075/')).args.at(-1), '--allow-http')
  for (const near of ['http://localhost:5075', 'http://[::1]:5075', 'https://bridge.example']) {
    const entry = await argsFor(near)
    t.notOk(entry.args.includes('--allow-http'), near)
    t.strictSame(entry.env, { AUTH_HEADER: `Bearer ${token}` })
  }
  t.notMatch((await connect('curl')).stdout, token)
})

t.test('settings that are not there', async (t) => {
  const cwd = t.testdir()
  const { code, stderr } = await runCli(t, ['connect', 'claude-desktop'], { cwd })
  t.equal(code, 0)
  t.match(stderr, /\.env does not exist yet: `scale-bridge init` writes it/)
  const args = ['connect', 'claude-desktop', '--settings', 'none.env']
  const named = await runCli(t, args, { cwd })
  t.match(named, { code: 2, stdout: '', stderr: /none\.env does not exist/ })
})

t.test('the address is that of the settings', async (t) => {
  const cwd = t.testdir()
  const cases: [Record<string, string>, string][] = [
    [{}, 'http://127.0.0.1:5075'],
    [{ HOST: '0.0.0.0', PORT: '80' }, 'http://127.0.0.1:80'],
    [{ HOST: '::1' }, 'http://[::1]:5075'],
    [{ HOST: '10.1.2.3', PORT: '8080' }, 'http://10.1.2.3:8080']
  ]
  await Promise.all(
    cases.map(async ([env, url]) => {
      const { stdout } = await runCli(t, ['connect', 'openwebui'], { cwd, env })
      t.equal(JSON.parse(stdout)[0].url, url)
    })
  )
})

t.test('what was asked wrongly, and where something is missing', async (t) => {
  const cwd = t.testdir({ x: '' })
  const cases: [string[], RegExp][] = [
    [[], /Usage: scale-bridge connect <client>/],
    [
      ['openwbui', '--docker'],
      /unknown client 'openwbui', known are .*\n\(Did you mean openwebui\?/
    ],
    [['zed'], /unknown client 'zed', known are openwebui, claude-desktop, .*curl\n$/],
    [['curl', '--url', 'bridge:5075'], /--url.*must be an http:\/\/ or https:\/\/ URL/],
    [['curl', '--url', 'https://me:pw@bridge'], /--url.*must not hold a user or password/],
    [['curl', '--url', 'https://bridge/?a=1'], /--url.*must end with its path/],
    [['openwebui', '--docker', '--url', 'https://b'], /--docker.*cannot be used with/],
    [['openwebui', '--env', '--write', 'x'], /--write.*cannot be used with/],
    [['claude-desktop', '--demo', '--settings', 'x'], /--demo.*cannot be used with/],
    [['claude-desktop', '--show-token'], /unknown option '--show-token'/],
    [['openwebui', '--show-token'], /^MCP_BEARER_TOKEN is not set: `scale-bridge init`/],
    [['openwebui', '--write', 'x'], /^MCP_BEARER_TOKEN is not set/],
    [['mcp-remote', '--write'], /^MCP_BEARER_TOKEN is not set/],
    [['curl', '--write'], /^curl has no file to write to/],
    [['inspector', '--write', 'x'], /^inspector has no file to write to/]
  ]
  await Promise.all(
    cases.map(async ([args, message]) => {
      const { code, stdout, stderr } = await runCli(t, ['connect', ...args], { cwd })
      t.match({ code, stdout }, { code: 2, stdout: '' }, args.join(' '))
      t.match(stderr, message, args.join(' '))
    })
  )
  t.same(await readdir(cwd), ['x'], 'nothing was written')
  t.equal(await readFile(join(cwd, 'x'), 'utf8'), '')
  const bad = await runCli(t, ['connect', 'curl'], { cwd, env: { PORT: '99999' } })
  t.match(bad, { code: 2, stderr: /^PORT must/ })
  const free = await runCli(t, ['connect', 'curl'], { cwd, env: { PORT: '0' } })
  t.match(free, { code: 2, stderr: /^PORT is 0.*--url/ })
})

t.test('the variable of OpenWebUI survives a shell', { skip: missingPrograms('sh') }, async (t) => {
  const odd = `it's"$HOME\`id\`\\`
  const { stdout } = await runCli(t, ['connect', 'openwebui', '--env', '--show-token'], {
    cwd: t.testdir(),
    env: { MCP_BEARER_TOKEN: odd }
  })
  t.match(stdout, /^TOOL_SERVER_CONNECTIONS=.*\n$/, 'one line')
  const { stdout: value } = await run('sh', [], {
    input: `${stdout}printf %s "$TOOL_SERVER_CONNECTIONS"`
  })
  t.match(JSON.parse(value), [{ key: odd, info: { id: 'hypercore' } }])
})

t.test("Claude Desktop's file is created, merged, and left alone", async (t) => {
  const cwd = t.testdir()
  const write = (...args: string[]) => runCli(t, ['connect', ...args, '--write'], { cwd, env })
  const folder = desktop(cwd)
  const file = join(folder, 'claude_desktop_config.json')

  t.match(await write('claude-desktop'), { code: 0, stdout: '', stderr: `Wrote ${file}\n` })
  const stdio = JSON.parse(await readFile(file, 'utf8'))
  t.same(stdio.mcpServers.hypercore.args[1], 'mcp')
  t.equal(await mode(file), 0o600)
  t.match(await write('claude-desktop'), { code: 0, stderr: /has it already: nothing was changed/ })
  t.same(await backups(folder), [], 'nothing to keep yet')

  const theirs =
    '{\n\t"theme":   "dark",\n\t"mcpServers": {\n\t\t"files": {"command": "files", "args": []}\n\t}\n}'
  await writeFile(file, theirs)
  await chmod(file, 0o644)
  t.match(await write('mcp-remote'), { code: 0, stderr: /^Wrote .* \(backup: / })
  const merged = await readFile(file, 'utf8')
  t.equal(await mode(file), 0o600, 'it holds the token now')
  const ours = JSON.parse(merged).mcpServers.hypercore
  t.strictSame(ours.env, { AUTH_HEADER: `Bearer ${token}` })
  const added = `,\n\t\t"hypercore": ${JSON.stringify(ours, undefined, '\t').replaceAll('\n', '\n\t\t')}`
  t.equal(merged.replace(added, ''), theirs, 'everything else is as it was')
  const [backup = ''] = await backups(folder)
  t.equal(await readFile(join(folder, backup), 'utf8'), theirs)
  t.equal(await mode(join(folder, backup)), 0o600)

  await write('mcp-remote')
  t.equal(await readFile(file, 'utf8'), merged)
  t.equal((await backups(folder)).length, 1, 'no second backup')

  await writeFile(file, merged.replace('"command": "npx"', '"disabled": true, "command": "npx"'))
  await Promise.all([write('claude-desktop'), write('mcp-remote', '--url', 'https://b.example')])
  await write('claude-desktop')
  const after = JSON.parse(await readFile(file, 'utf8'))
  t.strictSame(after.mcpServers.hypercore, { ...stdio.mcpServers.hypercore, disabled: true })
  t.same(Object.keys(after), ['theme', 'mcpServers'])
  t.notMatch(JSON.stringify(after), token, 'the token went with the entry that held it')
})

t.test('a file of your own, a link, marks of Windows', async (t) => {
  const cwd = t.testdir({
    vault: { 'real.json': '\uFEFF{\r\n  "a": 1\r\n}\r\n' },
    'empty.json': '\n'
  })
  await symlink(join(cwd, 'vault', 'real.json'), join(cwd, 'link.json'))
  const write = (file: string) =>
    runCli(t, ['connect', 'claude-desktop', '--demo', '--write', file], { cwd })
  t.match(await write('link.json'), { code: 0 })
  const text = await readFile(join(cwd, 'vault', 'real.json'), 'utf8')
  t.match(text, /^\uFEFF\{\r\n {2}"a": 1,\r\n {2}"mcpServers": \{\r\n/)
  t.notMatch(text, /[^\r]\n/)
  t.equal(JSON.parse(text.slice(1)).mcpServers.hypercore.args.at(-1), '--demo')
  t.match(await write('link.json'), { stderr: /has it already/ })

  t.match(await write('empty.json'), { code: 0 })
  t.ok(JSON.parse(await readFile(join(cwd, 'empty.json'), 'utf8')).mcpServers.hypercore)
  t.match(await write('new/folder/x.json'), { code: 0 })
  t.equal(await mode(join(cwd, 'new')), 0o700)
})

t.test('the connections of OpenWebUI are merged by their id', async (t) => {
  const grants = [{ principal_type: 'group', principal_id: '1', permission: 'read' }]
  const present = [
    { url: 'http://other', info: { id: 'other' } },
    'odd',
    {
      url: 'http://old',
      path: 'openapi.json?tools=core',
      key: 'old',
      mine: 1,
      headers: { 'X-Mine': '1' },
      config: { enable: false, function_name_filter_list: '!deleteVM', access_grants: grants },
      info: { id: 'hypercore', name: 'Old' }
    }
  ]
  const cwd = t.testdir({ 'c.json': JSON.stringify(present, undefined, 4) })
  const write = (file: string) => runCli(t, ['connect', 'openwebui', '--write', file], { cwd, env })
  t.match(await write('c.json'), { code: 0, stdout: '' })
  const [other, odd, ours, ...more] = JSON.parse(await readFile(join(cwd, 'c.json'), 'utf8'))
  t.strictSame([other, odd, more], [present[0], 'odd', []])
  t.match(ours, {
    url: 'http://127.0.0.1:5075',
    path: 'openapi.json?tools=core',
    key: token,
    mine: 1,
    headers: { 'X-Mine': '1', 'X-OpenWebUI-User-Id': '{{USER_ID}}', 'X-Tool-Set': 'core' },
    info: { id: 'hypercore', name: 'HyperCore' }
  })
  t.notOk('Accept' in ours.headers, 'text was not wanted')
  t.strictSame(
    ours.config,
    { enable: false, function_name_filter_list: '!deleteVM', access_grants: grants },
    'what was set in OpenWebUI stays'
  )
  t.match(await write('c.json'), { stderr: /has it already/ })
  t.equal((await backups(cwd)).length, 1)
  const all = ['connect', 'openwebui', '--tools', 'all', '--write', 'c.json']
  t.match(await runCli(t, all, { cwd, env }), { code: 0 })
  const withAll = await readFile(join(cwd, 'c.json'), 'utf8')
  t.match(withAll, '"openapi.json?tools=all"')
  t.match(withAll, '"X-Tool-Set": "all"')

  t.match(await write('new.json'), { code: 0 })
  const fresh = await runCli(t, ['connect', 'openwebui', '--show-token'], { cwd, env })
  t.same(JSON.parse(await readFile(join(cwd, 'new.json'), 'utf8')), JSON.parse(fresh.stdout))
})

t.test(
  'a connection of OpenWebUI changes its kind, and keeps its tool set and headers',
  async (t) => {
    const cwd = t.testdir()
    const write = async (...words: string[]) => {
      const args = ['connect', 'openwebui', ...words, '--write', 'c.json']
      t.match(await runCli(t, args, { cwd, env }), { code: 0 })
      t.match(await runCli(t, args, { cwd, env }), { stderr: /has it already/ })
      return JSON.parse(await readFile(join(cwd, 'c.json'), 'utf8'))[0]
    }
    t.equal((await write('--tools', 'core')).path, 'openapi.json?tools=core')
    const file = join(cwd, 'c.json')
    const text = await readFile(file, 'utf8')
    await writeFile(file, text.replace('"headers": {', '"headers": { "X-Mine": "1",'))
    const { type, url, path, headers } = await write('--mcp')
    const address = 'http://127.0.0.1:5075/mcp?tools=core&structured=off'
    t.same([type, url, path], ['mcp', address, ''])
    t.match(headers, { 'X-Mine': '1', 'X-OpenWebUI-User-Id': '{{USER_ID}}' })
    t.notOk('Accept' in headers, 'it is for responses over REST')
    t.notOk('X-Tool-Set' in headers, 'MCP has it in the address')
    t.match((await write('--mcp', '--tools', 'read')).url, '/mcp?tools=read&')
    const back = await write()
    t.match(back, {
      type: 'openapi',
      url: 'http://127.0.0.1:5075',
      path: 'openapi.json?tools=read'
    })
    t.match(back.headers, { 'X-Mine': '1', Accept: 'text/plain', 'X-Tool-Set': 'read' })
  }
)

t.test('headers that were changed in OpenWebUI stay, in any case of their names', async (t) => {
  const cases = {
    changed: { accept: 'application/json', 'x-openwebui-chat-id': 'none', 'X-Mine': '1' },
    removed: { 'X-OpenWebUI-User-Id': '{{USER_ID}}' },
    none: null
  }
  const cwd = t.testdir()
  const written = async (headers: unknown): Promise<Record<string, string>> => {
    const file = join(cwd, `${Object.values(cases).indexOf(headers as null)}.json`)
    await writeFile(file, JSON.stringify([{ headers, info: { id: 'hypercore' } }]))
    await chmod(file, 0o644)
    const args = ['connect', 'openwebui', '--write', file]
    t.match(await runCli(t, args, { cwd, env }), { code: 0 })
    t.match(await runCli(t, args, { cwd, env }), { stderr: /has it already/ })
    t.equal(await mode(file), 0o600, 'it holds the token now')
    return JSON.parse(await readFile(file, 'utf8'))[0].headers
  }
  const user = {
    'X-OpenWebUI-User-Name': '{{USER_NAME}}',
    'X-OpenWebUI-User-Id': '{{USER_ID}}',
    'X-OpenWebUI-User-Email': '{{USER_EMAIL}}'
  }
  const message = { 'X-OpenWebUI-Message-Id': '{{MESSAGE_ID}}' }
  const chat = { 'X-OpenWebUI-Chat-Id': '{{CHAT_ID}}', ...message }
  t.strictSame(await written(cases.changed), { ...cases.changed, ...user, ...message })
  t.strictSame(await written(cases.removed), { ...user, ...chat })
  t.strictSame(await written(cases.none), { Accept: 'text/plain', ...user, ...chat })
})

t.test('who may read a file stays, where no token is written', async (t) => {
  const cwd = t.testdir({ 'c.json': '{}' })
  const file = join(cwd, 'c.json')
  for (const wanted of [0o644, 0o640, 0o600]) {
    await writeFile(file, '{}')
    await chmod(file, wanted)
    const args = ['connect', 'claude-desktop', '--demo', '--write', file]
    t.match(await runCli(t, args, { cwd, env }), { code: 0, stderr: /^Wrote / })
    t.equal(await mode(file), wanted)
  }
  for (const backup of await backups(cwd)) t.equal(await mode(join(cwd, backup)), 0o600)
})

t.test('a file that is not in UTF-8 is left alone', async (t) => {
  const latin = Buffer.from('{"theme": "\xFF\xE9"}', 'latin1')
  const utf16 = Buffer.from('\uFEFF{"theme": "dark"}', 'utf16le')
  const cwd = t.testdir()
  for (const [name, bytes] of Object.entries({ latin, utf16, '.env': latin })) {
    const file = join(cwd, name)
    await writeFile(file, bytes)
    const args =
      name === '.env'
        ? ['pin', '--write']
        : ['connect', 'claude-desktop', '--demo', '--write', file]
    const { code, stdout, stderr } = await runCli(t, args, { cwd })
    t.match({ code, stdout }, { code: 2, stdout: '' })
    t.equal(stderr, `${file} is not in UTF-8: save it in UTF-8. Nothing was changed\n`)
    t.strictSame(await readFile(file), bytes, name)
  }
  t.same(await backups(cwd), [])
})

t.test('a file that is not what it should be is left alone', async (t) => {
  const texts: Record<string, string> = {
    'comma.json': '{\n  // mine\n  "mcpServers": {},,\n}',
    'half.json': '{"env": {"KEY": "s3cret',
    'list.json': '[1]',
    'null.json': 'null',
    'text.json': '{"mcpServers": "none"}',
    'array.json': '{"mcpServers": []}',
    'object.json': '{"mcpServers": {}}'
  }
  const cwd = t.testdir({ ...texts, folder: {}, plain: 'x' })
  const cases: [string, string, RegExp][] = [
    ['claude-desktop', 'comma.json', /is not valid JSON in line 3: fix it/],
    ['claude-desktop', 'half.json', /is not valid JSON in line 1: fix it/],
    ['claude-desktop', 'list.json', /does not hold a JSON object: fix it/],
    ['claude-desktop', 'null.json', /does not hold a JSON object/],
    ['claude-desktop', 'text.json', /something other than an object as mcpServers/],
    ['mcp-remote', 'array.json', /something other than an object as mcpServers/],
    ['openwebui', 'object.json', /does not hold a JSON array of connections/],
    ['claude-desktop', 'folder', /cannot be read \(EISDIR\)/],
    ['claude-desktop', 'plain/x.json', /cannot be (read|written) \(ENOTDIR\)/],
    ['claude-desktop', '/proc/nobody/x.json', /\/proc\/nobody\/x\.json cannot be written/],
    ['openwebui', '/dev/null', /\/dev\/null cannot be written|cannot be/]
  ]
  await Promise.all(
    cases.map(async ([client, file, message]) => {
      const args = ['connect', client, '--write', file]
      const { code, stdout, stderr } = await runCli(t, args, { cwd, env })
      t.ok(code === 1 || code === 2, `${client} ${file}: ${code}`)
      t.equal(stdout, '')
      t.match(stderr, message, file)
      t.notMatch(stderr, 's3cret')
      t.notMatch(stderr, /\n {4}at /, 'no stack')
    })
  )
  for (const [name, text] of Object.entries(texts))
    t.equal(await readFile(join(cwd, name), 'utf8'), text, name)
  t.same(await backups(cwd), [])
  t.ok((await stat('/dev/null')).isCharacterDevice())
})

t.test("Claude Desktop's own place", async (t) => {
  const name = 'claude_desktop_config.json'
  const home = { HOME: '/home/me' }
  t.equal(claudeDesktopFile(home, 'linux'), `/home/me/.config/Claude/${name}`)
  t.equal(claudeDesktopFile({ ...home, XDG_CONFIG_HOME: '/c' }, 'linux'), `/c/Claude/${name}`)
  t.equal(
    claudeDesktopFile({ HOME: '/Users/me' }, 'darwin'),
    `/Users/me/Library/Application Support/Claude/${name}`
  )
  for (const env of [
    { APPDATA: 'C:\\Users\\me\\AppData\\Roaming' },
    { USERPROFILE: 'C:\\Users\\me' }
  ])
    t.equal(claudeDesktopFile(env, 'win32'), `C:\\Users\\me\\AppData\\Roaming\\Claude\\${name}`)
})

t.test(
  'the lines for curl work when pasted',
  { skip: missingPrograms('sh', 'curl') },
  async (t) => {
    const bridge = await startTestBridge(t)
    const { stdout, stderr } = await runCli(t, ['connect', 'curl', '--url', bridge.url], {
      cwd: t.testdir()
    })
    t.match(stderr, 'export MCP_BEARER_TOKEN=')
    const answers = await Promise.all(
      stdout
        .trim()
        .split('\n')
        .map((line) => run('sh', ['-c', line], { env: { MCP_BEARER_TOKEN: bridge.token } }))
    )
    const [rest, list, call] = answers.map((answer) => {
      // Over MCP the answer may come as an event.
      const text = answer.stdout.trim()
      return JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? text)
    })
    t.ok(rest.total > 0)
    t.same(
      list.result.tools.map(({ name }: { name: string }) => name).toSorted(),
      [...bridge.app.tools.keys()].toSorted()
    )
    t.equal(call.result.structuredContent.total, rest.total)
  }
)

t.test('help of every client has examples', async (t) => {
  const cwd = t.testdir()
  const { stdout } = await runCli(t, ['connect', '--help'], { cwd })
  const clients = ['openwebui', 'claude-desktop', 'mcp-remote', 'n8n', 'inspector', 'curl']
  await Promise.all(
    clients.map(async (client) => {
      t.match(stdout, new RegExp(`^  ${client}\\b`, 'm'))
      const help = await runCli(t, ['connect', client, '--help'], { cwd })
      t.match(help, { code: 0, stderr: '' })
      t.match(help.stdout, new RegExp(`Examples:\n  scale-bridge connect ${client}`))
    })
  )
})
