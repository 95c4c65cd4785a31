import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'

t.test('a closed simulator keeps no process alive', async (t) => {
  const script = `
    import { startSimulator } from './src/simulator/simulator.ts'
    const simulator = await startSimulator({ vms: 1000 })
    simulator.faults.add({ kind: 'hang' })
    fetch(simulator.urls[0] + '/rest/v1/ping').catch(() => undefined)
    await simulator.close()
  `
  const child = spawn(
    process.execPath,
    ['--import', 'ts-blank-space/register', '--input-type=module', '--eval', script],
    {
      env: { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: '0' },
      stdio: 'ignore',
      timeout: 240_000
    }
  )
  const [code] = (await once(child, 'exit')) as [number | null]
  t.equal(code, 0)
})
