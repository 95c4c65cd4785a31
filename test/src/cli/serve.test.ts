import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { holdTimers } from '../../helper/held-timers.ts'
import { freePort, portIsFree, takenPort } from '../../helper/ports.ts'
import { runCli, startCli } from '../../helper/run-cli.ts'
import { logins, until } from '../../helper/simulator.ts'
import { startSpawnedCli } from '../../helper/spawn-cli.ts'
import { callTool, envFor, simulatorFor, token } from './served.ts'

t.test('serves with .env, finishes running requests and keeps its session', async (t) => {
  const simulator = await simulatorFor(t)
  const port = await freePort()
  const cwd = t.testdir({ '.env': envFor(simulator, { PORT: String(port) }) })
  const bridge = startSpawnedCli(t, ['serve'], { cwd })
  const [line] = await bridge.printed(/scale-bridge \S+ listens on .*/)
  const url = `http://127.0.0.1:${port}`
  t.match(line, `${url} for ${simulator.urls[0]}`)
  t.equal(bridge.stderr, '', 'said in the log alone')
  t.equal((await callTool(url, 'cluster_read'))[0], 200)

  const waits = holdTimers(t, 4_000_000)
  simulator.faults.add({ kind: 'slow', ms: 4_000_000, path: '/Node' })
  const running = callTool(url, 'node_read')
  await until(() => waits.waiting.length > 0)
  simulator.faults.clear()
  const ending = bridge.stop('SIGTERM')
  await until(() => portIsFree(port))
  waits.release()
  t.equal((await running)[0], 200, 'the running request is answered')
  t.strictSame(await ending, { code: 0, signal: null })
  t.ok(await portIsFree(port))
  for (const log of bridge.stdout.trim().split('\n')) t.doesNotThrow(() => JSON.parse(log), log)

  const file = await stat(join(cwd, 'state', 'scale-bridge', 'session.json'))
  t.equal(file.mode & 0o777, 0o600)
  t.equal(logins(simulator), 1)
  const second = startCli(t, ['serve'], { cwd })
  await second.printed(/listens on/)
  t.equal((await callTool(url, 'cluster_read'))[0], 200)
  t.equal(logins(simulator), 1, 'the next start goes on with the session')
  await second.stop()
})

t.test('the environment wins over the file', async (t) => {
  const simulator = await simulatorFor(t)
  const cwd = t.testdir({ '.env': envFor(simulator, { PORT: '1', MCP_BEARER_TOKEN: 'short' }) })
  const bridge = startCli(t, ['serve'], { cwd, env: { PORT: '0', MCP_BEARER_TOKEN: token } })
  const [, url = ''] = await bridge.printed(/listens on (\S+) /)
  t.equal((await callTool(url, 'ping_read'))[0], 200)
  t.notMatch(bridge.stderr, /Warning/)
  await bridge.stop()
})

t.test(
  'where it logs little, it says where it listens, and what to change is in the log',
  async (t) => {
    const simulator = await simulatorFor(t)
    const settings = { PORT: '0', HOST: '0.0.0.0', LOG_LEVEL: 'warn', APPROVALS_FLOOR: 'lose' }
    const bridge = startCli(t, ['serve'], {
      cwd: t.testdir({ '.env': envFor(simulator, settings) })
    })
    await bridge.printed(/It listens on every address of this machine: HOST is 0\.0\.0\.0\n/)
    t.match(bridge.stderr, /listens on http:\/\/127\.0\.0\.1:\d+ for/)
    t.match(bridge.stdout, /unknown setting APPROVALS_FLOOR, did you mean APPROVAL\?/)
    t.match(bridge.stdout, /HOST is 0\.0\.0\.0: the token crosses the network in plain HTTP/)
    await bridge.stop()
  }
)

t.test('a settings file of another name', async (t) => {
  const simulator = await simulatorFor(t)
  const cwd = t.testdir({ '.env': 'PORT=zzq', 'bridge.env': envFor(simulator, { PORT: '0' }) })
  const bridge = startCli(t, ['serve', '--settings', 'bridge.env'], { cwd })
  const [, url = ''] = await bridge.printed(/listens on (\S+) /)
  t.equal((await callTool(url, 'ping_read'))[0], 200)
  t.equal(await bridge.stop(), 0)
  const none = await runCli(t, ['serve', '--settings', 'none.env'], { cwd })
  t.match(none, { code: 2, stderr: /none\.env does not exist: `scale-bridge init --settings/ })
})

t.test('wrong settings are one line each, without their values', async (t) => {
  const cwd = t.testdir({ '.env': 'PORT=zzq\nSCALE_TLS=zzq\nSCALE_PASSWORD=hidden-zzq' })
  const { code, stdout, stderr } = await runCli(t, ['serve'], {
    cwd,
    env: { SCALE_HOST: 'http://zzq', MCP_BEARER_TOKEN: 'zzq zzq' }
  })
  t.equal(code, 2)
  t.equal(stdout, '')
  const lines = stderr.trim().split('\n')
  t.equal(lines.length, 5)
  t.strictSame(
    new Set(lines.map((line) => line.split(' ')[0])),
    new Set(['MCP_BEARER_TOKEN', 'PORT', 'SCALE_HOST', 'SCALE_TLS', 'SCALE_USERNAME'])
  )
  t.notMatch(stderr, /zzq/)
})

t.test('settings that cannot be read', async (t) => {
  const good = { SCALE_HOST: '127.0.0.1', SCALE_USERNAME: 'a', SCALE_PASSWORD: 'b' }
  const env = { ...good, MCP_BEARER_TOKEN: 'short' }
  const malformed = await runCli(t, ['serve'], { cwd: t.testdir({ '.env': 'A=1\nB: 2' }) })
  t.equal(malformed.code, 2)
  t.match(malformed.stderr, /^\S+\.env, line 2: .*\n$/)

  const folder = await runCli(t, ['serve'], { cwd: t.testdir({ '.env': {} }), env })
  t.equal(folder.code, 2)
  t.match(folder.stderr, /^\S+\.env cannot be read \(EISDIR\)\n$/)

  const cwd = t.testdir({ 'no.pem': 'nothing' })
  const absent = await runCli(t, ['serve'], { cwd, env: { ...env, SCALE_TLS_CA: 'absent.pem' } })
  t.equal(absent.code, 2)
  t.match(absent.stderr, /^SCALE_TLS_CA .*\(ENOENT\)\n$/m)
  const empty = await runCli(t, ['serve'], { cwd, env: { ...env, SCALE_TLS_CA: 'no.pem' } })
  t.match(empty.stderr, /^SCALE_TLS_CA .*no PEM certificate\n$/m)
})

t.test('an address that cannot be listened on', async (t) => {
  const port = String(await takenPort(t))
  const cwd = t.testdir()
  const env = {
    SCALE_HOST: '127.0.0.1',
    SCALE_USERNAME: 'a',
    SCALE_PASSWORD: 'b',
    MCP_BEARER_TOKEN: token
  }
  const taken = await runCli(t, ['serve'], { cwd, env: { ...env, PORT: port } })
  t.equal(taken.code, 1)
  t.match(taken.stderr, new RegExp(`^Port ${port} on 127\\.0\\.0\\.1 is in use.*HOST, PORT.*\n$`))
  const foreign = await runCli(t, ['serve'], { cwd, env: { ...env, HOST: '192.0.2.1', PORT: '0' } })
  t.equal(foreign.code, 1)
  t.match(foreign.stderr, /192\.0\.2\.1 .*no such address/)
})
