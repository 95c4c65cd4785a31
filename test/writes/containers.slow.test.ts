import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { until } from '../helper/simulator.ts'
import { type SpawnedCli, startSpawnedCli } from '../helper/spawn-cli.ts'
import { callTool, envFor, simulatorFor } from '../src/cli/served.ts'

/** Runs a program as a container does: with a host name of its own, and as process 1 of a space of its own. */
const container = (name: string): string[] => [
  'unshare',
  '--uts',
  '--pid',
  '--fork',
  '--kill-child',
  '--mount-proc',
  'sh',
  '-c',
  'hostname "$0" && exec "$@"',
  name
]

const [command = '', ...words] = container('trial')
const skip =
  spawnSync(command, [...words, 'true'], { stdio: 'ignore' }).status !== 0 &&
  'no host name and pids of its own can be given to a process here'

async function serve(t: Test, cwd: string, name: string): Promise<SpawnedCli & { url: string }> {
  const env = { LOG_LEVEL: 'info' }
  const bridge = startSpawnedCli(t, ['serve'], { cwd, env, through: container(name) })
  const [, url = ''] = await bridge.printed(/listens on (\S+) /)
  return Object.assign(bridge, { url })
}

async function call(url: string, args: object) {
  const [status, text] = await callTool(url, 'snapshotVM', JSON.stringify(args))
  const { error, ...body } = JSON.parse(text) as { error?: { code: string; message: string } }
  return { status, error, body: body as Record<string, unknown> }
}

const countOf = ({ world }: Simulator): number =>
  [...world.state.snapshots.values()].filter(({ label }) => label === 'once').length

async function setUp(t: Test) {
  const simulator = await simulatorFor(t)
  const cwd = t.testdir({ '.env': envFor(simulator, { PORT: '0' }) })
  const [vm] = simulator.world.state.virDomains.values()
  const signs = join(cwd, 'state', 'scale-bridge', 'store', 'bridges')
  return { simulator, cwd, args: { vmUUID: vm?.uuid, label: 'once' }, signs }
}

t.test(
  'what a container was sending when it was re-created is reported as unknown',
  { skip },
  async (t) => {
    const { simulator, cwd, args, signs } = await setUp(t)
    const first = await serve(t, cwd, 'first')
    simulator.faults.add({ kind: 'hang-after', path: '/VirDomainSnapshot' })
    const cut = call(first.url, args).catch(() => 'cut off')
    await until(() => countOf(simulator) === 1)
    await first.stop('SIGKILL')
    t.equal(await cut, 'cut off')
    simulator.faults.clear()

    const second = await serve(t, cwd, 'second')
    t.match((await call(second.url, args)).error, {
      code: 'VM_BUSY',
      message: /^Another bridge began the same call .* is still at it\. Call snapshotVM again/
    })
    await until(() => second.stdout.includes('"state":"UNKNOWN"'), 60_000)
    t.match(await call(second.url, args), {
      status: 502,
      error: { code: 'OUTCOME_UNKNOWN', message: /the bridge ended before/ }
    })
    t.equal(countOf(simulator), 1)
    t.equal(readdirSync(signs).length, 1, 'what the first left is removed')
  }
)

t.test('a container does not end what a living one of its host name sends', { skip }, async (t) => {
  const { simulator, cwd, args } = await setUp(t)
  const first = await serve(t, cwd, 'twin')
  simulator.faults.add({ kind: 'slow-after', path: '/VirDomainSnapshot', ms: 20_000, times: 1 })
  const sent = call(first.url, args)
  await until(() => countOf(simulator) === 1)
  const second = await serve(t, cwd, 'twin')
  t.match((await call(second.url, args)).error, { code: 'VM_BUSY' })
  const { body } = await sent
  t.match(body, { state: 'COMPLETE' })
  t.notMatch(second.stdout, /"state":"UNKNOWN"/)
  t.match((await call(second.url, args)).body, {
    state: 'COMPLETE',
    createdUUID: body['createdUUID'],
    message: /is not repeated/
  })
  t.equal(countOf(simulator), 1)
})
