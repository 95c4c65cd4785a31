import t from 'tap'
import { faultKinds } from '../../../src/simulator/fault-kinds.ts'
import { readEnvText } from '../../../src/config/env-text.ts'
import { HyperCore } from '../../../src/hypercore/client.ts'
import { freePort } from '../../helper/ports.ts'
import { loadConfig } from '../../../src/config/config.ts'
import { runCli, startCli } from '../../helper/run-cli.ts'
import { startSpawnedCli } from '../../helper/spawn-cli.ts'

t.test('prints a .env that a bridge can use, and ends on a signal', async (t) => {
  const args = ['simulator', '--port', '0', '--vms', '4']
  const simulator = startSpawnedCli(t, args, { cwd: t.testdir() })
  await simulator.printed(/Ctrl-C/)
  const { stdout } = simulator
  t.match(stdout, /3 nodes, 4 VMs, user admin, password admin/)
  const lines = stdout.split('\n').filter((line) => /^[A-Z_]+=/.test(line))
  const env = readEnvText(lines.join('\n'))
  t.doesNotThrow(() => loadConfig(env), 'serve starts with it')
  t.match(env['MCP_BEARER_TOKEN'], /^[0-9a-f]{48}$/)
  const nodes = (env['SCALE_HOST'] ?? '').split(',').map((host) => `https://${host}`)
  const fingerprints = (env['SCALE_TLS_FINGERPRINT'] ?? '').split(',')
  t.equal(nodes.length, 3)
  t.equal(env['SCALE_TLS'], 'pin')
  for (const [i, node] of nodes.entries()) t.match(stdout, `${node}  SHA-256 ${fingerprints[i]}`)

  const client = new HyperCore({
    nodes,
    username: env['SCALE_USERNAME'] ?? '',
    password: env['SCALE_PASSWORD'] ?? '',
    useOidc: false,
    tls: { mode: 'pin', fingerprints },
    sessionMaxAgeMs: 60_000
  })
  t.strictSame(
    (await client.probe()).map((probe) => probe.ok),
    [true, true, true]
  )
  t.equal((await client.list('/VirDomain')).length, 4)
  await client.close({ logout: true })
  t.strictSame(await simulator.stop('SIGTERM'), { code: 0, signal: null })
})

t.test('takes its options', async (t) => {
  const port = await freePort()
  const args = ['simulator', '--port', String(port), '--nodes', '1', '--vms', '0', '--speed', '20']
  const login = ['--user', 'boss', '--password', "it's #1", '--expired-session', '503']
  const play = [...login, '--cluster-spec', '--fault', 'slow:5,node=0,times=9']
  const simulator = startCli(t, [...args, ...play], { cwd: t.testdir() })
  await simulator.printed(/Ctrl-C/)
  t.match(simulator.stdout, `https://127.0.0.1:${port}  SHA-256`)
  t.match(simulator.stdout, `SCALE_PASSWORD="it's #1"`)
  const [, fingerprint = ''] = /SHA-256 (\S+)/.exec(simulator.stdout) ?? []
  const client = new HyperCore({
    nodes: [`https://127.0.0.1:${port}`],
    username: 'boss',
    password: "it's #1",
    useOidc: false,
    tls: { mode: 'pin', fingerprints: [fingerprint] },
    sessionMaxAgeMs: 60_000
  })
  t.equal((await client.list('/VirDomain')).length, 0)
  t.equal((await client.request({ method: 'GET', path: '/ClusterSpec' })).status, 200)
  await client.close({ logout: true })

  const second = await runCli(t, args, { cwd: t.testdir() })
  t.equal(second.code, 1)
  t.match(second.stderr, new RegExp(`^Port ${port} .*in use.*--port`))
})

t.test('plays a plan of faults, and refuses one that is not right', async (t) => {
  const slow = { at: 0, kind: 'slow', ms: 5, node: 1, for: 0.1 }
  const cwd = t.testdir({
    'good.json': JSON.stringify({ about: 'A slow node', events: [slow] }),
    'bad.json': `{"events": [\n${JSON.stringify({ ...slow, node: 3 })}]}`
  })
  const args = ['simulator', '--port', '0', '--vms', '0']
  const simulator = startCli(t, [...args, '--plan', 'good.json'], { cwd })
  await simulator.printed(/\n0\.1 s: slow, node 1, ms 5, for 0\.1 s ends\n/)
  t.match(simulator.stdout, 'Plays good.json: 1 events. A slow node\n')
  t.match(simulator.stdout, '\n0.0 s: slow, node 1, ms 5, for 0.1 s begins\n')

  for (const [file, problem] of [
    ['bad.json', /--plan .*bad\.json: line 2: events\[0\]\.node must be a number from 0 to 2, or/],
    ['none.json', /--plan .*none\.json: it cannot be read \(ENOENT\)/]
  ] as const) {
    const refused = await runCli(t, [...args, '--plan', file], { cwd })
    t.equal(refused.code, 2)
    t.match(refused.stderr.replaceAll(/\s*\n\s*/g, ' '), problem)
  }
})

t.test('the help of simulator and demo lists the kinds of faults', async (t) => {
  for (const command of ['simulator', 'demo']) {
    const { stdout } = await runCli(t, [command, '--help'], { cwd: t.testdir() })
    for (const kind of faultKinds) t.match(stdout, `\n  ${kind} `, `${command}: ${kind}`)
    for (const line of stdout.split('\n')) t.ok(line.length <= 80, line)
  }
})
