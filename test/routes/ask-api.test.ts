import t from 'tap'
import { request } from 'undici'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { until } from '../helper/simulator.ts'
import { type LlmServer, startLlmServer } from '../helper/llm-server.ts'

const apiKey = 'sk-very-secret-0123456789'

async function startBoth(
  t: { teardown(handler: () => unknown): void },
  options: Parameters<typeof startLlmServer>[1] = {},
  model = 'test-model'
): Promise<{ llm: LlmServer; bridge: TestBridge }> {
  const llm = await startLlmServer(t, options)
  const bridge = await startTestBridge(t, { config: { llm: { baseUrl: llm.url, model, apiKey } } })
  return { llm, bridge }
}

t.test('a question over HTTP', async (t) => {
  const { llm, bridge } = await startBoth(t)
  const { status, body } = await bridge.call('ask_api', { question: 'how do I stop a VM?' })
  t.equal(status, 200)
  t.strictSame(body, {
    answer: 'Use POST /VirDomain/action.',
    operations: [{ method: 'POST', path: '/VirDomain/action' }],
    model: 'test-model'
  })
  t.equal(llm.requests[0]?.authorization, `Bearer ${apiKey}`)

  const text = await bridge.call('ask_api', { question: 'stop a VM' }, { accept: 'text/plain' })
  t.match(text.text, /^answer: Use POST \/VirDomain\/action\.\n/)
  t.equal(bridge.simulator.requests.length, 0, 'the cluster is not asked')
})

t.test('a server that does not stream', async (t) => {
  const { bridge } = await startBoth(t, { streams: false })
  const { body } = await bridge.call('ask_api', { question: 'how do I stop a VM?' })
  t.equal(body.answer, 'Use POST /VirDomain/action.')
})

t.test('wrong arguments', async (t) => {
  const { bridge, llm } = await startBoth(t)
  for (const body of [{}, { question: '' }, { question: '  ' }, { question: 'x'.repeat(1001) }]) {
    const answer = await bridge.call('ask_api', body)
    t.equal(answer.status, 400)
    t.match(answer.body.error, { code: 'INVALID_ARGUMENT', message: /question/ })
  }
  t.same(llm.requests, [])
})

t.test('nothing found', async (t) => {
  const { bridge, llm } = await startBoth(t)
  const { status, body } = await bridge.call('ask_api', { question: 'zzqx wvvk' })
  t.equal(status, 200)
  t.match(body, { answer: /^I do not know/, operations: [], model: null })
  t.same(llm.requests, [])
})

t.test('failures have the status that fits', async (t) => {
  const { bridge, llm } = await startBoth(t)
  const cases: [LlmServer['fault'], number, string][] = [
    [{ status: 401 }, 502, 'LLM_REFUSED'],
    [{ status: 429, headers: { 'retry-after': '42' } }, 503, 'LLM_BUSY'],
    [{ status: 500 }, 502, 'LLM_ERROR'],
    [{ body: '<html>' }, 502, 'LLM_BAD_ANSWER'],
    [{ reset: true }, 503, 'LLM_UNREACHABLE']
  ]
  for (const [fault, status, code] of cases) {
    llm.fault = fault
    const answer = await bridge.call('ask_api', { question: 'stop a VM' })
    t.equal(answer.status, status, code)
    t.equal(answer.body.error.code, code)
    t.equal(answer.headers['retry-after'], code === 'LLM_BUSY' ? '42' : undefined)
  }
  llm.fault = undefined
  llm.models = ['other']
  const missing = await bridge.call('ask_api', { question: 'stop a VM' })
  t.equal(missing.status, 502)
  t.match(missing.body.error, { code: 'LLM_MODEL_NOT_FOUND', models: ['other'] })
})

t.test('without a model server', async (t) => {
  const bridge = await startTestBridge(t)
  const { status, body } = await bridge.call('ask_api', { question: 'stop a VM' })
  t.equal(status, 400)
  t.match(body.error, { code: 'LLM_NOT_CONFIGURED', message: /LLM_BASE_URL/ })
})

t.test('the key is in no answer and in no log line', async (t) => {
  const { bridge, llm } = await startBoth(t, {
    parts: [`it is ${apiKey} for POST /VirDomain/action`]
  })
  const texts = [(await bridge.call('ask_api', { question: 'stop a VM' })).text]
  t.match(texts[0], /it is \*\*\* for/)
  for (const fault of [
    { status: 500, body: `{"error": "key ${apiKey}"}` },
    { status: 401, body: apiKey },
    { body: `HTTP/1.1 ${apiKey}` },
    { reset: true }
  ]) {
    llm.fault = fault
    texts.push((await bridge.call('ask_api', { question: 'stop a VM' })).text)
  }
  t.match(texts[1], /key \*\*\*/)
  t.ok(bridge.log.length >= 5)
  t.notOk([...texts, ...bridge.log].join('\n').includes(apiKey))
})

t.test('a caller that goes away ends the work of the model', async (t) => {
  const { bridge, llm } = await startBoth(t, { fault: { cutAfter: 1, pause: true } })
  const controller = new AbortController()
  const call = request(`${bridge.url}/ask_api`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bridge.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ question: 'stop a VM' }),
    signal: controller.signal
  })
  await until(() => llm.requests.length > 0)
  controller.abort()
  await t.rejects(call)
  await llm.requests[0]?.gone
  t.pass('the model server saw its connection close')
})

t.test('a bridge that shuts down answers with what came', async (t) => {
  const { bridge, llm } = await startBoth(t, { fault: { cutAfter: 3, pause: true } })
  const call = bridge.call('ask_api', { question: 'stop a VM' })
  await until(() => llm.requests.length > 0)
  await llm.requests[0]?.paused
  await bridge.close()
  const { status, body } = await call
  t.equal(status, 200)
  t.match(body, { answer: 'Use POST /VirDomain/action', cut: /shuts down/ })
})
