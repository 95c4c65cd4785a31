import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { startCluster } from './bench/party.ts'
import { startOnce } from './bench/whole-process.ts'
import { startBuilt, tenTimes } from './helper/built-start.ts'
import { clusterSettings } from './helper/cluster-settings.ts'
import { cliPath } from './helper/run-cli.ts'
import { simulatorFor } from './helper/simulator.ts'

const starts = 5

/** Milliseconds until a bare node has started and ended. */
async function timedBare(): Promise<number> {
  const started = performance.now()
  await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit')
  return performance.now() - started
}

t.test('from nothing to a 200 of /ready', async (t) => {
  const home = t.testdir()
  const { party, facts } = await startCluster('stub', 20)
  t.teardown(() => party.stop())
  // The stub is as cold as the bridge at first.
  await startOnce(facts, home, cliPath)
  const serve: number[] = []
  const bare: number[] = []
  for (let i = 0; i < starts; i++) {
    bare.push(await timedBare())
    const { ready } = await startOnce(facts, home, cliPath)
    serve.push(ready)
  }
  const [best, bestBare] = [Math.min(...serve), Math.min(...bare)]
  const ratio = Math.min(...serve.map((ms, i) => ms / (bare[i] ?? 1)))
  t.comment(
    `/ready is 200 after ${best.toFixed(0)} ms, a bare node ends after ${bestBare.toFixed(0)} ms; side by side ${ratio.toFixed(1)} starts of it`
  )
  // Half a second; on a machine on which Node itself starts slowly, what ten starts of it take.
  t.ok(best < 500 || ratio < 10)
})

t.test('the first call after /health is nearly as fast as the tenth', async (t) => {
  const simulator = await simulatorFor(t)
  const home = t.testdir()
  const calls = {
    vm_read: { path: '/vm_read', body: { limit: 5 } },
    'MCP tools/list': { path: '/mcp', body: { jsonrpc: '2.0', id: 1, method: 'tools/list' } },
    '/openapi.json': { path: '/openapi.json' }
  }
  // The simulator is as cold as the bridge at first.
  await (await startBuilt({ home, settings: clusterSettings(simulator) })).end()
  for (const [name, call] of Object.entries(calls)) {
    const slower: number[] = []
    const ratios: number[] = []
    for (let i = 0; i < starts; i++) {
      const bare = await timedBare()
      const bridge = await startBuilt({ home, settings: clusterSettings(simulator) })
      const taken = await tenTimes(bridge, call)
      await bridge.end()
      const more = (taken[0]?.ms ?? Number.NaN) - (taken.at(-1)?.ms ?? Number.NaN)
      slower.push(more)
      ratios.push(more / bare)
    }
    const [best, ratio] = [Math.min(...slower), Math.min(...ratios)]
    t.comment(`${name}: slower by ${slower.map((ms) => ms.toFixed(0)).join(', ')} ms`)
    // On a machine on which Node itself starts slowly, three quarters of what a start of it takes.
    t.ok(
      best < 50 || ratio < 0.75,
      `${name}: slower by ${best.toFixed(0)} ms, ${ratio.toFixed(1)} starts of a bare node`
    )
  }
})
