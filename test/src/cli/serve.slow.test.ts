import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { freePort } from '../../helper/ports.ts'
import { missingPrograms } from '../../helper/shell.ts'
import { startSpawnedCli } from '../../helper/spawn-cli.ts'
import { callTool, envFor, simulatorFor } from './served.ts'

t.test('ends although its session file hangs', { skip: missingPrograms('mkfifo') }, async (t) => {
  const simulator = await simulatorFor(t)
  const port = await freePort()
  const cwd = t.testdir({
    '.env': envFor(simulator, { PORT: String(port), SCALE_SESSION_FILE: './pipe' })
  })
  execFileSync('mkfifo', [join(cwd, 'pipe')])
  const bridge = startSpawnedCli(t, ['serve'], { cwd })
  await bridge.printed(/scale-bridge \S+ listens on .*/)
  t.equal((await callTool(`http://127.0.0.1:${port}`, 'cluster_read'))[0], 200)
  const stoppedAt = performance.now()
  t.same(
    await bridge.stop('SIGHUP'),
    { code: null, signal: 'SIGHUP' },
    'by the signal it was sent, which no supervisor takes for a failure'
  )
  t.ok(performance.now() - stoppedAt < 7000)
  t.equal(simulator.requests.filter(({ path }) => path.endsWith('/logout')).length, 1)
})

t.test('ends with 0 for each signal, also with a write to its session file at hand', async (t) => {
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
    const simulator = await simulatorFor(t)
    const cwd = t.testdir({ '.env': envFor(simulator, { PORT: '0' }) })
    const bridge = startSpawnedCli(t, ['serve'], { cwd })
    const [, url = ''] = await bridge.printed(/listens on (\S+) /)
    // The session is written behind the first call, so that the signal comes in the middle of it.
    const call = callTool(url, 'generate_session')
    t.equal((await call)[0], 200)
    t.same(await bridge.stop(signal), { code: 0, signal: null }, signal)
  }
})

t.test('the bundle counts for /metrics', async (t) => {
  const simulator = await simulatorFor(t)
  const cwd = t.testdir({ '.env': envFor(simulator, { PORT: '0' }) })
  const bridge = startSpawnedCli(t, ['serve'], { cwd })
  const [, url = ''] = await bridge.printed(/listens on (\S+) /)
  t.equal((await callTool(url, 'vm_read'))[0], 200)
  const response = await fetch(`${url}/metrics`)
  t.equal(response.status, 200)
  t.match(
    await response.text(),
    'scale_bridge_tool_calls_total{tool="vm_read",outcome="ok",surface="rest"} 1'
  )
})

t.test('a second signal ends it at once', async (t) => {
  const simulator = await simulatorFor(t)
  const cwd = t.testdir({ '.env': envFor(simulator, { PORT: '0' }) })
  const bridge = startSpawnedCli(t, ['serve'], { cwd })
  const [, url = ''] = await bridge.printed(/listens on (\S+) /)
  simulator.faults.add({ kind: 'hang', path: '/Node' })
  const running = callTool(url, 'node_read').catch(() => 'cut off')
  while (!simulator.requests.some((entry) => entry.path.endsWith('/Node')))
    await new Promise((resolve) => setTimeout(resolve, 20))
  bridge.process.kill('SIGINT')
  // The first is handled once connections are refused; the second must not look like its echo.
  const letsIn = (): Promise<boolean> =>
    fetch(`${url}/health`).then(
      () => true,
      () => false
    )
  while (await letsIn()) await new Promise((resolve) => setTimeout(resolve, 20))
  await new Promise((resolve) => setTimeout(resolve, 300))
  t.equal(bridge.process.exitCode, null, 'it waits for the running request')
  t.strictSame(await bridge.stop('SIGINT'), { code: 1, signal: null })
  t.equal(await running, 'cut off')
})
