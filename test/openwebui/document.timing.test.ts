import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'
import { backendCall } from './clients.ts'

t.test('A1: from memory in milliseconds', async (t) => {
  const { url } = await startTestBridge(t)
  const times: number[] = []
  for (let i = 0; i < 50; i++)
    times.push((await backendCall(url, '/openapi.json', { method: 'GET' })).ms)
  times.sort((a, b) => a - b)
  t.comment(`median ${times[25]?.toFixed(1)} ms, slowest ${times[49]?.toFixed(1)} ms`)
  t.ok(Number(times[25]) < 20, 'a few milliseconds each, connection included')
})

t.test('A3: within 10 s while the cluster hangs', async (t) => {
  const hanging = await startTestBridge(t, { cluster: { timeouts: { headersMs: 1000 } } })
  hanging.simulator.faults.add({ kind: 'hang' })
  const call = hanging.call('ping_read')
  // The first request of all, which loads what makes the document.
  const { status, ms } = await backendCall(hanging.url, '/openapi.json', { method: 'GET' })
  t.equal(status, 200)
  t.comment(`${Math.round(ms)} ms on the first request`)
  t.ok(ms < 5000)
  t.equal((await call).status, 504, 'the call beside it had to wait')
})
