import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readEnvText } from '../../../src/config/env-text.ts'
import type { SimulatorOptions } from '../../../src/simulator/options.ts'
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.ts'
import { freePort } from '../../helper/ports.ts'
import { runCli, startCli } from '../../helper/run-cli.ts'

const awkward = `p w'd #1 $HOME "x" ünï`

async function simulatorFor(
  t: { teardown(handler: () => unknown): void },
  options: Partial<SimulatorOptions> = {}
): Promise<Simulator & { hosts: string }> {
  const simulator = await startSimulator({ vms: 2, nodes: 2, speed: 50, ...options })
  t.teardown(() => simulator.close())
  return Object.assign(simulator, {
    hosts: simulator.urls.map((url) => new URL(url).host).join(',')
  })
}

const valuesIn = (cwd: string, name = '.env'): Record<string, string> =>
  readEnvText(readFileSync(join(cwd, name), 'utf8'))

const backupsIn = (cwd: string): string[] =>
  readdirSync(cwd).filter((name) => name.startsWith('.env.backup-'))

t.test('from nothing to a working bridge without a question', async (t) => {
  const { hosts, fingerprints } = await simulatorFor(t, { user: 'ops', password: awkward })
  const cwd = t.testdir({ pw: `${awkward}\n` })
  const args = ['init', '--host', hosts, '--username', 'ops', '--password-file', 'pw', '--yes']
  const made = await runCli(t, [...args, '--export-uri', `smb://u:p'#$@srv/share`], { cwd })
  t.equal(made.code, 0, made.stdout + made.stderr)
  for (const print of fingerprints) t.match(made.stdout, print, 'the certificates are shown')
  t.match(made.stdout, /ok +login/, 'the check ran')
  t.notMatch(made.stdout + made.stderr, awkward)

  t.equal(statSync(join(cwd, '.env')).mode & 0o777, 0o600)
  const values = valuesIn(cwd)
  const token = values['MCP_BEARER_TOKEN'] ?? ''
  t.match(token, /^[0-9a-f]{48}$/)
  t.notMatch(made.stdout + made.stderr, token)
  t.strictSame(values, {
    SCALE_HOST: hosts,
    SCALE_USERNAME: 'ops',
    SCALE_PASSWORD: awkward,
    SCALE_EXPORT_URI: `smb://u:p'#$@srv/share`,
    MCP_BEARER_TOKEN: token,
    SCALE_TLS: 'pin',
    SCALE_TLS_FINGERPRINT: fingerprints.join(',')
  })
  t.strictSame(backupsIn(cwd), [])

  const bridge = startCli(t, ['serve'], { cwd, env: { PORT: '0' } })
  const [, url = ''] = await bridge.printed(/listens on (\S+) /)
  const answer = await fetch(`${url}/vm_read`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: '{}'
  })
  t.equal(answer.status, 200)
  t.match(await answer.json(), { total: 2 })
  await bridge.stop()
})

t.test('an existing file is backed up; what is not asked for stays', async (t) => {
  const { hosts, fingerprints, urls } = await simulatorFor(t)
  const old = 'AB:'.repeat(32).slice(0, -1)
  const original = [
    '# my notes',
    'PORT=5099 # for the proxy',
    'MCP_BEARER_TOKEN=kept-token-0123456789',
    'SCALE_HOST=10.255.255.1',
    `SCALE_TLS_FINGERPRINT=${old}`,
    'SCALE_PASSWORD=admin',
    'SCALE_USERNAME=admin'
  ].join('\n')
  const cwd = t.testdir({ '.env': original })
  const refused = await runCli(t, ['init', '--host', hosts, '--fingerprint', old], { cwd })
  t.equal(refused.code, 2)
  t.match(refused.stderr, /--force/)
  t.equal(readFileSync(join(cwd, '.env'), 'utf8'), original)

  const args = ['init', '--host', hosts, '--force', '--fingerprint', fingerprints.join(',')]
  const made = await runCli(t, args, { cwd })
  t.equal(made.code, 0, made.stdout + made.stderr)
  const [backup = '', ...more] = backupsIn(cwd)
  t.strictSame(more, [])
  t.equal(readFileSync(join(cwd, backup), 'utf8'), original)
  t.equal(statSync(join(cwd, backup)).mode & 0o777, 0o600)
  t.match(readFileSync(join(cwd, '.env'), 'utf8'), '# my notes\nPORT=5099 # for the proxy\n')
  t.match(valuesIn(cwd), {
    MCP_BEARER_TOKEN: 'kept-token-0123456789',
    SCALE_HOST: hosts,
    SCALE_PASSWORD: 'admin',
    SCALE_TLS_FINGERPRINT: fingerprints.join(',')
  })
  t.notMatch(readFileSync(join(cwd, '.env'), 'utf8'), old, 'pins of another cluster go')
  t.match(readFileSync(join(cwd, '.env'), 'utf8'), `# pinned: ${urls[0]} ${fingerprints[0]}`)
})

t.test('what is missing is named by its option, and nothing is written', async (t) => {
  const { hosts, fingerprints } = await simulatorFor(t)
  const who = ['--host', hosts, '--username', 'admin', '--password', 'admin']
  const cases: [string[], number, RegExp][] = [
    [[], 2, /^--host is missing/],
    [['--host', hosts], 2, /^--username is missing/],
    [['--host', hosts, '--username', 'admin'], 2, /^--password-file .*is missing/],
    [['--host', 'http://zzq'], 2, /^--host must use https/],
    [[...who, '--token', 'zzq zzq'], 2, /^--token must/],
    [[...who, '--export-uri', 'zzq'], 2, /^--export-uri must/],
    [[...who, '--fingerprint', 'zzq'], 2, /^--fingerprint must/],
    [who, 2, /--fingerprint .*--yes/],
    [[...who, '--fingerprint', 'ab'.repeat(32)], 1, /none of those given with --fingerprint/],
    [
      [...who, '--fingerprint', fingerprints[0] ?? ''],
      1,
      /^https:\S+: the certificate is none of those/
    ],
    [['--host', `127.0.0.1:${await freePort()}`, ...who.slice(2), '--yes'], 1, /No node answered/],
    [
      ['--host', `${hosts},127.0.0.1:${await freePort()}`, ...who.slice(2), '--yes'],
      2,
      /did not answer, nothing was written: --force/
    ],
    [['--password-file', 'absent', '--host', hosts], 2, /^--password-file absent .*ENOENT/]
  ]
  const folder = t.testdir(Object.fromEntries(cases.map((_case, i) => [`case-${i}`, {}])))
  await Promise.all(
    cases.map(async ([args, code, message], i) => {
      const cwd = join(folder, `case-${i}`)
      const result = await runCli(t, ['init', ...args], { cwd })
      t.equal(result.code, code, args.join(' '))
      t.match(result.stderr.split('\n').at(-2), message)
      t.notMatch(result.stderr, /zzq/)
      t.strictSame(readdirSync(cwd), [], args.join(' '))
    })
  )
})

t.test('a password from standard input, and a check that fails', async (t) => {
  const { hosts } = await simulatorFor(t)
  const cwd = t.testdir()
  const args = ['init', '--host', hosts, '--username', 'admin', '--password-stdin', '--yes']
  const made = await runCli(t, [...args, '--token', 'short'], { cwd, input: 'wrong-zzq\nmore\n' })
  t.equal(made.code, 1, 'the password is wrong')
  t.match(made.stdout, /failed +login/)
  t.match(made.stderr, /fewer than 16 characters/)
  t.notMatch(made.stdout + made.stderr, /zzq/)
  t.match(valuesIn(cwd), { SCALE_PASSWORD: 'wrong-zzq', MCP_BEARER_TOKEN: 'short' })
})

t.test('a malformed file is left alone', async (t) => {
  const cwd = t.testdir({ '.env': "A='open" })
  const { code, stderr } = await runCli(t, ['init', '--host', '10.0.0.1', '--force'], { cwd })
  t.equal(code, 2)
  t.match(stderr, /\.env, line 1: the quote is not closed/)
  t.equal(readFileSync(join(cwd, '.env'), 'utf8'), "A='open")
})

const noTerminal =
  spawnSync('script', ['-qec', 'true', '/dev/null']).status === 0
    ? false
    : 'needs `script` of util-linux for a pseudo-terminal'

t.test('asks at a terminal and never shows the password', { skip: noTerminal }, async (t) => {
  const { hosts, fingerprints } = await simulatorFor(t, { password: awkward })
  const cwd = t.testdir()
  const init = startCli(t, ['init'], { cwd, terminal: true })
  await init.printed(/Address of the cluster.*: /)
  init.type('http://10.0.0.1\r')
  await init.printed(/must use https/)
  init.type(`${hosts}\r`)
  await init.printed(/Cluster user.*\[admin\]: /)
  init.type('\r')
  await init.printed(/Password.*\(not shown\): /)
  init.type(`${awkward}\r`)
  await init.printed(/OpenID Connect provider\?.*\[y\/N\] /)
  init.type('\r')
  await init.printed(/Archive for exports.*: /)
  init.type('nonsense\r')
  await init.printed(/must look like smb/)
  init.type('smb://backup:sesame@srv/share\r')
  await init.printed(
    /Compare each SHA-256 fingerprint[^]*certificates of your cluster\?.*\[y\/N\] /
  )
  for (const print of fingerprints) t.match(init.stdout, print)
  init.type('y\r')
  t.equal((await init.exit).code, 0, init.stdout)
  t.match(init.stdout, /login/)
  t.match(init.stdout, '\u001b[1m', 'with styles')
  t.notMatch(init.stdout, awkward)
  t.notMatch(init.stdout, 'sesame')
  t.match(valuesIn(cwd), {
    SCALE_USERNAME: 'admin',
    SCALE_PASSWORD: awkward,
    SCALE_EXPORT_URI: 'smb://backup:sesame@srv/share',
    SCALE_TLS_FINGERPRINT: fingerprints.join(',')
  })
})

t.test('answers pasted at once stay hidden', { skip: noTerminal }, async (t) => {
  const { hosts } = await simulatorFor(t, { password: 'sesame' })
  const cwd = t.testdir()
  const init = startCli(t, ['init'], { cwd, terminal: true, env: { NO_COLOR: '1' } })
  await init.printed(/Address of the cluster.*: /)
  init.type(`${hosts}\radmin\rsesame\rn\r\ry\r`)
  t.equal((await init.exit).code, 0, init.stdout)
  t.notMatch(init.stdout, 'sesame')
  t.notMatch(init.stdout, '\u001b[1m', 'no styles with NO_COLOR')
  t.equal(valuesIn(cwd)['SCALE_PASSWORD'], 'sesame')
})

t.test('a no and Ctrl-C write nothing', { skip: noTerminal }, async (t) => {
  const { hosts } = await simulatorFor(t)
  const cwd = t.testdir()
  const args = ['init', '--host', hosts, '--username', 'admin', '--password', 'admin', '--oidc']
  const no = startCli(t, [...args, '--export-uri', ''], { cwd, terminal: true })
  await no.printed(/certificates of your cluster\?/)
  no.type('\r')
  t.equal((await no.exit).code, 1)
  const cancelled = startCli(t, ['init'], { cwd, terminal: true })
  await cancelled.printed(/Address of the cluster.*: /)
  cancelled.type('\u0003')
  t.equal((await cancelled.exit).code, 130)
  t.match(cancelled.stdout, /Cancelled: nothing was written/)
  t.strictSame(readdirSync(cwd), [])
})

t.test('pin asks too', { skip: noTerminal }, async (t) => {
  const { hosts, fingerprints } = await simulatorFor(t)
  const cwd = t.testdir()
  const pin = startCli(t, ['pin', ...hosts.split(',')], { cwd, terminal: true })
  await pin.printed(/Pin them in .*\?.*\[y\/N\] /)
  pin.type('y\r')
  t.equal((await pin.exit).code, 0)
  t.equal(valuesIn(cwd)['SCALE_TLS_FINGERPRINT'], fingerprints.join(','))
})
