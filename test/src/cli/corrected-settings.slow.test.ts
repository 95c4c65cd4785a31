import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.ts'
import { runCli, startCli } from '../../helper/run-cli.ts'
import { until } from '../../helper/simulator.ts'
import { callTool, envFor, simulatorFor } from './served.ts'

interface Served {
  cwd: string
  url: string
  /** Everything it printed so far. */
  log: () => string
  call: () => Promise<[number, string]>
  ready: () => Promise<{ status?: string; code?: string; message?: string }>
}

/** A bridge that runs with these settings in its `.env`, and these in its environment. */
async function serveWith(
  t: Test,
  text: string,
  environment: Record<string, string> = {}
): Promise<Served> {
  const cwd = t.testdir({ '.env': text })
  chmodSync(join(cwd, '.env'), 0o600)
  const bridge = startCli(t, ['serve'], { cwd, env: environment })
  const [, url = ''] = await bridge.printed(/listens on (\S+) /)
  return {
    cwd,
    url,
    log: () => bridge.stdout,
    call: () => callTool(url, 'node_read'),
    ready: async () => (await fetch(`${url}/ready`)).json() as ReturnType<Served['ready']>
  }
}

const edit = (cwd: string, change: (text: string) => string): void => {
  const path = join(cwd, '.env')
  writeFileSync(path, change(readFileSync(path, 'utf8')))
}

/** The same cluster after its nodes got new certificates. */
async function withNewCertificates(t: Test, simulator: Simulator): Promise<Simulator> {
  const port = Number(new URL(simulator.urls[0] ?? '').port)
  await simulator.close()
  const next = await startSimulator({ vms: 3, speed: 50, port, seed: 2 })
  t.teardown(() => next.close())
  t.same(next.urls, simulator.urls)
  t.notSame(next.fingerprints, simulator.fingerprints)
  return next
}

t.test('new certificates: `pin --write` is all it takes', async (t) => {
  const simulator = await simulatorFor(t)
  const { cwd, log, call, ready } = await serveWith(t, envFor(simulator, { PORT: '0' }))
  t.equal((await call())[0], 200)
  const next = await withNewCertificates(t, simulator)
  const [status, text] = await call()
  t.equal(status, 502)
  t.match(text, /CLUSTER_TLS.*is not pinned.*scale-bridge pin.*the bridge reads new pins by itself/)
  t.match(await ready(), { status: 'certificate not trusted', code: 'CLUSTER_TLS' })
  t.equal(next.requests.length, 0, 'nothing was sent to a node that is not trusted')

  const { code, stdout } = await runCli(t, ['pin', '--write'], { cwd })
  t.equal(code, 0)
  t.match(stdout, /A running bridge that reads this file uses the new pins with its next call/)
  t.equal((await call())[0], 200)
  t.match(log(), /"mode":"pin","pins":\d.*"msg":"The TLS settings have changed/)
  const logins = next.requests.filter(({ path }) => path.endsWith('/login'))
  t.equal(logins.length, 1, 'the new cluster does not know the session')
})

t.test('a new password at the cluster, and then in the settings file', async (t) => {
  const simulator = await simulatorFor(t)
  const { cwd, call, ready } = await serveWith(t, envFor(simulator, { PORT: '0' }))
  t.equal((await call())[0], 200)
  for (const user of simulator.world.state.users.values()) user.password = 'changed-zzq'
  simulator.faults.add({ kind: 'drop-sessions', times: 1 })
  const [status, text] = await call()
  t.equal(status, 502)
  t.match(text, /CLUSTER_LOGIN_REFUSED.*the bridge reads a corrected settings file by itself/)
  t.match(await ready(), {
    status: 'cluster refuses the login',
    code: 'CLUSTER_LOGIN_REFUSED',
    message: /SCALE_USERNAME and SCALE_PASSWORD/
  })
  edit(cwd, (file) => file.replace('SCALE_PASSWORD=admin', 'SCALE_PASSWORD=changed-zzq'))
  t.equal((await call())[0], 200)
  // What it says may be two seconds old.
  await until(async () => (await ready()).status === 'ready')
})

t.test('a file that is wrong, names another cluster or is empty is not used', async (t) => {
  const simulator = await simulatorFor(t)
  const { cwd, log, call } = await serveWith(
    t,
    envFor(simulator, { PORT: '0', SCALE_PASSWORD: 'wrong-zzq' })
  )
  const before = readFileSync(join(cwd, '.env'), 'utf8')
  const bad: [name: string, text: string, reason: RegExp][] = [
    ['cut off', before.slice(0, before.indexOf('SCALE_PASSWORD')), /SCALE_PASSWORD is not set/],
    ['empty', '', /SCALE_HOST is not set/],
    ['malformed', `${before}SCALE_TLS: pin\n`, /line \d+/],
    [
      'another cluster',
      before.replace(/SCALE_HOST=.*/, 'SCALE_HOST=10.20.0.11').replace('wrong-zzq', 'other-zzq'),
      /SCALE_HOST has changed too, which takes a restart/
    ],
    ['no check of certificates', before.replace('=pin', '=insecure'), /SCALE_TLS is insecure now/]
  ]
  for (const [name, text, reason] of bad) {
    writeFileSync(join(cwd, '.env'), text)
    const [status, said] = await call()
    t.equal(status, 502, name)
    t.match(said, /CLUSTER_LOGIN_REFUSED.*its log says why/, name)
    t.match(log(), reason, name)
    const lines = log().length
    await call()
    t.notMatch(log().slice(lines), /cannot be used/, `${name}: said once`)
  }
  t.notMatch(log(), /wrong-zzq|other-zzq/)
  edit(cwd, () => before.replace('wrong-zzq', 'admin'))
  t.equal((await call())[0], 200)
})

t.test('a password of the environment wins over a corrected file', async (t) => {
  const simulator = await simulatorFor(t)
  const { cwd, call } = await serveWith(t, envFor(simulator, { PORT: '0' }), {
    SCALE_PASSWORD: 'wrong-zzq'
  })
  const refused = /SCALE_PASSWORD comes from the environment, which wins over the settings file/
  t.match((await call())[1], refused)
  edit(cwd, (file) => `${file}# touched\n`)
  t.match((await call())[1], refused)
})

t.test('a password in a file of its own, which is corrected', async (t) => {
  const simulator = await simulatorFor(t)
  const text = envFor(simulator, { PORT: '0' }).replace(/^SCALE_PASSWORD=.*\n/m, '')
  for (const place of ['settings file', 'environment']) {
    const named = 'SCALE_PASSWORD_FILE=./password'
    const cwd = t.testdir({
      '.env': place === 'environment' ? text : `${text}${named}\n`,
      password: 'wrong-zzq\n'
    })
    for (const name of ['.env', 'password']) chmodSync(join(cwd, name), 0o600)
    const env: Record<string, string> =
      place === 'environment' ? { SCALE_PASSWORD_FILE: './password' } : {}
    const bridge = startCli(t, ['serve'], { cwd, env })
    const [, url = ''] = await bridge.printed(/listens on (\S+) /)
    t.match(await callTool(url, 'node_read'), [502, /CLUSTER_LOGIN_REFUSED/], place)
    writeFileSync(join(cwd, 'password'), '')
    t.match(await callTool(url, 'node_read'), [502, /its log says why/])
    t.match(bridge.stdout, `SCALE_PASSWORD_FILE names ${join(cwd, 'password')}, which is empty`)
    writeFileSync(join(cwd, 'password'), `${simulator.world.options.password}\n`)
    t.match(await callTool(url, 'node_read'), [200], 'without a restart')
    t.notMatch(bridge.stdout, 'wrong-zzq')
    await bridge.stop()
  }
})

const broken: [name: string, settings: Record<string, string>, code: string, advice: RegExp][] = [
  ['a wrong password', { SCALE_PASSWORD: 'wrong-zzq' }, 'CLUSTER_LOGIN_REFUSED', /SCALE_PASSWORD/],
  ['an unknown certificate', { SCALE_TLS_FINGERPRINT: '00'.repeat(32) }, 'CLUSTER_TLS', /pin/],
  ['nobody there', { SCALE_HOST: '127.0.0.1:1' }, 'CLUSTER_UNREACHABLE', /check SCALE_HOST/]
]
for (const [name, settings, code, advice] of broken)
  t.test(`the start says why the cluster cannot be used: ${name}`, async (t) => {
    const simulator = await simulatorFor(t)
    const served = await serveWith(t, envFor(simulator, { PORT: '0', ...settings }))
    const warnings = (): { msg: string; advice: string }[] =>
      served
        .log()
        .split('\n')
        .filter((line) => line.includes('"level":40'))
        .map((line) => JSON.parse(line) as { msg: string; advice: string })
    await until(() => warnings().length > 0)
    t.match(warnings(), [{ code, node: /^127\.0\.0\.1:\d+$/, reason: /\w/, advice, msg: advice }])
    t.match(await served.ready(), { code, message: /\w/ })
    t.equal(warnings().length, 1, 'in one line')
    t.notMatch(served.log(), 'wrong-zzq')
  })
