import t from 'tap'
import { startBuilt } from './helper/built-start.ts'
import { clusterSettings } from './helper/cluster-settings.ts'
import { simulatorFor } from './helper/simulator.ts'

const callers = 16
const callsEach = 60

/** Bytes of the young generation, as `/metrics` has it. */
function youngBytes(metrics: string): number {
  const [, bytes] = /^nodejs_heap_space_size_total_bytes\{space="new"\} (\d+)$/m.exec(metrics) ?? []
  return Number(bytes)
}

t.test('a bridge under load keeps little space for new objects, from its start on', async (t) => {
  const simulator = await simulatorFor(t, { vms: 100 })
  const settings = { ...clusterSettings(simulator), RATE_LIMIT: 'off' }
  const bridge = await startBuilt({ home: t.testdir(), settings })
  t.teardown(() => bridge.end())
  const body = { query: '/VirDomain', method: 'GET' }
  const caller = async (): Promise<void> => {
    for (let i = 0; i < callsEach; i++) await bridge.send({ path: '/run_api', body })
  }
  await Promise.all(Array.from({ length: callers }, caller))
  const { body: metrics } = await bridge.send({ path: '/metrics' })
  const mib = youngBytes(metrics) / 2 ** 20
  // It doubles from one collection to the next before it is looked at.
  t.ok(mib <= 16, `${mib} MiB; 32 without a limit`)
})
