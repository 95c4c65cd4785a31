import t, { type Test } from 'tap'
import type { OtelConfig } from '../../src/config/config.ts'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { connectMcp } from '../helper/mcp-client.ts'
import { OtlpReceiver, otelConfig, type ReceivedSpan } from '../helper/otlp-receiver.ts'
import { until } from '../helper/simulator.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const callerSpan = 'b7ad6b7169203331'
const traceparent = `00-${traceId}-${callerSpan}-01`

async function startTraced(
  t: Test,
  more: Partial<OtelConfig> = {}
): Promise<{ bridge: TestBridge; receiver: OtlpReceiver }> {
  const receiver = new OtlpReceiver()
  await receiver.listen()
  t.teardown(() => receiver.close())
  const otel = otelConfig(receiver.url, more)
  const bridge = await startTestBridge(t, { simulator: { nodes: 1 }, config: { otel } })
  return { bridge, receiver }
}

const callSpan = (spans: readonly ReceivedSpan[], surface: string): ReceivedSpan | undefined =>
  spans.find(({ attributes }) => attributes['scale_bridge.surface'] === surface)

t.test('a call over REST and its requests are one trace, that of the caller', async (t) => {
  const { bridge, receiver } = await startTraced(t)
  const before = Date.now()
  const { status, headers } = await bridge.call(
    'fetch_vm',
    { name: 'web-01' },
    { traceparent, 'x-openwebui-user-name': 'Ada' }
  )
  t.equal(status, 200)
  await until(() => callSpan(receiver.spans(), 'rest') !== undefined)
  const spans = receiver.spans()
  const call = callSpan(spans, 'rest')
  t.match(call, { name: 'fetch_vm', kind: 2, traceId, parentSpanId: callerSpan })
  t.same(call?.attributes, {
    'scale_bridge.tool': 'fetch_vm',
    'scale_bridge.surface': 'rest',
    'scale_bridge.request': headers['x-request-id'],
    'scale_bridge.outcome': 'ok'
  })
  const requests = spans.filter(({ parentSpanId }) => parentSpanId === call?.spanId)
  t.ok(requests.length > 0)
  for (const {
    traceId: of,
    kind,
    attributes,
    startTimeUnixNano: start,
    endTimeUnixNano: end
  } of requests) {
    t.equal(of, traceId)
    t.equal(kind, 3)
    t.equal(attributes['http.response.status_code'], 200)
    t.equal(attributes['server.address'], new URL(bridge.simulator.urls[0] ?? '').host)
    t.ok(BigInt(end) > BigInt(start), 'it took some time')
    t.ok(Number(BigInt(start) / 1_000_000n) >= before - 1000, 'at the time of the clock')
  }
  t.ok(requests.some(({ name }) => name === 'GET /VirDomain'))
  t.match(receiver.requests[0], { url: '/v1/traces', headers: { 'x-tenant': 'cluster-a' } })
  t.match(receiver.resource(), {
    'service.name': 'bridge-under-test',
    'deployment.environment.name': 'lab'
  })
  const all = receiver.requests.map(({ body }) => body.toString()).join('\n')
  t.notMatch(all, /web-01|Ada|operator/, 'no VM, person or token is named')
  t.notOk(all.includes(bridge.token))
})

t.test('a failure shows its error code; a path contains no identifiers', async (t) => {
  const { bridge, receiver } = await startTraced(t)
  bridge.simulator.faults.add({ kind: 'error-500', path: '/VirDomain' })
  const vmUUID = bridge.vm('web-01')
  const { status } = await bridge.call('getVM_details', { vmUUID })
  t.ok(status >= 500)
  await until(() => callSpan(receiver.spans(), 'rest') !== undefined)
  const spans = receiver.spans()
  const call = callSpan(spans, 'rest')
  t.match(call, {
    status: { code: 2 },
    attributes: { 'scale_bridge.outcome': 'CLUSTER_ERROR', 'error.type': 'CLUSTER_ERROR' }
  })
  t.notOk(call?.parentSpanId, 'without traceparent it is a trace of its own')
  const failed = spans.find(({ attributes }) => attributes['http.response.status_code'] === 500)
  t.match(failed, { status: { code: 2 }, attributes: { 'error.type': '500' } })
  t.match(failed?.attributes['url.template'], /^\/VirDomain(?:\/\{\})?$/)
  t.notOk(receiver.requests.some(({ body }) => body.includes(vmUUID)))
})

t.test('a call over MCP joins the trace of its header, or of _meta', async (t) => {
  const { bridge, receiver } = await startTraced(t)
  await bridge.fetch('/mcp', {
    method: 'POST',
    headers: {
      authorization: `Bearer ${bridge.token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      traceparent
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'vm_read', arguments: {} }
    })
  })
  await until(() => callSpan(receiver.spans(), 'mcp') !== undefined)
  t.match(callSpan(receiver.spans(), 'mcp'), { name: 'vm_read', traceId, parentSpanId: callerSpan })

  receiver.requests.length = 0
  const client = await connectMcp(t, bridge)
  const other = '11111111111111112222222222222222'
  await client.callTool({
    name: 'vm_read',
    arguments: {},
    _meta: { traceparent: `00-${other}-${callerSpan}-01` }
  })
  await until(() => callSpan(receiver.spans(), 'mcp') !== undefined)
  t.match(callSpan(receiver.spans(), 'mcp'), { traceId: other, parentSpanId: callerSpan })
})

t.test('a traceparent that is none is ignored, one that is not sampled is obeyed', async (t) => {
  const { bridge, receiver } = await startTraced(t)
  await bridge.call('vm_read', {}, { traceparent: `00-${traceId}-${callerSpan}-00` })
  await bridge.call('ping_read', {}, { traceparent: 'nonsense; secret=1' })
  await until(() => callSpan(receiver.spans(), 'rest') !== undefined)
  const calls = receiver.spans().filter(({ kind }) => kind === 2)
  t.same(
    calls.map(({ name }) => name),
    ['ping_read']
  )
  t.not(calls[0]?.traceId, traceId)
  t.notOk(calls[0]?.parentSpanId)
})

t.test('the sampler decides where the caller has not, or always', async (t) => {
  const of = async (byParent: boolean, ratio: number): Promise<string[]> => {
    const { bridge, receiver } = await startTraced(t, { sampler: { byParent, ratio } })
    await bridge.call('vm_read')
    await bridge.call('node_read', {}, { traceparent })
    await bridge.call('ping_read', {}, { traceparent: `00-${traceId}-${callerSpan}-00` })
    // What is left is sent.
    await bridge.close()
    const calls = receiver.spans().filter(({ kind }) => kind === 2)
    return calls.map(({ name }) => name).toSorted()
  }
  t.same(await of(true, 0), ['node_read'])
  t.same(await of(true, 1), ['node_read', 'vm_read'])
  t.same(await of(false, 0), [])
  t.same(await of(false, 1), ['node_read', 'ping_read', 'vm_read'])
})

t.test('the default form is protobuf, and the last spans are sent at the end', async (t) => {
  const { bridge, receiver } = await startTraced(t, { protocol: 'http/protobuf', delayMs: 60_000 })
  await bridge.call('vm_read', {}, { traceparent })
  t.equal(receiver.requests.length, 0, 'the next batch is a minute away')
  await bridge.close()
  const [{ headers, body } = { headers: {}, body: Buffer.alloc(0) }] = receiver.requests
  t.equal(headers['content-type'], 'application/x-protobuf')
  for (const part of [
    'vm_read',
    'GET /VirDomain',
    'bridge-under-test',
    Buffer.from(traceId, 'hex')
  ])
    t.ok(body.includes(part), String(part))
})

t.test('without an address nothing is traced', async (t) => {
  const bridge = await startTestBridge(t)
  t.equal(bridge.app.meter, bridge.app.metrics)
})
