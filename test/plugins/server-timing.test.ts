import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'

t.test('a response says how long the cluster took, and all of it', async (t) => {
  const bridge = await startTestBridge(t)
  await bridge.call('ping_read')
  bridge.simulator.faults.add({ kind: 'slow', path: '/VirDomain', ms: 200 })
  const { headers } = await bridge.call('vm_read')
  const [, cluster, requests, total] =
    /^cluster;dur=([\d.]+);desc="(\d+) requests?", total;dur=([\d.]+)$/.exec(
      String(headers['server-timing'])
    ) ?? []
  t.ok(Number(cluster) >= 200, `${cluster} ms at the cluster`)
  t.ok(Number(total) >= Number(cluster), `${total} ms in all`)
  t.ok(Number(requests) >= 1)
})

t.test('so does one that is refused, and one without a cluster', async (t) => {
  const bridge = await startTestBridge(t)
  const refused = await bridge.call('getVM_details', { vmUUID: 'nobody' })
  t.equal(refused.status, 404)
  t.match(refused.headers['server-timing'], /^cluster;dur=/)
  const schema = await bridge.call('query_api', { query: 'list VMs' })
  t.match(schema.headers['server-timing'], /^cluster;dur=0\.0;desc="0 requests", total;dur=/)
})

t.test('callers without a valid token get no timings', async (t) => {
  const bridge = await startTestBridge(t)
  t.equal((await bridge.fetch('/health')).headers['server-timing'], undefined)
  const stranger = await bridge.call('vm_read', {}, { authorization: 'Bearer wrong' })
  t.equal(stranger.status, 401)
  t.equal(stranger.headers['server-timing'], undefined)
})
