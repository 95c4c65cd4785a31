import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'
import { head, sendRaw } from '../helper/raw-http.ts'

t.test('a request that does not arrive whole in time is closed', async (t) => {
  const bridge = await startTestBridge(t, { timings: { requestMs: 300 } })
  const authorization = `Bearer ${bridge.token}`
  const json = { 'content-type': 'application/json', authorization }
  for (const bytes of [
    head('POST /vm_read', { ...json, 'content-length': 100 }) + '{"filter":',
    head('POST /vm_read', { ...json, 'transfer-encoding': 'chunked' }) + '5\r\n{"fil\r\n',
    'GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\nx: '
  ]) {
    const answer = await sendRaw(bridge.url, bytes, 5000)
    t.match(answer, { status: 408, closed: true })
    t.match(JSON.parse(answer.text), { error: { code: 'REQUEST_TIMEOUT', message: /at once/ } })
  }
  t.equal((await bridge.call('ping_read')).status, 200, 'others are served')
})

t.test('a call that takes longer than a request may is not cut off', async (t) => {
  const bridge = await startTestBridge(t, { timings: { requestMs: 200 } })
  bridge.simulator.faults.add({ kind: 'slow', ms: 1500, path: '/ping' })
  t.equal((await bridge.call('ping_read')).status, 200)
})
