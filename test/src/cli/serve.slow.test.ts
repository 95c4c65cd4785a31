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
    await bridge.stop(),
    { code: null, signal: 'SIGKILL' },
    'a hanging access ends no other way'
  )
  t.ok(performance.now() - stoppedAt < 5000)
  t.equal(simulator.requests.filter(({ path }) => path.endsWith('/logout')).length, 1)
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
  // The first is taken once nobody new is let in; the second must not look like its echo.
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
