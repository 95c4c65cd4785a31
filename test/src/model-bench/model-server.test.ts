import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { ModelFailure } from '../../../src/model-bench/chat.ts'
import { ModelServer } from '../../../src/model-bench/model-server.ts'

type Test = { teardown(handler: () => unknown): void }

/** A server that returns one status and body, and keeps what it was sent. */
async function serve(t: Test, status: number, body: unknown) {
  const seen: { url: string | undefined; authorization: string | undefined; body: unknown }[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      const { url, headers } = request
      seen.push({ url, authorization: headers.authorization, body: JSON.parse(text) })
      response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  return {
    seen,
    model: new ModelServer({ url, model: 'm', apiKey: 'key', seed: 3, replyMs: 60_000 })
  }
}

const tool = {
  type: 'function',
  function: { name: 'vm_read', description: '', parameters: {} }
} as const
const completion = (message: object, usage?: object) => ({ choices: [{ message }], usage })

t.test('asks with tools, and reads calls in the forms that servers give them', async (t) => {
  const calls = [
    { id: 'a', function: { name: 'vm_read', arguments: '{"limit":1}' } },
    { function: { name: 'vm_read', arguments: { limit: 2 } } },
    { function: {} }
  ]
  const usage = { prompt_tokens: 5, completion_tokens: 2 }
  const { model, seen } = await serve(
    t,
    200,
    completion({ content: null, tool_calls: calls }, usage)
  )
  t.same(await model.reply([{ role: 'user', content: 'hello' }], [tool]), {
    content: '',
    calls: [
      { id: 'a', name: 'vm_read', arguments: '{"limit":1}' },
      { id: 'call_1', name: 'vm_read', arguments: '{"limit":2}' }
    ],
    tokens: 7
  })
  t.match(seen[0], {
    url: '/v1/chat/completions',
    authorization: 'Bearer key',
    body: { model: 'm', seed: 3, stream: false, tool_choice: 'auto', tools: [tool] }
  })
  t.notMatch(seen[0]?.body, { temperature: Number }, 'the default of the server')
})

t.test('says what went wrong, and what to check', async (t) => {
  const cases: [number, unknown, RegExp, isLost?: boolean][] = [
    [503, 'down', /refused with HTTP 503: down/, true],
    [401, 'no key', /refused with HTTP 401/, true],
    [500, 'no such model', /refused with HTTP 500: no such model/],
    [200, '<html>', /no chat completion: pass --model-url with its \/v1/],
    [200, { choices: [] }, /no chat completion/]
  ]
  for (const [status, body, message, isLost = false] of cases) {
    const { model } = await serve(t, status, body)
    await t.rejects(model.reply([], []), { name: ModelFailure.name, message, isLost })
  }
  const closed = new ModelServer({
    url: 'http://127.0.0.1:9/v1',
    model: 'm',
    seed: 1,
    replyMs: 60_000
  })
  await t.rejects(closed.reply([], []), {
    message: /127\.0\.0\.1:9 .*check --model-url/,
    isLost: true
  })
})
