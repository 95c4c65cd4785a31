import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { chmodSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { SimulatorOptions } from '../../../src/simulator/options.ts'
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.ts'
import { startOidcProvider } from '../../helper/oidc-provider.ts'
import { startOpenWebUi } from '../../helper/openwebui-server.ts'
import { freePort, takenPort } from '../../helper/ports.ts'
import { packageVersion } from '../../../src/lib/files/package-info.ts'
import { startTestBridge, testToken } from '../../helper/bridge.ts'
import { startLlmServer } from '../../helper/llm-server.ts'
import { runCli } from '../../helper/run-cli.ts'
import { tokensOf } from '../../helper/token-file.ts'
import { runSpawnedCli } from '../../helper/spawn-cli.ts'
import { clusterSettings } from '../../helper/cluster-settings.ts'

async function setUp(
  t: { teardown(handler: () => unknown): void },
  options: Partial<SimulatorOptions> = {}
): Promise<{ simulator: Simulator; env: Record<string, string> }> {
  const simulator = await startSimulator({ vms: 2, speed: 50, ...options })
  t.teardown(() => simulator.close())
  const env = {
    MCP_BEARER_TOKEN: testToken,
    PORT: String(await freePort()),
    ...clusterSettings(simulator)
  }
  return { simulator, env }
}

/** The lines of the table by what they check: result and detail. */
function rowsOf(stdout: string): Record<string, string> {
  const rows = stdout.matchAll(/^(ok|failed|skipped) +(.+?) {2,}(.*)$/gm)
  return Object.fromEntries(
    [...rows].map(([, result, name = '', text]) => [name, `${result} ${text}`])
  )
}

t.test('all is well', async (t) => {
  const directory = createServer((_request, response) => response.end('[]'))
  await new Promise<void>((resolve) => directory.listen(0, '127.0.0.1', resolve))
  t.teardown(() => directory.close())
  const { port } = directory.address() as AddressInfo
  const { simulator, env } = await setUp(t)
  const chat = await startOpenWebUi(t)
  const llm = await startLlmServer(t)
  const provider = await startOidcProvider(t)
  const bridge = await startTestBridge(t, { simulator: { nodes: 1, vms: 1 } })
  const { code, stdout } = await runSpawnedCli(t, ['check'], {
    cwd: t.testdir(),
    env: {
      ...env,
      PORT: new URL(bridge.url).port,
      LLM_BASE_URL: llm.url,
      LLM_MODEL: 'test-model',
      OPENWEBUI_URL: chat.url,
      OPENWEBUI_API_KEY: chat.apiKey,
      SCALE_EXPORT_URI: 'smb://backup:sesame@archive.example/exports',
      OIDC_ISSUER: provider.issuer,
      OIDC_AUDIENCE: 'https://bridge.example/mcp',
      ALLOWED_HOSTS: 'bridge.example',
      SCALE_DIRECTORY_URL: `http://127.0.0.1:${port}/vms`
    }
  })
  t.equal(code, 0, stdout)
  const rows = rowsOf(stdout)
  const hosts = simulator.urls.map((url) => new URL(url).host)
  t.strictSame(Object.keys(rows), [
    'settings',
    ...hosts.map((host) => `node ${host}`),
    ...hosts.map((host) => `certificate ${host}`),
    'login',
    'session',
    'version',
    'ledger',
    'record',
    'catalog',
    'export target',
    'directory',
    'chat',
    'model server',
    'sign-in',
    'tokens',
    'bridge'
  ])
  for (const [name, row] of Object.entries(rows))
    t.match(row, name === 'tokens' ? /^skipped there is MCP_BEARER_TOKEN alone/ : /^ok /, name)
  t.match(rows[`certificate ${hosts[0]}`], /pinned; \d+ days left/)
  t.match(rows['version'], /HyperCore 9\.4\.30\.217736/)
  t.match(rows['catalog'], /\d{3} operations/)
  t.match(rows['export target'], 'smb://archive.example/exports')
  t.match(rows['model server'], /has the model test-model/)
  t.match(
    rows['sign-in'],
    /127\.0\.0\.1:\d+ responds and has 1 key; .*\/\.well-known\/oauth-protected-resource\/mcp/
  )
  t.same(
    llm.requests.map(({ line }) => line),
    ['GET /v1/models'],
    'no model was loaded'
  )
  t.match(rows['bridge'], `version ${packageVersion} runs at ${bridge.url} and is ready`)
  t.notMatch(stdout, 'sesame')
  t.notMatch(stdout, '\u001b', 'no colours in a pipe')
  const ends = simulator.requests.map((entry) => entry.path.replace(/\/$/, '').split('/').at(-1))
  t.equal(ends.filter((end) => end === 'login').length, 1)
  t.equal(ends.at(-1), 'logout', 'it leaves no session behind')
})

t.test('an OpenWebUI that refuses the key, or is not there', async (t) => {
  const { env } = await setUp(t, { nodes: 1 })
  const chat = await startOpenWebUi(t)
  for (const [OPENWEBUI_URL, row, advice] of [
    [chat.url, /^failed OpenWebUI at 127\.0\.0\.1:\d+ returned 401/, /OPENWEBUI_API_KEY/],
    [`http://127.0.0.1:${await freePort()}`, /^failed .* refused the connection/, /OPENWEBUI_URL/]
  ] as const) {
    const { code, stdout } = await runCli(t, ['check'], {
      cwd: t.testdir(),
      env: { ...env, OPENWEBUI_URL, OPENWEBUI_API_KEY: 'sk-wrong-zzq' }
    })
    t.equal(code, 1)
    t.match(rowsOf(stdout)['chat'], row)
    t.match(stdout, advice)
    t.notMatch(stdout, /zzq/)
  }
})

t.test('a wrong password is tried once', async (t) => {
  const { simulator, env } = await setUp(t)
  const { code, stdout } = await runCli(t, ['check'], {
    cwd: t.testdir(),
    env: { ...env, SCALE_PASSWORD: 'guess-zzq' }
  })
  t.equal(code, 1)
  const rows = rowsOf(stdout)
  t.match(rows['login'], /^failed .*SCALE_PASSWORD/)
  t.notMatch(rows['login'], /asked again/, 'nothing asks after this')
  t.match(rows['session'], /^skipped /)
  t.match(rows['version'], /^skipped /)
  t.match(stdout, /1 check failed/)
  t.notMatch(stdout, /zzq/)
  t.equal(simulator.requests.filter((entry) => entry.path.endsWith('/login')).length, 1)
})

t.test('a node that does not respond fails, the others are still checked', async (t) => {
  const { simulator, env } = await setUp(t)
  const dead = `127.0.0.1:${await freePort()}`
  const { code, stdout } = await runCli(t, ['check'], {
    cwd: t.testdir(),
    env: { ...env, SCALE_HOST: `${dead},${simulator.urls[1]}` }
  })
  t.equal(code, 1)
  const rows = rowsOf(stdout)
  t.match(rows[`node ${dead}`], /^failed /)
  t.match(rows[`certificate ${dead}`], /^skipped /)
  t.match(rows['login'], /^ok /)
  t.match(rows['version'], /^ok /)
})

t.test('an untrusted certificate names the command that pins it', async (t) => {
  const { simulator, env } = await setUp(t, { nodes: 1 })
  const host = new URL(simulator.urls[0] ?? '').host
  const verify = await runCli(t, ['check'], {
    cwd: t.testdir(),
    env: { ...env, SCALE_TLS: 'verify' }
  })
  t.equal(verify.code, 1)
  t.match(rowsOf(verify.stdout)[`certificate ${host}`], /^failed /)
  t.match(verify.stdout, `scale-bridge pin ${host}`)
  t.match(rowsOf(verify.stdout)['login'], /^skipped /)
  t.strictSame(simulator.requests, [], 'the password was not sent')

  const other = 'AB:'.repeat(32).slice(0, -1)
  const changed = await runCli(t, ['check'], {
    cwd: t.testdir(),
    env: { ...env, SCALE_TLS_FINGERPRINT: other }
  })
  t.equal(changed.code, 1)
  t.match(rowsOf(changed.stdout)[`certificate ${host}`], /^failed /)

  const insecure = await runCli(t, ['check'], {
    cwd: t.testdir(),
    env: { ...env, SCALE_TLS: 'insecure' }
  })
  t.equal(insecure.code, 0)
  t.match(rowsOf(insecure.stdout)[`certificate ${host}`], /^skipped .*insecure/)

  const cwd = t.testdir({ 'ca.pem': simulator.certificates[0] ?? '' })
  const trusted = await runCli(t, ['check'], {
    cwd,
    env: { ...env, SCALE_TLS: 'verify', SCALE_TLS_CA: 'ca.pem' }
  })
  t.equal(trusted.code, 0, trusted.stdout)
  t.match(rowsOf(trusted.stdout)[`certificate ${host}`], /^ok verified/)
})

t.test('nodes that the list of the cluster adds, lacks, or does not name', async (t) => {
  const { simulator, env } = await setUp(t, { nodes: 4 })
  const hosts = simulator.urls.map((url) => new URL(url).host)
  const [, second] = [...simulator.world.state.nodes.values()]
  simulator.world.state.nodes.delete(second?.uuid ?? '')
  const settings = {
    ...env,
    SCALE_HOST: hosts.slice(0, 2).join(),
    SCALE_TLS_FINGERPRINT: simulator.fingerprints.slice(0, 3).join(),
    COLUMNS: '400'
  }
  const check = async (more: Record<string, string>) =>
    (await runCli(t, ['check'], { cwd: t.testdir(), env: { ...settings, ...more } })).stdout
  const off = await check({})
  t.match(off, /all nodes +1 node of the cluster is not in SCALE_HOST|2 nodes of the cluster/)
  const on = await check({ SCALE_DISCOVER: 'on' })
  t.match(on, new RegExp(`ok +node ${hosts[2]} +found by the list of the cluster, and used`))
  t.match(
    on,
    new RegExp(`skipped +node ${hosts[3]} +found by the list of the cluster, and not used`)
  )
  t.match(on, new RegExp(`scale-bridge pin ${hosts[3]}`))
  t.match(on, new RegExp(`the list of the cluster lacks ${hosts[1]} of SCALE_HOST`))
  for (const [at, node] of [...simulator.world.state.nodes.values()].entries())
    node.lanIP = `127.0.1.${at + 1}`
  t.match(
    await check({ SCALE_DISCOVER: 'on' }),
    /skipped +discovery +SCALE_DISCOVER is on and finds nothing: the cluster knows itself by other/
  )
})

t.test('wrong settings do not hide what else can be checked', async (t) => {
  const { env } = await setUp(t, { nodes: 1 })
  const { MCP_BEARER_TOKEN: _token, ...cluster } = env
  const noToken = await runCli(t, ['check'], { cwd: t.testdir(), env: { ...cluster, PORT: 'zzq' } })
  t.equal(noToken.code, 1)
  t.match(rowsOf(noToken.stdout)['settings'], /^failed /)
  t.match(noToken.stdout, /-> MCP_BEARER_TOKEN is not set/)
  t.match(noToken.stdout, /-> PORT must be/)
  t.notMatch(noToken.stdout, /zzq/)
  t.match(rowsOf(noToken.stdout)['login'], /^ok /)

  const nothing = await runCli(t, ['check'], { cwd: t.testdir() })
  t.equal(nothing.code, 1)
  t.match(rowsOf(nothing.stdout)['login'], /^skipped /)
  t.match(rowsOf(nothing.stdout)['catalog'], /^ok /)
})

t.test('secrets in files', async (t) => {
  const { env } = await setUp(t, { nodes: 1 })
  const { SCALE_PASSWORD: password = '', ...others } = env
  const cwd = t.testdir({ password: `${password}\n` })
  const path = join(cwd, 'password')
  chmodSync(path, 0o604)
  const check = (more: Record<string, string>) => runCli(t, ['check'], { cwd, env: more })
  const good = await check({ ...others, SCALE_PASSWORD_FILE: './password' })
  t.equal(good.code, 0, good.screen)
  t.match(rowsOf(good.stdout), { settings: `SCALE_PASSWORD from ${path}`, login: /^ok/ })
  t.match(good.stdout, `-> ${path} can be read by every user (mode 604)`)
  chmodSync(path, 0o600)
  writeFileSync(join(cwd, '.env'), 'SCALE_PASSWORD_FILE=./password\n', { mode: 0o600 })
  const inSettings = await check(others)
  t.equal(inSettings.code, 0, inSettings.screen)
  t.notMatch(inSettings.stdout, '(mode ')

  const both = await check(env)
  t.equal(both.code, 1)
  t.match(both.stdout, /-> SCALE_PASSWORD and SCALE_PASSWORD_FILE are both set: remove one/)
  t.equal(both.stdout.match(/are both set/g)?.length, 1)
  t.match(rowsOf(both.stdout), { settings: /^failed/, login: /^skipped/, catalog: /^ok/ })
  const none = await check({ ...others, SCALE_PASSWORD_FILE: './none' })
  t.equal(none.code, 1)
  t.match(
    none.stdout.replaceAll(/\s+/g, ' '),
    `SCALE_PASSWORD_FILE names ${join(cwd, 'none')}, which`
  )
  t.notMatch(none.stdout, 'SCALE_PASSWORD is not set')
})

t.test('a directory that fails', async (t) => {
  const { env } = await setUp(t, { nodes: 1 })
  const { code, stdout } = await runCli(t, ['check'], {
    cwd: t.testdir(),
    env: { ...env, SCALE_DIRECTORY_URL: `http://127.0.0.1:${await freePort()}/vms` }
  })
  t.equal(code, 1)
  t.match(rowsOf(stdout)['directory'], /^failed .*SCALE_DIRECTORY_URL/)
})

t.test('a place for the session that cannot be written is pointed out', async (t) => {
  const { env } = await setUp(t, { nodes: 1 })
  const cwd = t.testdir()
  writeFileSync(join(cwd, 'file'), '')
  const { code, stdout } = await runCli(t, ['check'], {
    cwd,
    env: {
      ...env,
      SCALE_SESSION_FILE: join(cwd, 'file', 'session.json'),
      SCALE_STORE: join(cwd, 'store'),
      SCALE_AUDIT_FILE: join(cwd, 'audit.jsonl'),
      SCALE_AUDIT_KEY: join(cwd, 'audit-key.pem')
    }
  })
  t.equal(code, 0)
  t.match(stdout, /-> .*cannot be written: .*SCALE_SESSION_FILE/)

  const proc = await runCli(t, ['check'], {
    cwd: t.testdir(),
    env: { ...env, SCALE_SESSION_FILE: '/proc/x/y' }
  })
  t.match(proc.stdout, /-> \/proc\/x\/y cannot be written: /, 'nobody can, whatever their rights')
})

t.test('the tokens, and who may do what', async (t) => {
  const { env } = await setUp(t, { nodes: 1 })
  const cwd = t.testdir()
  const path = join(cwd, 'tokens.json')
  const check = (more: Record<string, string> = {}) =>
    runCli(t, ['check'], { cwd, env: { ...env, SCALE_TOKENS_FILE: path, ...more } })
  const row = async (more?: Record<string, string>) => rowsOf((await check(more)).stdout)['tokens']
  t.match(await row(), /^skipped +there is MCP_BEARER_TOKEN alone; no others in /)
  const open = await check({ HOST: '0.0.0.0', APPROVAL: 'lose' })
  t.match(open.stdout, /-> MCP_BEARER_TOKEN has every scope and HOST is not loopback: narrow it/)
  const proxied = await check({ ALLOWED_HOSTS: 'bridge.example' })
  t.match(proxied.stdout, /-> MCP_BEARER_TOKEN has every scope and ALLOWED_HOSTS is set: narrow it/)
  t.match(open.stdout, /-> APPROVAL is lose and no token can approve: `scale-bridge token new/)
  t.match(rowsOf(open.stdout)['tokens'], /^failed /)
  t.equal(open.code, 1)
  const narrow = { HOST: '0.0.0.0', MCP_TOKEN_SCOPE: 'read', APPROVAL: 'lose' }
  t.notMatch((await check(narrow)).stdout, /has every scope/)

  const tokens = tokensOf(t, cwd)
  await tokens.create('ada', 'read,approve')
  await tokens.create('old', 'read', '--expires', '0.01s')
  await tokens.create('lost', 'read')
  await tokens.run('revoke', 'lost')
  t.match(await row(), /^ok +1 valid, 1 expired, 1 revoked in /)
  t.notMatch((await check(narrow)).stdout, /no token can approve/)
  chmodSync(path, 0o644)
  t.match((await check()).stdout, /-> \S+tokens\.json can be read by every user \(mode 644\)/)
  writeFileSync(path, '{}')
  const damaged = await check()
  t.equal(damaged.code, 1)
  t.match(rowsOf(damaged.stdout)['tokens'], /^failed .*is damaged \(it holds no list of tokens\)/)
})

t.test('a ledger that cannot be written is a failure: nothing would be changed', async (t) => {
  const { env } = await setUp(t, { nodes: 1 })
  const cwd = t.testdir({ file: '' })
  const { code, stdout } = await runCli(t, ['check'], {
    cwd,
    env: { ...env, SCALE_STORE: join(cwd, 'file') }
  })
  t.equal(code, 1)
  const row = rowsOf(stdout)['ledger']
  t.match(row, /^failed +nothing can be written to /)
  t.match(stdout, /-> the bridge refuses every call that changes the cluster: .*SCALE_STORE/)
})

t.test('a record that cannot be written is a failure, too', async (t) => {
  const { env } = await setUp(t, { nodes: 1 })
  const cwd = t.testdir({ file: '' })
  for (const name of ['SCALE_AUDIT_FILE', 'SCALE_AUDIT_KEY']) {
    const { code, stdout } = await runCli(t, ['check'], {
      cwd,
      env: { ...env, [name]: join(cwd, 'file', 'below') }
    })
    t.equal(code, 1, name)
    t.match(rowsOf(stdout)['record'], /^failed +nothing can be written to /)
    t.match(stdout.replaceAll(/\s+/g, ' '), new RegExp(`every call that changes .*${name}`))
  }
})

t.test('the model server', async (t) => {
  const { env } = await setUp(t, { nodes: 1 })
  const llm = await startLlmServer(t)
  const bare = createServer((_request, response) => response.writeHead(404).end())
  await new Promise<void>((resolve) => bare.listen(0, '127.0.0.1', resolve))
  t.teardown(() => bare.close())
  const dead = `http://127.0.0.1:${await freePort()}/v1`
  const listless = `http://127.0.0.1:${(bare.address() as AddressInfo).port}/v1`
  const cases: [string, string, RegExp, number][] = [
    [llm.url, 'other-model', /^ok 127\.0\.0\.1:\d+ has the model other-model/, 0],
    [llm.url, 'tiny', /^failed .* does not have the model tiny: .*test-model, other-model/, 1],
    [dead, 'tiny', /^failed .* refused the connection: check that it runs/, 1],
    [listless, 'tiny', /^ok .* does not list its models, so tiny is not checked/, 0],
    [llm.url, '', /^skipped requires the settings above/, 1]
  ]
  for (const [LLM_BASE_URL, LLM_MODEL, row, exitCode] of cases) {
    const { code, stdout } = await runCli(t, ['check'], {
      cwd: t.testdir(),
      env: { ...env, LLM_BASE_URL, LLM_MODEL }
    })
    t.equal(code, exitCode, LLM_MODEL)
    t.match(rowsOf(stdout)['model server'], row)
  }
  llm.models = ['qwen3:latest']
  const { stdout } = await runCli(t, ['check'], {
    cwd: t.testdir(),
    env: { ...env, LLM_BASE_URL: llm.url, LLM_MODEL: 'qwen3' }
  })
  t.match(rowsOf(stdout)['model server'], /^ok /, 'a name without its tag')
})

t.test('the identity provider', async (t) => {
  const { env } = await setUp(t, { nodes: 1 })
  const provider = await startOidcProvider(t)
  const dead = `http://127.0.0.1:${await freePort()}`
  const cases: [Record<string, string>, RegExp, RegExp, number][] = [
    [{}, /^skipped OIDC_ISSUER and OIDC_AUDIENCE are not set/, /-> set both to accept access/, 0],
    [{ OIDC_ISSUER: provider.issuer }, /^skipped requires the settings above/, /OIDC_AUDIENCE/, 1],
    [
      { OIDC_ISSUER: provider.issuer, OIDC_AUDIENCE: 'https://bridge.example/mcp' },
      /^ok 127\.0\.0\.1:\d+ responds and has 1 key/,
      /-> add bridge\.example to ALLOWED_HOSTS/,
      0
    ],
    [
      { OIDC_ISSUER: dead, OIDC_AUDIENCE: 'http://127.0.0.1:5075/mcp' },
      /^failed .*refused the connection/,
      /./,
      1
    ],
    [
      { OIDC_ISSUER: `${provider.issuer}/`, OIDC_AUDIENCE: 'http://127.0.0.1:5075/mcp' },
      /^failed .*calls itself "http:.*": set OIDC_ISSUER to exactly that/,
      /./,
      1
    ]
  ]
  for (const [more, row, advice, exitCode] of cases) {
    const { code, stdout } = await runCli(t, ['check'], {
      cwd: t.testdir(),
      env: { ...env, ...more }
    })
    t.equal(code, exitCode, JSON.stringify(more))
    t.match(rowsOf(stdout)['sign-in'], row)
    t.match(stdout, advice)
  }
})

t.test('the port, and what listens there', async (t) => {
  const { env } = await setUp(t, { nodes: 1 })
  const check = async (more: Record<string, string>): Promise<[number, string, string]> => {
    const { code, stdout } = await runCli(t, ['check'], {
      cwd: t.testdir(),
      env: { ...env, ...more }
    })
    return [code, rowsOf(stdout)['bridge'] ?? '', stdout]
  }
  t.match(await check({}), [0, /^skipped does not run; 127\.0\.0\.1:\d+ is free/])
  t.match(await check({ PORT: '0' }), [0, /^skipped PORT is 0/])
  const taken = String(await takenPort(t))
  t.match(await check({ PORT: taken }), [1, /^failed .* is in use by another program/, /set PORT/])
  t.match(await check({ HOST: '192.0.2.1' }), [1, /^failed .* is not an address of this machine/])

  const bridge = await startTestBridge(t, { simulator: { nodes: 1, vms: 1 } })
  const PORT = new URL(bridge.url).port
  t.match(await check({ PORT }), [0, /^ok version/])
  t.match(await check({ PORT, MCP_BEARER_TOKEN: 'another-token-0123' }), [
    1,
    /^failed a bridge runs at .* and refuses MCP_BEARER_TOKEN/,
    /restart it/
  ])
  const other = await startTestBridge(t, { simulator: { nodes: 1, vms: 1 } })
  await other.simulator.close()
  t.match(await check({ PORT: new URL(other.url).port }), [
    1,
    /^failed runs at .*, and says: cluster not reachable, CLUSTER_\w+/,
    /restart it/
  ])
})

t.test('what should be changed although it works', async (t) => {
  const { env } = await setUp(t, { nodes: 1 })
  const cwd = t.testdir({
    '.env': 'SCALE_PASWORD=x\nOPENWEBUI_PORT=1\nLLM_THING=2\nTZ=UTC\nHOST=0.0.0.0\n'
  })
  chmodSync(join(cwd, '.env'), 0o644)
  const { code, stdout } = await runCli(t, ['check'], { cwd, env })
  t.equal(code, 0)
  t.match(stdout, /-> .*\.env can be read by every user \(mode 644\): `chmod 600 /)
  t.match(stdout, /-> unknown setting SCALE_PASWORD, did you mean SCALE_PASSWORD\?/)
  t.match(
    stdout,
    /-> unknown setting LLM_THING: correct its name, unless it is for another program\n/
  )
  t.match(stdout, /-> HOST is 0\.0\.0\.0: the token crosses the network in plain HTTP/)
  t.notMatch(stdout, /OPENWEBUI_PORT|TZ/, 'other programs read the file too')

  chmodSync(join(cwd, '.env'), 0o600)
  const { SCALE_PASSWORD: _password, ...missing } = env
  const wrong = await runCli(t, ['check'], { cwd, env: missing })
  t.match(wrong.stdout, /^failed +settings[^]*did you mean SCALE_PASSWORD/m, 'why it is missing')
  t.match(wrong.stdout, /^failed +settings[^]*-> HOST is 0\.0\.0\.0: the token crosses/m)
  t.notMatch(wrong.stdout, /chmod/)
})

t.test('wrong settings do not hide what else should be changed', async (t) => {
  const cwd = t.testdir({ '.env': 'MCP_BEARER_TOKEN=short\nREAD_ONLY_MODE=true\n' })
  chmodSync(join(cwd, '.env'), 0o644)
  const check = async (env: Record<string, string>) =>
    (await runCli(t, ['check'], { cwd, env })).stdout
  const local = await check({})
  t.match(local, /^failed +settings[^]*-> SCALE_HOST is not set/m)
  t.match(local, /-> .*\.env can be read by every user \(mode 644\): `chmod 600 /)
  t.match(local, /-> unknown setting READ_ONLY_MODE, did you mean READ_ONLY\?/)
  t.match(local, /-> MCP_BEARER_TOKEN has fewer than 16 characters; `openssl/)

  const open = await check({ HOST: '0.0.0.0' })
  t.match(open, /-> HOST is 0\.0\.0\.0: the token crosses the network in plain HTTP/)
  t.equal(open.match(/MCP_BEARER_TOKEN has fewer/g)?.length, 1, 'the token is mentioned once')

  const none = await check({ MCP_BEARER_TOKEN: '' })
  t.match(none, /-> MCP_BEARER_TOKEN is not set/)
  t.notMatch(none, /MCP_BEARER_TOKEN has fewer/)
})

t.test('a settings file of another name', async (t) => {
  const { env } = await setUp(t, { nodes: 1 })
  const text = Object.entries(env).map(([name, value]) => `${name}=${value}\n`)
  const cwd = t.testdir({ conf: { 'bridge.env': text.join('') } })
  const args = ['check', '--settings', 'conf/bridge.env']
  t.match(await runCli(t, args, { cwd }), {
    code: 0,
    stdout: /^ok +settings +.*conf\/bridge\.env/m
  })
  const none = await runCli(t, ['check', '--settings', 'none.env'], { cwd })
  t.match(none, { code: 2, stdout: '', stderr: /none\.env does not exist: `scale-bridge init/ })
})

t.test('it fits the terminal', async (t) => {
  const { env } = await setUp(t, { nodes: 1 })
  // The parts of a path are not torn apart: they have to be short.
  const cwd = await mkdtemp(join(tmpdir(), 'check-'))
  t.teardown(() => rm(cwd, { recursive: true }))
  for (const terminal of [60, 80, 200]) {
    const { screen } = await runCli(t, ['check'], {
      cwd,
      env: { ...env, SCALE_TLS: 'verify', NO_COLOR: '1' },
      terminal
    })
    for (const line of screen.split('\n')) t.ok(line.length <= terminal, `${terminal}: ${line}`)
    t.match(screen.replaceAll(/\s+/g, ' '), /pin 127\.0\.0\.1:\d+` shows the certificate and asks/)
  }
})
