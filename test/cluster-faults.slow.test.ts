import t from 'tap'
import type { Fault } from '../src/simulator/faults.ts'
import { startTestBridge } from './helper/bridge.ts'
import { until } from './helper/simulator.ts'

/** Short for what shall run out, long enough for a busy machine to do the rest. */
const quick = { connectMs: 5000, headersMs: 2000, bodyMs: 2000 }

t.test(
  'a cluster that fails is one sentence with the right status, within the timeout',
  async (t) => {
    const rows: [string, object, number, string][] = [
      ['HTML 502', { kind: 'html-502' }, 502, 'CLUSTER_BAD_ANSWER'],
      ['truncated JSON', { kind: 'truncated-json' }, 502, 'CLUSTER_BAD_ANSWER'],
      ['nothing', { kind: 'no-body' }, 502, 'CLUSTER_BAD_ANSWER'],
      ['slow', { kind: 'slow', ms: 60_000 }, 504, 'CLUSTER_TIMEOUT'],
      ['hanging', { kind: 'hang' }, 504, 'CLUSTER_TIMEOUT'],
      ['its own 500', { kind: 'error-500' }, 502, 'CLUSTER_ERROR'],
      ['nodes down', { kind: 'node-down' }, 503, 'CLUSTER_UNREACHABLE']
    ]
    // Those that hang mostly wait.
    t.jobs = rows.length
    for (const [name, fault, status, code] of rows)
      void t.test(name, { buffered: true }, async (t) => {
        const bridge = await startTestBridge(t, { cluster: { timeouts: quick } })
        t.equal((await bridge.call('ping_read')).status, 200)
        const remove = bridge.simulator.faults.add(fault as never)
        const answer = await bridge.call('vm_read')
        t.equal(answer.status, status)
        t.equal(answer.body.error.code, code)
        t.match(answer.body.error.message, /^[^\n]{20,400}$/, 'one line')
        t.notMatch(answer.text, /<html|at .*\.js:|session-/i)
        t.equal((await bridge.fetch('/health')).status, 200, 'the process is up')
        remove()
        t.equal((await bridge.call('vm_read')).status, 200, 'and goes on when the cluster does')
      })
  }
)

t.test('reads move on to the next node, and so do the calls after them', async (t) => {
  const bridge = await startTestBridge(t)
  bridge.simulator.faults.add({ kind: 'node-down', node: 0 })
  for (let i = 0; i < 5; i++) t.equal((await bridge.call('vm_read')).status, 200)
  const [vmUUID] = bridge.simulator.world.state.virDomains.keys()
  const { status, body } = await bridge.call('snapshotVM', { vmUUID, label: 'on node 2' })
  t.equal(status, 200, 'nothing was sent to the dead node, so the write may go elsewhere')
  t.equal(body.state, 'COMPLETE')
})

t.test('whatever one node returns to a read, another one is asked', async (t) => {
  const faults: Fault[] = [
    { kind: 'html-502' },
    { kind: 'error-500' },
    { kind: 'json-error', status: 503 },
    { kind: 'json-error', status: 429 },
    { kind: 'truncated-json' },
    { kind: 'reset-before' },
    { kind: 'reset-inside' },
    { kind: 'no-body' }
  ]
  for (const fault of faults) {
    const bridge = await startTestBridge(t)
    t.equal((await bridge.call('ping_read')).status, 200)
    const name = JSON.stringify(fault)
    bridge.simulator.faults.add({ ...fault, node: 0 })
    const { status, body } = await bridge.call('vm_read')
    t.equal(status, 200, `${name}: ${JSON.stringify(body.error)}`)
    t.equal(body.total, 24, name)
  }
})

t.test('a certificate that is not the pinned one', async (t) => {
  const other = Array.from({ length: 32 }, () => 'AB').join(':')
  const bridge = await startTestBridge(t, {
    cluster: { tls: { mode: 'pin', fingerprints: [other] } }
  })
  const { status, body } = await bridge.call('vm_read')
  t.equal(status, 502)
  t.match(body.error, { code: 'CLUSTER_TLS', message: /scale-bridge pin/ })
  t.notMatch(body.error.message, /insecure|disable|turn off/i)
  t.equal(bridge.simulator.requests.length, 0, 'not a byte of a request was sent')
})

t.test('a write whose answer is lost', async (t) => {
  const bridge = await startTestBridge(t)
  const { virDomains, snapshots } = bridge.simulator.world.state
  const [vmUUID] = virDomains.keys()
  const before = snapshots.size
  bridge.simulator.faults.add({ kind: 'reset-after', method: 'POST', path: '/VirDomainSnapshot' })
  const { status, body } = await bridge.call('snapshotVM', { vmUUID, label: 'lost' })
  t.equal(status, 502)
  t.match(body.error, { code: 'OUTCOME_UNKNOWN', message: /taskTagStatus_read shows/ })
  await new Promise((resolve) => setTimeout(resolve, 300))
  t.equal(snapshots.size, before + 1, 'it was carried out once and never repeated')
})

t.test('a caller that goes away stops the work at the cluster', async (t) => {
  const bridge = await startTestBridge(t)
  await bridge.call('ping_read')
  bridge.simulator.faults.add({ kind: 'hang', path: '/VirDomain' })
  const controller = new AbortController()
  const call = bridge.fetch('/vm_read', {
    method: 'POST',
    headers: { authorization: `Bearer ${bridge.token}` },
    signal: controller.signal
  })
  await until(() => bridge.simulator.requests.some(({ path }) => path.endsWith('/VirDomain')))
  controller.abort()
  await t.rejects(call)
  await until(() => bridge.log.some((line) => line.includes('CALLER_GONE')))
  t.equal((await bridge.call('ping_read')).status, 200)
})

t.test('the other reading of an expired session', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { expiredSession: 503 } })
  t.equal((await bridge.call('ping_read')).status, 200)
  bridge.simulator.faults.add({ kind: 'drop-sessions', times: 1 })
  t.equal((await bridge.call('vm_read')).status, 200)
})
