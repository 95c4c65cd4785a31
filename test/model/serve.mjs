/**
 * Serves a GGUF file as an OpenAI-compatible /v1/chat/completions with tools, through node-llama-cpp, by
 * the chat template of Qwen 2.5 (ChatML, `<tool_call>`): what the model writes is neither checked nor
 * forced into the form of the tools. One request at a time. The beginning of a prompt that it has read
 * already is not read again: the tools are read once for all tasks, a conversation once for all its replies.
 *
 * node test/model/serve.mjs FILE [PORT] [THREADS]
 *
 * Ends at SIGTERM, and says then what it read and wrote.
 */
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { pathToFileURL } from 'node:url'
import { basename } from 'node:path'

const [file, port = '0', threads = '2'] = process.argv.slice(2)
const from = process.env.NODE_LLAMA_CPP
if (file === undefined || from === undefined) {
  console.error(
    'Usage: NODE_LLAMA_CPP=…/node_modules/node-llama-cpp node test/model/serve.mjs FILE [PORT] [THREADS]'
  )
  process.exit(2)
}
const { getLlama } = await import(pathToFileURL(`${from}/dist/index.js`).href)
const name = basename(file).replace(/\.gguf$/, '')
const contextSize = 16_384
const maxTokens = 400

const llama = await getLlama({ gpu: false, build: 'never', logLevel: 'error' })
const model = await llama.loadModel({ modelPath: file })
const context = await model.createContext({
  contextSize,
  threads: Number(threads),
  flashAttention: true
})
const sequence = context.getSequence()

const turn = (role, text) => `<|im_start|>${role}\n${text}<|im_end|>\n`

const asText = (call) => {
  const { name: tool, arguments: given } = call.function
  return `<tool_call>\n{"name": ${JSON.stringify(tool)}, "arguments": ${given}}\n</tool_call>`
}

/** What the template inserts where the messages lack a system message. */
const usualSystem = {
  role: 'system',
  content: 'You are Qwen, created by Alibaba Cloud. You are a helpful assistant.'
}

/** The text of a message, which some clients send in parts. */
const contentOf = ({ content }) =>
  Array.isArray(content) ? content.map(({ text = '' }) => text).join('') : (content ?? '')

/** The prompt, as the template that comes with the model writes it. */
function promptOf(messages, tools) {
  const [first, ...rest] = messages[0]?.role === 'system' ? messages : [usualSystem, ...messages]
  if (tools.length === 0) return chatOf(turn('system', contentOf(first)), rest)
  const head = [
    contentOf(first),
    '\n\n# Tools\n\nYou may call one or more functions to assist with the user query.\n\n' +
      'You are provided with function signatures within <tools></tools> XML tags:\n<tools>',
    ...tools.map((tool) => `\n${JSON.stringify(tool)}`),
    '\n</tools>\n\nFor each function call, return a json object with function name and arguments ' +
      'within <tool_call></tool_call> XML tags:\n<tool_call>\n' +
      '{"name": <function-name>, "arguments": <args-json-object>}\n</tool_call>'
  ].join('')
  return chatOf(turn('system', head), rest)
}

/** What was said, behind the beginning. */
function chatOf(beginning, rest) {
  let text = beginning
  for (const [i, message] of rest.entries()) {
    const { role, tool_calls: calls = [] } = message
    const content = contentOf(message)
    if (role !== 'tool') {
      text += turn(role, [content, ...calls.map(asText)].filter((part) => part !== '').join('\n'))
      continue
    }
    if (rest[i - 1]?.role !== 'tool') text += '<|im_start|>user'
    text += `\n<tool_response>\n${content}\n</tool_response>`
    if (rest[i + 1]?.role !== 'tool') text += '<|im_end|>\n'
  }
  return `${text}<|im_start|>assistant\n`
}

/** A JSON object with a name and arguments, and nothing else: a call, whatever it is wrapped in. */
function callOf(text) {
  try {
    const value = JSON.parse(text)
    const { name: tool, arguments: given } = value
    return typeof tool === 'string' && given !== undefined ? value : undefined
  } catch {
    return undefined
  }
}

const wrapped =
  /<tool_call>\s*([\s\S]*?)\s*(?:<\/tool_call>|$)|```(?:json|xml)?\s*(\{[\s\S]*?\})\s*```/g

/** What was written, with the calls in it taken out. */
function messageOf(text) {
  const calls = []
  const take = (all, inTag, inFence) => {
    const call = callOf(inTag ?? inFence)
    if (call === undefined) return all
    calls.push(call)
    return ''
  }
  let content = text.replaceAll(wrapped, take).trim()
  const bare = callOf(content)
  if (bare !== undefined) {
    calls.push(bare)
    content = ''
  }
  return {
    role: 'assistant',
    content,
    ...(calls.length > 0 && {
      tool_calls: calls.map((call) => ({
        // Clients find the result of a call by it, among those of the whole conversation.
        id: `call_${randomUUID()}`,
        type: 'function',
        function: {
          name: call.name,
          arguments:
            typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments)
        }
      }))
    })
  }
}

/** What was done since the start. */
const meter = { requests: 0, prompt: 0, read: 0, readSeconds: 0, written: 0, writeSeconds: 0 }

/** Reads what of a prompt is new, but for its last token, which brings the first of the reply. */
async function read(tokens) {
  const started = performance.now()
  await sequence.adaptStateToTokens(tokens.slice(0, -1), false)
  const fresh = tokens.slice(sequence.nextTokenIndex)
  await sequence.evaluateWithoutGeneratingNewTokens(fresh.slice(0, -1))
  meter.requests += 1
  meter.prompt += tokens.length
  meter.read += fresh.length
  meter.readSeconds += (performance.now() - started) / 1000
  return fresh.slice(-1)
}

/** The tokens of a reply, to its end or to the most that it may have. */
async function write(last, options) {
  const started = performance.now()
  const tokens = []
  for await (const token of sequence.evaluate(last, options)) {
    if (model.isEogToken(token)) break
    tokens.push(token)
    if (tokens.length === maxTokens) break
  }
  meter.written += tokens.length
  meter.writeSeconds += (performance.now() - started) / 1000
  return tokens
}

async function complete({ messages, tools = [], seed = 1, temperature = 0 }) {
  const tokens = model.tokenize(promptOf(messages, tools), true)
  if (tokens.length > contextSize - maxTokens)
    return { status: 400, body: { error: { message: `${tokens.length} tokens are too many` } } }
  const written = await write(await read(tokens), { temperature, seed })
  const text = model.detokenize(written)
  return {
    status: 200,
    body: {
      object: 'chat.completion',
      model: name,
      choices: [{ index: 0, message: messageOf(text), finish_reason: 'stop' }],
      usage: {
        prompt_tokens: tokens.length,
        completion_tokens: written.length,
        total_tokens: tokens.length + written.length
      }
    }
  }
}

const sendTo = (response, { status, body }) => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** A reply as the events of a stream: whole, as nothing is known of a call before its end. */
function streamTo(response, result) {
  if (result.status !== 200) return sendTo(response, result)
  const { choices, usage, ...others } = result.body
  const [{ message, finish_reason: reason }] = choices
  const calls = message.tool_calls?.map((call, index) => ({ index, ...call }))
  const chunk = (delta, finish, more = {}) => ({
    ...others,
    id: 'chat',
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: finish }],
    ...more
  })
  const chunks = [
    chunk({ ...message, ...(calls && { tool_calls: calls }) }, null),
    chunk({}, calls === undefined ? reason : 'tool_calls', { usage })
  ]
  const events = [...chunks.map((each) => JSON.stringify(each)), '[DONE]']
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.end(events.map((data) => `data: ${data}\n\n`).join(''))
}

let before = Promise.resolve()
const server = createServer((request, response) => {
  let text = ''
  request.on('data', (chunk) => (text += chunk))
  request.on('end', () => {
    if (request.url === '/v1/models') {
      sendTo(response, { status: 200, body: { object: 'list', data: [{ id: name }] } })
      return
    }
    const send = /"stream": ?true/.test(text) ? streamTo : sendTo
    before = before
      .then(() => complete(JSON.parse(text)))
      .catch((error) => ({ status: 500, body: { error: { message: String(error) } } }))
      .then((result) => send(response, result))
  })
})
server.requestTimeout = 0
server.listen(Number(port), '127.0.0.1', () =>
  console.log(`${name} at http://127.0.0.1:${server.address().port}/v1`)
)

const perSecond = (tokens, seconds) =>
  seconds === 0 ? 0 : Math.round((tokens / seconds) * 10) / 10

process.once('SIGTERM', () => {
  const { requests, prompt, read: fresh, readSeconds, written, writeSeconds } = meter
  console.error(
    `${requests} replies: ${prompt} tokens of prompts, ${fresh} of them read (${perSecond(fresh, readSeconds)}/s), ` +
      `${written} written (${perSecond(written, writeSeconds)}/s)`
  )
  process.exit(0)
})
