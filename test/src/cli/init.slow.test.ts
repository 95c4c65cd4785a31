import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import t from 'tap'
import { readEnvText } from '../../../src/config/env-text.ts'
import { hashOf, parseTokens } from '../../../src/identity/token-record.ts'
import type { SimulatorOptions } from '../../../src/simulator/options.ts'
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.ts'
import { freePort } from '../../helper/ports.ts'
import { runCli, startCli } from '../../helper/run-cli.ts'
import { missingPrograms } from '../../helper/shell.ts'
import { startSpawnedCli } from '../../helper/spawn-cli.ts'

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
    MCP_TOKEN_SCOPE: 'read,operate,interrupt,lose,egress',
    APPROVAL: 'lose',
    SCALE_TLS: 'pin',
    SCALE_TLS_FINGERPRINT: fingerprints.join(',')
  })
  t.strictSame(backupsIn(cwd), [])

  t.match(made.stdout, /\nNext:\n {2}scale-bridge serve +start the bridge/)
  t.match(made.stdout, /\n {2}scale-bridge connect openwebui /)
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

t.test('a person gets a token to approve with, once', async (t) => {
  const { hosts } = await simulatorFor(t)
  const cwd = t.testdir()
  const args = ['init', '--host', hosts, '--username', 'admin', '--password', 'admin', '--yes']
  const first = await runCli(t, args, { cwd })
  t.equal(first.code, 0, first.screen)
  t.match(first.stdout, /127\.0\.0\.1:5075\/console, or with `scale-bridge approvals`.*"approver"/)
  const [token = ''] = /^sb_\S+$/m.exec(first.stdout) ?? []
  t.match(first.stdout, /ok +tokens +1 valid in /)
  const path = join(cwd, 'state', 'scale-bridge', 'tokens.json')
  const kept = readFileSync(path, 'utf8')
  const [approver, ...more] = parseTokens(kept)
  t.match(approver, { name: 'approver', hash: hashOf(token), scopes: ['read', 'approve'] })
  t.same(more, [])

  const again = await runCli(t, [...args, '--force'], { cwd })
  t.equal(again.code, 0, again.screen)
  t.notMatch(again.stdout, /sb_/)
  rmSync(join(cwd, '.env'))
  const fresh = await runCli(t, args, { cwd })
  t.match(fresh.stdout, /a person with the token "approver", which is in .* already/)
  t.notMatch(fresh.stdout, /sb_/)
  t.equal(readFileSync(path, 'utf8'), kept, 'no further one')

  const other = t.testdir({ other: { '.env': 'APPROVAL=off\nMCP_TOKEN_SCOPE=read\n' } })
  const present = await runCli(t, args, { cwd: join(other, 'other') })
  t.equal(present.code, 0, present.screen)
  t.match(valuesIn(join(other, 'other')), { APPROVAL: 'off', MCP_TOKEN_SCOPE: 'read' })
  t.notMatch(present.stdout, /sb_/, 'what is set stays as it is')
})

t.test('where the bridge keeps its state elsewhere, the approver is created there', async (t) => {
  const { hosts } = await simulatorFor(t)
  const cwd = t.testdir()
  const args = ['init', '--host', hosts, '--username', 'admin', '--password', 'admin', '--yes']
  const unwritable = await runCli(t, args, { cwd, env: { SCALE_SESSION_FILE: '/proc/x/y' } })
  t.equal(unwritable.code, 1)
  t.match(unwritable.stderr, /\/proc\/x\/\S+ cannot be read or written/)
  t.match(unwritable.stderr, /or leave it out here with --no-approver/)
  t.notOk(existsSync(join(cwd, '.env')), 'no file that requires an approver there is none of')

  const here = await runCli(t, [...args, '--no-approver'], { cwd })
  t.equal(here.code, 0, here.screen)
  t.notMatch(here.stdout, /sb_/)
  t.match(valuesIn(cwd), { APPROVAL: 'lose' })
  t.match(here.stdout, /Next:\n {2}scale-bridge token new --name approver --scope read,approve /)
  t.notOk(existsSync(join(cwd, 'state', 'scale-bridge', 'tokens.json')))

  // As in a container whose state folder is another user's.
  const work = join(cwd, 'work')
  mkdirSync(work)
  writeFileSync(join(cwd, 'file'), '')
  const there = await runCli(t, [...args, '--no-approver'], {
    cwd: work,
    env: { SCALE_SESSION_FILE: join(cwd, 'file', 'session.json') }
  })
  t.equal(there.code, 0, there.screen)
  for (const row of ['ledger', 'record', 'tokens'])
    t.match(there.stdout, new RegExp(`^skipped +${row} +the bridge keeps its state elsewhere`, 'm'))
  t.match(there.stdout, /^ok +session +valid; the bridge keeps its own elsewhere, /m)
  t.notMatch(there.stdout, /cannot be written|cannot be read|Fix what failed/)

  const env = { SCALE_SESSION_FILE: join(cwd, 'elsewhere', 'session.json') }
  const before = await runCli(t, ['check'], { cwd, env })
  t.equal(before.code, 1)
  t.match(before.stdout, /failed +tokens [^>]*-> APPROVAL is lose and no token can approve/)
  const created = 'token new --name approver --scope read,approve'.split(' ')
  t.equal((await runCli(t, created, { cwd, env })).code, 0)
  const after = await runCli(t, ['check'], { cwd, env })
  t.equal(after.code, 0, after.screen)
  t.match(after.stdout, /ok +tokens +1 valid in /)
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
    [[], 2, /^--host is required when stdin is not a terminal/],
    [['--host', hosts], 2, /^--username is required/],
    [['--host', hosts, '--username', 'admin'], 2, /^--password-file .*is required/],
    [['--host', 'http://zzq'], 2, /^--host must use https/],
    [[...who, '--token', 'zzq zzq'], 2, /^--token must/],
    [[...who, '--export-uri', 'zzq'], 2, /^--export-uri must/],
    [[...who, '--fingerprint', 'zzq'], 2, /^--fingerprint must/],
    [who, 2, /^Cannot ask for confirmation\. Pass --fingerprint .*--yes/],
    [[...who, '--fingerprint', 'ab'.repeat(32)], 1, /none of those given with --fingerprint/],
    [
      [...who, '--fingerprint', fingerprints[0] ?? ''],
      1,
      /^https:\S+: the certificate is none of those/
    ],
    [['--host', `127.0.0.1:${await freePort()}`, ...who.slice(2), '--yes'], 1, /No node responded/],
    [
      ['--host', `${hosts},127.0.0.1:${await freePort()}`, ...who.slice(2), '--yes'],
      2,
      /did not respond, nothing was written: --force/
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

t.test('a wrong password from standard input is written only by force', async (t) => {
  const { hosts, requests } = await simulatorFor(t)
  const cwd = t.testdir()
  const args = ['init', '--host', hosts, '--username', 'admin', '--password-stdin', '--yes']
  const input = 'wrong-zzq\nmore\n'
  const refused = await runCli(t, [...args, '--token', 'short'], { cwd, input })
  t.match(refused, {
    code: 1,
    stderr: /refused the login.* Nothing was written; --force writes it/
  })
  t.strictSame(readdirSync(cwd), [])
  t.equal(requests.filter(({ path }) => path.endsWith('/login')).length, 1, 'tried once')

  const made = await runCli(t, [...args, '--token', 'short', '--force'], { cwd, input })
  t.equal(made.code, 1, 'the password is wrong')
  t.match(made.stdout, /failed +login/)
  t.match(made.stdout, /Fix what failed, then try again: `scale-bridge check`/)
  t.match(made.stderr, /fewer than 16 characters/)
  t.notMatch(made.screen + refused.screen, /zzq/)
  t.match(valuesIn(cwd), { SCALE_PASSWORD: 'wrong-zzq', MCP_BEARER_TOKEN: 'short' })
})

t.test('certificates that are pinned already are not asked about', async (t) => {
  const { hosts } = await simulatorFor(t)
  const cwd = t.testdir()
  const args = ['init', '--host', hosts, '--username', 'admin', '--password', 'admin']
  t.equal((await runCli(t, [...args, '--yes'], { cwd })).code, 0)
  const again = await runCli(t, [...args, '--force'], { cwd })
  t.match(again, { code: 0, stderr: /These certificates are pinned already/ })
  t.match(again.stdout, /^Wrote .*\(backup: /m)
})

t.test('a settings file of another name', async (t) => {
  const { hosts } = await simulatorFor(t)
  const cwd = t.testdir({ 'my conf': {} })
  const args = ['init', '--host', hosts, '--username', 'admin', '--password', 'admin', '--yes']
  const made = await runCli(t, [...args, '--settings', 'my conf/bridge.env'], { cwd })
  t.equal(made.code, 0, made.screen)
  t.match(valuesIn(cwd, 'my conf/bridge.env'), { SCALE_HOST: hosts })
  t.match(made.stdout, /scale-bridge serve --settings 'my conf\/bridge\.env' +start/)
  t.strictSame(readdirSync(cwd), ['my conf', 'state'])
})

t.test('a password that the file cannot hold', async (t) => {
  const { hosts, requests } = await simulatorFor(t)
  const odd = `a"b$c'd\`e\\f #g`
  const cwd = t.testdir({ pw: odd })
  const who = ['init', '--host', hosts, '--username', 'admin', '--yes']
  for (const given of [
    ['--password', odd],
    ['--password-file', 'pw']
  ]) {
    const refused = await runCli(t, [...who, ...given], { cwd })
    t.match(refused, { code: 2, stdout: '' })
    t.match(
      refused.stderr,
      /^the password given: a \.env file cannot hold this SCALE_PASSWORD: .*\n$/
    )
    t.notOk(refused.stderr.includes(odd))
  }
  t.strictSame(requests, [], 'the nodes were asked nothing')
  t.strictSame(readdirSync(cwd), ['pw'])

  const cluster = await simulatorFor(t, { password: odd })
  const env = { SCALE_PASSWORD: odd }
  const args = ['init', '--host', cluster.hosts, '--username', 'admin', '--yes']
  const made = await runCli(t, args, { cwd, env })
  t.equal(made.code, 0, made.screen)
  t.match(made.stdout, /SCALE_PASSWORD comes from the environment and was not written/)
  t.notOk('SCALE_PASSWORD' in valuesIn(cwd))
})

t.test('secrets that are in files of their own stay there', async (t) => {
  const { hosts } = await simulatorFor(t, { user: 'ops', password: awkward })
  const words = ['init', '--host', hosts, '--username', 'ops', '--yes', '--force']
  const token = 'token-of-a-file-0123456789'
  const cwd = t.testdir({
    '.env': 'SCALE_PASSWORD_FILE=./pw\n',
    pw: `${awkward}\n`,
    other: 'other\n',
    token: `${token}\n`
  })
  const env = { MCP_BEARER_TOKEN_FILE: './token' }
  const made = await runCli(t, words, { cwd, env })
  t.equal(made.code, 0, made.screen)
  t.match(made.stdout, `SCALE_PASSWORD is in ${join(cwd, 'pw')} and was not written`)
  t.match(made.stdout, `MCP_BEARER_TOKEN is in ${join(cwd, 'token')} and was not written`)
  t.match(made.stdout, /ok +login/)
  t.match(valuesIn(cwd), { SCALE_PASSWORD_FILE: './pw', SCALE_HOST: hosts, SCALE_TLS: 'pin' })
  t.notOk('SCALE_PASSWORD' in valuesIn(cwd) || 'MCP_BEARER_TOKEN' in valuesIn(cwd))

  const before = readFileSync(join(cwd, '.env'), 'utf8')
  for (const [more, file, expected] of [
    [['--password-file', 'other'], './pw', /SCALE_PASSWORD_FILE is set, and \S+ has another/],
    [['--token', 'another-token-0123456789'], './pw', /MCP_BEARER_TOKEN_FILE is set/],
    [[], './none', /SCALE_PASSWORD_FILE names \S+none, which cannot be read/]
  ] as const) {
    const refused = await runCli(t, [...words, ...more], {
      cwd,
      env: { ...env, SCALE_PASSWORD_FILE: file }
    })
    t.not(refused.code, 0)
    t.match(refused.stderr.replaceAll(/\s+/g, ' '), expected)
    t.equal(readFileSync(join(cwd, '.env'), 'utf8'), before, 'nothing was written')
  }
})

t.test('any password is written as it is, or refused', async (t) => {
  const simulator = await simulatorFor(t, { nodes: 1, vms: 0 })
  const pieces = [
    `'`,
    `"`,
    '`',
    `'`,
    `"`,
    '`',
    '#',
    '\\',
    '#',
    ' #',
    '$',
    '\\n',
    ' ',
    '=',
    'ü',
    '{',
    'a'
  ]
  let seed = 7
  const next = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    return (seed >> 12) % below
  }
  const folder = t.testdir()
  const counts = { written: 0, refused: 0 }
  for (let i = 0; i < 40; i++) {
    const password = Array.from({ length: 1 + next(8) }, () => pieces[next(pieces.length)]).join('')
    if (password.trim() === '') continue
    const cwd = join(folder, String(i))
    mkdirSync(cwd)
    // The cluster has another password: what is asked here is whether this one arrives in the file.
    const args = ['init', '--host', simulator.hosts, '--username', 'admin', '--yes', '--force']
    const { code, screen } = await runCli(t, [...args, '--password', password], { cwd })
    t.notMatch(screen, /\n {4}at /, 'no stack')
    if (code === 1) {
      t.equal(valuesIn(cwd)['SCALE_PASSWORD'], password)
      counts.written++
    } else {
      t.match({ code, screen }, { code: 2, screen: /cannot hold this SCALE_PASSWORD/ }, password)
      t.strictSame(readdirSync(cwd), [])
      counts.refused++
    }
  }
  t.ok(counts.written > 20 && counts.refused > 0, JSON.stringify(counts))
})

t.test('a malformed file is left alone', async (t) => {
  const cwd = t.testdir({ '.env': "A='open" })
  const { code, stderr } = await runCli(t, ['init', '--host', '10.0.0.1', '--force'], { cwd })
  t.equal(code, 2)
  t.match(stderr, /\.env, line 1: the quote is not closed/)
  t.equal(readFileSync(join(cwd, '.env'), 'utf8'), "A='open")
})

t.test('asks at a terminal and never shows the password', async (t) => {
  const { hosts, fingerprints } = await simulatorFor(t, { password: awkward })
  const cwd = t.testdir()
  const init = startCli(t, ['init'], { cwd, terminal: 80 })
  await init.printed(/Addresses of the cluster.*: /)
  init.type('http://10.0.0.1\r')
  await init.printed(/must use https/)
  init.type(`127.0.0.1:${await freePort()}\r`)
  await init.printed(/No node responded there: check the addresses/)
  init.type(`${hosts}\r`)
  await init.printed(/Compare each SHA-256[^]*certificates of your cluster\?.*\[y\/N\] /)
  const flat = stripVTControlCharacters(init.screen).replaceAll(/\s+/g, '')
  for (const print of fingerprints) t.match(flat, print)
  init.type('y\r')
  await init.printed(/Cluster user.*\[admin\]: /)
  init.type('\r')
  await init.printed(/Password.*\(not shown\): /)
  init.type('wrong-zzq\r')
  await init.printed(/OpenID Connect provider\?.*\[y\/N\] /)
  init.type('\r')
  await init.printed(/refused the login[^]*Cluster user.*\[admin\]: /)
  t.strictSame(readdirSync(cwd), [], 'nothing is written yet')
  init.type('\r')
  await init.printed(/refused the login[^]*Password.*\(not shown\): /)
  init.type(`a"b$c'd\`e #g\r`)
  await init.printed(/cannot hold this[^]*Password.*\(not shown\): /)
  init.type(`${awkward}\r`)
  await init.printed(/refused the login[^]*OpenID Connect provider\?.*\[y\/N\] /)
  init.type('\r')
  await init.printed(/Archive for exports[^]*Archive.*\(not shown\): /)
  init.type('nonsense\r')
  await init.printed(/must look like smb/)
  init.type('smb://backup:sesame@srv/share\r')
  await init.printed(/Require approval by a person for such calls\?.*\[Y\/n\] /)
  init.type('n\r')
  t.equal(await init.exit, 0, init.screen)
  t.match(init.screen, /login/)
  t.match(init.screen, '\u001b[1m', 'with styles')
  t.notMatch(init.screen, awkward)
  t.notMatch(init.screen, /sesame|zzq/)
  t.match(valuesIn(cwd), {
    SCALE_USERNAME: 'admin',
    SCALE_PASSWORD: awkward,
    SCALE_EXPORT_URI: 'smb://backup:sesame@srv/share',
    SCALE_TLS_FINGERPRINT: fingerprints.join(',')
  })
})

const answers = (hosts: string): string => `${hosts}\ry\radmin\rsesame\rn\r\r\r`

t.test('answers pasted at once stay hidden', async (t) => {
  const { hosts } = await simulatorFor(t, { password: 'sesame' })
  const cwd = t.testdir()
  const init = startCli(t, ['init'], { cwd, terminal: 80, env: { NO_COLOR: '1' } })
  await init.printed(/Addresses of the cluster.*: /)
  init.type(answers(hosts))
  t.equal(await init.exit, 0, init.screen)
  t.notMatch(init.screen, 'sesame')
  t.notMatch(init.screen, '\u001b[1m', 'no styles with NO_COLOR')
  t.equal(valuesIn(cwd)['SCALE_PASSWORD'], 'sesame')
})

t.test('as a process, at a real terminal', { skip: missingPrograms('script') }, async (t) => {
  const { hosts } = await simulatorFor(t, { password: 'sesame' })
  const cwd = t.testdir()
  const init = startSpawnedCli(t, ['init'], { cwd, terminal: true })
  await init.printed(/Addresses of the cluster.*: /)
  init.type(answers(hosts))
  t.equal((await init.exit).code, 0, init.stdout)
  t.notMatch(init.stdout, 'sesame', 'the terminal echoes nothing')
  t.match(init.stdout, '\u001b[1m', 'with styles')
  t.equal(valuesIn(cwd)['SCALE_PASSWORD'], 'sesame')
})

t.test('a no and Ctrl-C write nothing', async (t) => {
  const { hosts } = await simulatorFor(t)
  const cwd = t.testdir()
  const args = ['init', '--host', hosts, '--username', 'admin', '--password', 'admin', '--oidc']
  const no = startCli(t, [...args, '--export-uri', ''], { cwd, terminal: 80 })
  await no.printed(/certificates of your cluster\?/)
  no.type('\r')
  t.equal(await no.exit, 1)
  const cancelled = startCli(t, ['init'], { cwd, terminal: 80 })
  await cancelled.printed(/Addresses of the cluster.*: /)
  cancelled.type('\u0003')
  t.equal(await cancelled.exit, 130)
  t.match(cancelled.screen, /Cancelled: nothing was written/)
  t.strictSame(readdirSync(cwd), [])
})

t.test('pin asks too', async (t) => {
  const { hosts, fingerprints } = await simulatorFor(t)
  const cwd = t.testdir()
  const pin = startCli(t, ['pin', ...hosts.split(',')], { cwd, terminal: 80 })
  await pin.printed(/Pin them in .*\?.*\[y\/N\] /)
  pin.type('y\r')
  t.equal(await pin.exit, 0)
  t.equal(valuesIn(cwd)['SCALE_TLS_FINGERPRINT'], fingerprints.join(','))
})
