import { createServer as createHttpServer } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import t from 'tap'
import { request } from 'undici'
import { ChatClient, type ChatMessage } from '../../../src/ask/chat-client.ts'
import type { ChatLimits } from '../../../src/ask/chat-limits.ts'
import type { LlmConfig } from '../../../src/config/config.ts'
import type { ErrorCode } from '../../../src/lib/errors/errors.ts'
import { Outgoing } from '../../../src/lib/secrets/outgoing.ts'
import { failureOf } from '../../helper/failure.ts'
import { type LlmFault, type LlmServer, startLlmServer } from '../../helper/llm-server.ts'
import { type ManualClock, manualClock } from '../../helper/manual-clock.ts'
import { freePort } from '../../helper/ports.ts'
import { until } from '../../helper/simulator.ts'

const messages: ChatMessage[] = [{ role: 'user', content: 'how?' }]
const key = 'sk-very-secret-0123456789'

const clientOf = (
  llm: LlmServer,
  limits: Partial<ChatLimits> = {},
  config: Partial<LlmConfig> = {},
  clock?: ManualClock
): ChatClient =>
  new ChatClient(
    { baseUrl: llm.url, model: 'test-model', apiKey: key, ...config },
    new Outgoing([]),
    limits,
    clock?.after
  )

const event = (value: unknown): string => `data: ${JSON.stringify(value)}\r\n\r\n`
const delta = (content: unknown): unknown => ({ choices: [{ delta: { content } }] })
const said = (message: string): string => JSON.stringify({ error: { message } })

/** Fails the test if a promise does not settle soon. */
const soon = async <T>(promise: Promise<T>, ms = 60_000): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`Not within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

t.test('a streamed answer comes in parts', async (t) => {
  const llm = await startLlmServer(t)
  const parts: string[] = []
  const reply = await clientOf(llm).complete(messages, { onText: (text) => void parts.push(text) })
  t.same(reply, { text: 'Use POST /VirDomain/action.', cut: undefined })
  t.same(parts, llm.parts)
  t.match(llm.requests, [
    {
      line: 'POST /v1/chat/completions',
      authorization: `Bearer ${key}`,
      body: { model: 'test-model', messages, stream: true }
    }
  ])
  t.notOk('tools' in (llm.requests[0]?.body ?? {}), 'the model gets no tools')
})

t.test('a whole answer is read as well', async (t) => {
  const llm = await startLlmServer(t, { streams: false })
  const parts: string[] = []
  const client = clientOf(llm, {}, { apiKey: undefined, baseUrl: llm.url })
  const reply = await client.complete(messages, { onText: (text) => void parts.push(text) })
  t.same(reply, { text: 'Use POST /VirDomain/action.', cut: undefined })
  t.same(parts, ['Use POST /VirDomain/action.'])
  t.equal(llm.requests[0]?.authorization, undefined, 'no key, no header')
})

t.test('answers in odd forms', async (t) => {
  const cases: [string, string, string][] = [
    ['events without a type', event(delta('Hi')) + 'data: [DONE]', 'Hi'],
    ['usage at the end', event(delta('Hi')) + event({ choices: [] }) + 'data: [DONE]\n\n', 'Hi'],
    [
      'a null delta',
      event({ choices: [{ delta: null }] }) + event(delta('Hi')) + 'data:[DONE]',
      'Hi'
    ],
    ['typed parts', event(delta([{ type: 'text', text: 'Hi' }])) + 'data: [DONE]\n\n', 'Hi'],
    [
      'blank lines before JSON',
      `\n\n${JSON.stringify({ choices: [{ message: { content: 'Hi' } }] })}`,
      'Hi'
    ],
    ['comments first', `: wait\n\n${event(delta('Hi'))}data: [DONE]\n\n`, 'Hi']
  ]
  const llm = await startLlmServer(t)
  for (const [name, body, text] of cases) {
    llm.fault = { status: 200, body }
    t.same(await clientOf(llm).complete(messages), { text, cut: undefined }, name)
  }
})

t.test('thoughts, control characters and blanks are left out', async (t) => {
  for (const streams of [true, false]) {
    const llm = await startLlmServer(t, {
      streams,
      thoughts: [{ reasoning_content: 'secret thought' }, { reasoning: 'another' }],
      parts: ['<thi', 'nk>hm\n', '</think>', '\n\nUse', ' \u001B[2Jit.', '\n']
    })
    let shown = ''
    const reply = await clientOf(llm).complete(messages, { onText: (text) => (shown += text) })
    t.equal(reply.text, 'Use [2Jit.')
    t.equal(shown, 'Use [2Jit.\n')
  }
})

t.test('thoughts that are closed only are left out of the answer', async (t) => {
  const llm = await startLlmServer(t, { parts: ['hm, hm', '</think>', 'Use it.'] })
  t.equal((await clientOf(llm).complete(messages)).text, 'Use it.')
})

t.test('characters cut in the middle', async (t) => {
  const llm = await startLlmServer(t)
  const content = 'd\u00E9j\u00E0 \u{1F600}'
  const body = `data: ${JSON.stringify({ choices: [{ delta: { content }, finish_reason: 'stop' }] })}\n\n`
  const server = createServer((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n')
    const bytes = Buffer.from(body)
    let i = 0
    const timer = setInterval(() => {
      if (i < bytes.length) socket.write(bytes.subarray(i, ++i))
      else socket.end()
    }, 1)
    socket
      .on('close', () => clearInterval(timer))
      .on('error', () => undefined)
      .resume()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  t.equal((await clientOf(llm, {}, { baseUrl }).complete(messages)).text, content)
})

t.test('what a server refuses is left out', async (t) => {
  for (const [parameter, message] of [
    ['temperature', "Unsupported value: 'temperature' does not support 0.2 with this model."],
    ['stream', 'Streaming is not supported by this model']
  ] as const) {
    const llm = await startLlmServer(t)
    const server = await startRefusing(t, llm, parameter, message)
    const reply = await clientOf(llm, {}, { baseUrl: server }).complete(messages)
    t.equal(reply.text, 'Use POST /VirDomain/action.', parameter)
    t.notOk(parameter in (llm.requests[0]?.body ?? {}))
    t.equal(llm.requests.length, 1)
  }
})

/** A server in front of the other that refuses one parameter. */
async function startRefusing(
  t: { teardown(handler: () => unknown): void },
  llm: LlmServer,
  parameter: string,
  message: string
): Promise<string> {
  const server = createHttpServer((asked, response) => {
    void (async () => {
      let body = ''
      for await (const chunk of asked) body += String(chunk)
      if (parameter in JSON.parse(body)) {
        response.writeHead(400).end(JSON.stringify({ error: { message } }))
        return
      }
      const answer = await request(`${llm.url}/chat/completions`, { method: 'POST', body })
      response.writeHead(answer.statusCode).end(await answer.body.text())
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

t.test('every failure is one sentence that says what to change', async (t) => {
  const page = '<!doctype html><title>Sign in</title>'
  const cases: [string, LlmFault, ErrorCode, RegExp][] = [
    ['401', { status: 401, body: said(`bad ${key}`) }, 'LLM_REFUSED', /\(401\): check LLM_API_KEY/],
    ['403', { status: 403, body: page }, 'LLM_REFUSED', /\(403\): check LLM_API_KEY.* test-model/],
    ['429', { status: 429, body: said('Rate limit.') }, 'LLM_BUSY', /\(Rate limit\): .* in 10 s/],
    ['503', { status: 503, body: said('Loading model') }, 'LLM_BUSY', /loading its model/],
    ['500', { status: 500, body: said('CUDA\n  error') }, 'LLM_ERROR', /500 \(CUDA error\)/],
    ['500 as text', { status: 500, body: 'boom' }, 'LLM_ERROR', /returned 500: check LLM_BASE_URL/],
    ['502 as HTML', { status: 502, body: page }, 'LLM_ERROR', /502 with an HTML page/],
    ['400', { status: 400, body: said('context is full') }, 'LLM_ERROR', /400 \(context is full\)/],
    ['422 as FastAPI says it', { status: 422, body: '{"detail": "no"}' }, 'LLM_ERROR', /\(no\)/],
    ['a redirect', { status: 307, headers: { location: '/x' } }, 'LLM_ERROR', /redirect \(307\)/],
    ['HTML', { body: page }, 'LLM_BAD_ANSWER', /HTML page: check LLM_BASE_URL/],
    ['broken JSON', { body: '{"choices": [' }, 'LLM_BAD_ANSWER', /neither whole JSON/],
    ['other JSON', { body: '{"ok": true}' }, 'LLM_BAD_ANSWER', /not a chat completion/],
    ['an error as JSON', { body: said('no GPU') }, 'LLM_ERROR', /failed in its answer \(no GPU\)/],
    ['text', { body: 'Ollama is running' }, 'LLM_BAD_ANSWER', /neither whole JSON/],
    ['nothing', { body: '' }, 'LLM_BAD_ANSWER', /neither whole JSON/],
    ['a broken event', { body: 'data: {"choices"\n\n' }, 'LLM_BAD_ANSWER', /not JSON/],
    ['an error event', { body: `data: ${said('no GPU')}\n\n` }, 'LLM_ERROR', /\(no GPU\)/],
    ['only the end', { body: 'data: [DONE]\n\n' }, 'LLM_BAD_ANSWER', /returned nothing/],
    [
      'an empty answer',
      { body: '{"choices": [{"message": {"content": null}}]}' },
      'LLM_BAD_ANSWER',
      /returned nothing/
    ],
    ['no choices', { body: '{"choices": []}' }, 'LLM_BAD_ANSWER', /returned nothing/],
    ['cut before the first word', { cutAfter: 0 }, 'LLM_BAD_ANSWER', /broke its response off/],
    ['a reset', { reset: true }, 'LLM_UNREACHABLE', /closed the connection without a response/]
  ]
  const llm = await startLlmServer(t)
  for (const [name, fault, code, message] of cases) {
    llm.fault = fault
    const failure = await failureOf(clientOf(llm).complete(messages))
    t.match(failure, { code, message }, name)
    t.match(failure.message, /^The model server 127\.0\.0\.1:\d+ [^\n]+\.$/, name)
    t.notMatch(JSON.stringify([failure, failure.stack, String(failure.cause)]), key, 'no key')
  }
})

t.test('a key that is missing', async (t) => {
  const llm = await startLlmServer(t, { fault: { status: 401 } })
  const failure = await failureOf(clientOf(llm, {}, { apiKey: undefined }).complete(messages))
  t.match(failure, { code: 'LLM_REFUSED', message: /requires a key \(401\): set LLM_API_KEY/ })
})

t.test('busy: when to come back', async (t) => {
  const llm = await startLlmServer(t)
  for (const [header, seconds] of [
    ['17', 17],
    [new Date(Date.now() + 30_000).toUTCString(), 30],
    ['soon', 10]
  ] as const) {
    llm.fault = { status: 429, headers: { 'retry-after': header } }
    const { code, details } = await failureOf(clientOf(llm).complete(messages))
    t.equal(code, 'LLM_BUSY')
    const said = Number(details['retryAfterSeconds'])
    // A busy machine takes its time to ask, and less is left until a date.
    const least = header.endsWith('GMT') ? 1 : seconds - 1
    t.ok(said >= least && said <= seconds + 1, `${header}: ${said}`)
  }
})

t.test('a model that the server does not have', async (t) => {
  const llm = await startLlmServer(t)
  const wrong = { model: 'tset-model' }
  const failure = await failureOf(clientOf(llm, {}, wrong).complete(messages))
  t.match(failure, {
    code: 'LLM_MODEL_NOT_FOUND',
    message: /does not have the model tset-model: set LLM_MODEL .* test-model, other-model\.$/,
    details: { models: ['test-model', 'other-model'] }
  })
  t.equal(llm.requests[1]?.authorization, `Bearer ${key}`, 'the list is asked for with the key')

  llm.models = []
  t.match(await failureOf(clientOf(llm, {}, wrong).complete(messages)), {
    code: 'LLM_MODEL_NOT_FOUND',
    message: /check LLM_MODEL, and LLM_BASE_URL, which ends in \/v1/
  })

  llm.models = ['test-model']
  const baseUrl = llm.url.replace('/v1', '')
  t.match(await failureOf(clientOf(llm, {}, { baseUrl }).complete(messages)), {
    code: 'LLM_MODEL_NOT_FOUND',
    message: /returned 404 .*which ends in \/v1/
  })

  llm.fault = { status: 400, body: '{"error": {"message": "Invalid model name"}}' }
  t.match(await failureOf(clientOf(llm).complete(messages)), { code: 'LLM_MODEL_NOT_FOUND' })
})

t.test('a server that is not there', async (t) => {
  const llm = await startLlmServer(t)
  const dead = { baseUrl: `http://127.0.0.1:${await freePort()}/v1` }
  t.match(await failureOf(clientOf(llm, {}, dead).complete(messages)), {
    code: 'LLM_UNREACHABLE',
    message: /refused the connection: check that it runs, and LLM_BASE_URL/
  })
  const unknown = { baseUrl: 'http://no-such-host.invalid/v1' }
  t.match(await failureOf(clientOf(llm, {}, unknown).complete(messages)), {
    code: 'LLM_UNREACHABLE',
    message: /name server/
  })
})

t.test('something that is neither HTTP nor TLS', async (t) => {
  const llm = await startLlmServer(t)
  const server = createServer((socket) => {
    socket
      .on('error', () => undefined)
      .resume()
      .end(`SSH-2.0 ${key}\r\n`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const plain = clientOf(llm, {}, { baseUrl: `http://127.0.0.1:${port}/v1` })
  const failure = await failureOf(plain.complete(messages))
  t.match(failure, { code: 'LLM_BAD_ANSWER', message: /not HTTP/ })
  t.notMatch(JSON.stringify([failure, failure.cause, String(failure.cause)]), key)
  const secure = clientOf(llm, {}, { baseUrl: `https://127.0.0.1:${port}/v1` })
  t.match(await failureOf(secure.complete(messages)), { code: 'LLM_UNREACHABLE' })
})

t.test('times run out', async (t) => {
  const llm = await startLlmServer(t)
  const late = { code: 'LLM_TIMEOUT' }

  llm.fault = { silent: true }
  t.match(await failureOf(soon(clientOf(llm, { firstByteMs: 50 }).complete(messages))), {
    ...late,
    message: /did not begin to answer for 0\.05 s/
  })
  t.match(await failureOf(soon(clientOf(llm, { wholeMs: 50 }).complete(messages))), {
    ...late,
    message: /was not done after 0\.05 s/
  })
  llm.fault = { cutAfter: 0, pause: true }
  t.match(await failureOf(soon(clientOf(llm, { idleMs: 50 }).complete(messages))), {
    ...late,
    message: /paused in the middle of its answer for 0\.05 s/
  })
  await Promise.all(llm.requests.map(({ gone }) => soon(gone)))
  t.pass('the server saw each of them end')

  // A connection that is taken and never secured.
  const server = createServer((socket) => socket.on('error', () => undefined).resume())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const baseUrl = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const slow = clientOf(llm, { connectMs: 100 }, { baseUrl })
  t.match(await failureOf(soon(slow.complete(messages))), {
    ...late,
    message: /did not accept the connection within 0\.1 s/
  })
})

t.test('a slow answer with heartbeats is waited for', async (t) => {
  const clock = manualClock()
  let [sent, read] = [0, 0]
  const llm = await startLlmServer(t, {
    parts: Array.from('abcdef'),
    async onPart() {
      sent += 1
      await until(() => read === sent)
      clock.pass(1199)
    }
  })
  const client = clientOf(llm, { firstByteMs: 1200, idleMs: 1200 }, {}, clock)
  t.same(await client.complete(messages, { onText: () => (read += 1) }), {
    text: 'abcdef',
    cut: undefined
  })
})

t.test('the part of a cut answer that arrived is kept', async (t) => {
  const cases: [string, LlmFault, Partial<ChatLimits>, RegExp][] = [
    ['a broken connection', { cutAfter: 2 }, {}, /broke its response off/],
    ['an end without [DONE]', { cutAfter: 2, endsEarly: true }, {}, /ended the connection in the/],
    ['a pause', { cutAfter: 2, pause: true }, { idleMs: 300 }, /paused in the middle/],
    ['the whole time', { cutAfter: 2, pause: true }, { wholeMs: 500 }, /not done after 0\.5 s/]
  ]
  const llm = await startLlmServer(t)
  for (const [name, fault, limits, cut] of cases) {
    llm.fault = fault
    const clock = manualClock()
    const onText = (text: string): void => void (text.includes('VirDomain') && clock.pass(500))
    t.match(
      await soon(clientOf(llm, limits, {}, clock).complete(messages, { onText })),
      { text: 'Use POST /VirDomain', cut },
      name
    )
  }
  const inBetween: [string, string, RegExp][] = [
    ['a broken event', 'data: {"choi\n\n', /not JSON/],
    ['an error event', 'data: {"error": {"message": "no memory"}}\n\n', /\(no memory\)/]
  ]
  for (const [name, raw, cut] of inBetween) {
    llm.fault = { raw }
    t.match(await clientOf(llm).complete(messages), { text: 'Use', cut }, name)
  }
  llm.fault = { cutAfter: 1 }
  llm.streams = false
  t.match(
    await failureOf(clientOf(llm).complete(messages)),
    { code: 'LLM_BAD_ANSWER', message: /broke its response off/ },
    'half a JSON text is nothing'
  )
})

t.test('answers that end in order and are not whole', async (t) => {
  const llm = await startLlmServer(t, { finishReason: 'length' })
  t.match(await clientOf(llm).complete(messages), {
    text: 'Use POST /VirDomain/action.',
    cut: /token limit/
  })
  llm.parts = ['<think>', 'on and on']
  t.match(await failureOf(clientOf(llm).complete(messages)), {
    code: 'LLM_BAD_ANSWER',
    message: /token limit/
  })
})

t.test('an answer without an end is ended', async (t) => {
  const llm = await startLlmServer(t, { parts: Array.from({ length: 500 }, () => 'again ') })
  const reply = await clientOf(llm, { maxAnswerChars: 60 }).complete(messages)
  t.match(reply, { cut: /without an end/ })
  t.ok(reply.text.length < 100)
  await soon(llm.requests[0]?.gone ?? Promise.reject(new Error('not asked')))

  llm.fault = { body: `data: ${'x'.repeat(5_000)}` }
  t.match(await failureOf(clientOf(llm, { maxEventChars: 1_000 }).complete(messages)), {
    code: 'LLM_BAD_ANSWER',
    message: /event without an end/
  })
  llm.fault = { body: `{"x": "${'x'.repeat(5_000)}"}` }
  t.match(await failureOf(clientOf(llm, { maxBytes: 1_000 }).complete(messages)), {
    code: 'LLM_BAD_ANSWER',
    message: /more than the bridge accepts/
  })
})

t.test('a caller that goes away ends the work of the model', async (t) => {
  const llm = await startLlmServer(t, {
    pauseMs: 20,
    parts: Array.from({ length: 500 }, () => 'x')
  })
  const controller = new AbortController()
  const call = clientOf(llm).complete(messages, {
    signal: controller.signal,
    onText: () => controller.abort()
  })
  t.match(await failureOf(soon(call)), { code: 'CALLER_GONE' }, 'what came is for nobody')
  await soon(llm.requests[0]?.gone ?? Promise.reject(new Error('not asked')))

  llm.fault = { silent: true }
  const second = new AbortController()
  const early = failureOf(soon(clientOf(llm).complete(messages, { signal: second.signal })))
  await until(() => llm.requests.length === 2)
  second.abort()
  t.match(await early, { code: 'CALLER_GONE' })
  await soon(llm.requests[1]?.gone ?? Promise.reject(new Error('not asked')))

  const gone = clientOf(llm).complete(messages, { signal: AbortSignal.abort() })
  t.match(await failureOf(soon(gone)), { code: 'CALLER_GONE' })
  t.equal(llm.requests.length, 2, 'nothing is asked for one who has gone')
})

t.test('a bridge that shuts down answers with what came', async (t) => {
  const llm = await startLlmServer(t, { fault: { cutAfter: 2, pause: true } })
  const stop = new AbortController()
  const call = clientOf(llm).complete(messages, {
    draining: stop.signal,
    onText: (text) => void (text.includes('VirDomain') && stop.abort())
  })
  t.match(await soon(call), { text: 'Use POST /VirDomain', cut: /shuts down/ })
  t.match(await failureOf(clientOf(llm).complete(messages, { draining: AbortSignal.abort() })), {
    code: 'SHUTTING_DOWN'
  })
})

t.test('a server that echoes the key does not give it away', async (t) => {
  const parts = ['Bearer ', key.slice(0, 7), key.slice(7), ' is it']
  for (const streams of [true, false]) {
    const llm = await startLlmServer(t, { parts, streams })
    let shown = ''
    const reply = await clientOf(llm).complete(messages, { onText: (text) => (shown += text) })
    t.equal(reply.text, 'Bearer *** is it')
    t.equal(shown, reply.text)
  }
})
