import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'
import { otelConfig } from '../helper/otlp-receiver.ts'
import { freePort } from '../helper/ports.ts'
import { until } from '../helper/simulator.ts'

t.test('an unreachable collector does no harm, and is reported once', async (t) => {
  const port = await freePort()
  const otel = otelConfig(`http://127.0.0.1:${port}`)
  const bridge = await startTestBridge(t, { simulator: { nodes: 1 }, config: { otel } })
  const warnings = (): string[] =>
    bridge.log.filter((line) => line.includes('Traces do not arrive'))
  for (let i = 0; i < 3; i++) {
    t.equal((await bridge.call('vm_read')).status, 200)
    await until(() => warnings().length > 0, 15_000)
  }
  t.equal(warnings().length, 1)
  const begun = performance.now()
  await bridge.close()
  t.ok(performance.now() - begun < 5_000, 'the end does not wait for it')
})
