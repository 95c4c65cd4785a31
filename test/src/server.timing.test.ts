import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'
import { until } from '../helper/simulator.ts'

t.test('a request that never comes whole does not hold the shutdown up', async (t) => {
  const bridge = await startTestBridge(t)
  const { port } = new URL(bridge.url)
  for (const text of [
    '',
    'POST /vm_read HT',
    `POST /vm_read HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${bridge.token}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"fil`
  ]) {
    const socket = connect(Number(port), '127.0.0.1')
    t.teardown(() => socket.destroy())
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    socket.write(text)
  }
  // One call gets its response, which says that the connection ends.
  bridge.simulator.faults.add({ kind: 'slow', ms: 500, path: '/VirDomain' })
  const running = bridge.call('vm_read')
  await until(() => bridge.simulator.requests.some(({ path }) => path === '/rest/v1/VirDomain'))
  const startedAt = Date.now()
  const closed = bridge.close()
  const { status, headers } = await running
  t.equal(status, 200)
  t.equal(headers['connection'], 'close')
  await closed
  const ms = Date.now() - startedAt
  t.ok(ms < 3000, `closed after ${ms} ms`)
})

t.test('a call whose caller has disconnected does not delay the shutdown', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { speed: 1 } })
  const gone = new AbortController()
  const clone = { vmUUID: bridge.vm('app-01'), name: 'copy', wait: 60 }
  const call = fetch(`${bridge.url}/cloneVM`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bridge.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(clone),
    signal: gone.signal
  })
  await until(() => bridge.simulator.requests.some(({ path }) => path.includes('/TaskTag/')))
  gone.abort()
  await t.rejects(call)
  await until(() => bridge.log.some((line) => line.includes('"outcome":"gone"')))
  const socket = connect(Number(new URL(bridge.url).port), '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.write('POST /vm_read HT')
  const startedAt = Date.now()
  await bridge.close()
  const ms = Date.now() - startedAt
  t.ok(ms < 3000, `closed after ${ms} ms`)
})
