import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { SimulatorOptions } from '../../../src/simulator/options.ts'
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.ts'
import { startOpenWebUi } from '../../helper/openwebui-server.ts'
import { freePort } from '../../helper/ports.ts'
import { runCli } from '../../helper/run-cli.ts'

async function setUp(
  t: { teardown(handler: () => unknown): void },
  options: Partial<SimulatorOptions> = {}
): Promise<{ simulator: Simulator; env: Record<string, string> }> {
  const simulator = await startSimulator({ vms: 2, speed: 50, ...options })
  t.teardown(() => simulator.close())
  const env = {
    MCP_BEARER_TOKEN: 'a-token-of-some-length',
    SCALE_HOST: simulator.urls.join(','),
    SCALE_USERNAME: 'admin',
    SCALE_PASSWORD: 'admin',
    SCALE_TLS: 'pin',
    SCALE_TLS_FINGERPRINT: simulator.fingerprints.join(',')
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
  const { code, stdout } = await runCli(t, ['check'], {
    cwd: t.testdir(),
    env: {
      ...env,
      OPENWEBUI_URL: chat.url,
      OPENWEBUI_API_KEY: chat.apiKey,
      SCALE_EXPORT_URI: 'smb://backup:sesame@archive.example/exports',
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
    'catalog',
    'export target',
    'directory',
    'chat'
  ])
  for (const [name, row] of Object.entries(rows)) t.match(row, /^ok /, name)
  t.match(rows[`certificate ${hosts[0]}`], /pinned; \d+ days left/)
  t.match(rows['version'], /HyperCore 9\.4\.30\.217736/)
  t.match(rows['catalog'], /\d{3} operations/)
  t.match(rows['export target'], 'smb://archive.example/exports')
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
    [chat.url, /^failed OpenWebUI at 127\.0\.0\.1:\d+ answered 401/, /OPENWEBUI_API_KEY/],
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

t.test('a node that does not answer fails, the others go on', async (t) => {
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
    env: { ...env, SCALE_SESSION_FILE: join(cwd, 'file', 'session.json') }
  })
  t.equal(code, 0)
  t.match(stdout, /-> .*cannot be written: .*SCALE_SESSION_FILE/)

  const proc = await runCli(t, ['check'], {
    cwd: t.testdir(),
    env: { ...env, SCALE_SESSION_FILE: '/proc/x/y' }
  })
  t.match(proc.stdout, /-> \/proc\/x\/y cannot be written: /, 'nobody can, whatever their rights')
})
