import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Owner } from '../eval/owner.ts'
import { sendJson } from './send-json.ts'

/** A call that the model makes; its name is that of the bridge, whatever OpenWebUI puts before it. */
export interface RecordedCall {
  tool: string
  /** What it is called with, or how that follows from what was said before. */
  args: Record<string, unknown> | ((said: string) => Record<string, unknown>)
}

/** What the model returns in one turn: calls, or the text that ends its answer. */
export type Turn = RecordedCall[] | ((results: string[]) => string)

/** The turns for what a user writes. */
export interface Recording {
  prompt: string
  turns: Turn[]
}

interface Message {
  role: string
  content?: unknown
  tool_calls?: unknown[]
}

/** A request for a completion, as far as it is looked at. */
export interface Completion {
  model: string
  stream?: boolean
  messages: Message[]
  tools?: { function: { name: string; description?: string; parameters?: unknown } }[]
}

/** An OpenAI-compatible server on loopback whose model plays what is recorded. */
export interface RecordedModel {
  /** Base URL, with /v1. */
  url: string
  /** The name of its model. */
  name: string
  /** Completions asked for, in order. */
  asked: Completion[]
  /** What it plays from now on, beside the rest. */
  record(recording: Recording): void
}

const modelName = 'recorded'

/** The text of a message, which may come in parts. */
export function textOf({ content }: Message): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map((part: { text?: string }) => part.text ?? '').join('\n')
}

/** The results of the calls since the last message of the user; in the prompt mode what the prompt holds. */
export function resultsIn({ messages, tools }: Completion): string[] {
  if (tools === undefined) return [messages.map(textOf).join('\n')]
  const last = messages.findLastIndex(({ role }) => role === 'user')
  return messages
    .slice(last + 1)
    .filter(({ role }) => role === 'tool')
    .map(textOf)
}

async function bodyOf(request: IncomingMessage): Promise<Completion> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return JSON.parse(text) as Completion
}

/** The name under which a tool is offered: OpenWebUI puts the connection before those of MCP. */
const offeredAs = (tool: string, { tools = [] }: Completion): string =>
  tools
    .map(({ function: { name } }) => name)
    .find((name) => name === tool || name.endsWith(`_${tool}`)) ?? tool

interface Reply {
  content?: string
  tool_calls?: object[]
}

/** In OpenWebUI's prompt mode the tools stand in a prompt, and the call is text. */
const asksForCallAsText = ({ tools, messages }: Completion): boolean =>
  tools === undefined &&
  /^(?:History:[\s\S]*\n)?Query: /.test(textOf(messages.at(-1) ?? { role: '' }))

const argsOf = ({ args }: RecordedCall, { messages }: Completion): Record<string, unknown> =>
  typeof args === 'function' ? args(messages.map(textOf).join('\n')) : args

function replyTo(completion: Completion, recording: Recording, nextId: () => string): Reply {
  const [first] = recording.turns
  if (asksForCallAsText(completion)) {
    const calls = Array.isArray(first) ? first : []
    const tool_calls = calls.map((call) => ({
      name: call.tool,
      parameters: argsOf(call, completion)
    }))
    return { content: JSON.stringify({ tool_calls }) }
  }
  const last = completion.messages.findLastIndex(({ role }) => role === 'user')
  const done = completion.messages.slice(last + 1).filter((each) => (each.tool_calls ?? []).length)
  const turn =
    recording.turns[completion.tools === undefined ? recording.turns.length - 1 : done.length]
  if (turn === undefined) return { content: 'Nothing more is recorded.' }
  if (!Array.isArray(turn)) return { content: turn(resultsIn(completion)) }
  const tool_calls = turn.map((call, index) => ({
    index,
    id: nextId(),
    type: 'function',
    function: {
      name: offeredAs(call.tool, completion),
      arguments: JSON.stringify(argsOf(call, completion))
    }
  }))
  return { tool_calls }
}

function send(response: ServerResponse, { stream }: Completion, reply: Reply): void {
  const finish_reason = reply.tool_calls === undefined ? 'stop' : 'tool_calls'
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
  const head = { id: 'chatcmpl-1', created: 1, model: modelName }
  const message = { role: 'assistant', content: '', ...reply }
  if (stream !== true) {
    const choices = [{ index: 0, message, finish_reason }]
    return sendJson(response, 200, { ...head, object: 'chat.completion', choices, usage })
  }
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
  for (const [delta, finish] of [
    [message, null],
    [{}, finish_reason]
  ] as const) {
    const choices = [{ index: 0, delta, finish_reason: finish }]
    const chunk = { ...head, object: 'chat.completion.chunk', choices }
    response.write(`data: ${JSON.stringify(chunk)}\n\n`)
  }
  response.end('data: [DONE]\n\n')
}

/** Starts the server. */
export async function startRecordedModel(owner: Owner): Promise<RecordedModel> {
  const recordings: Recording[] = []
  const asked: Completion[] = []
  let calls = 0
  const nextId = (): string => `call_${(calls += 1)}`
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const line = `${request.method} ${request.url}`
    if (line === 'GET /v1/models')
      return sendJson(response, 200, { object: 'list', data: [{ id: modelName, object: 'model' }] })
    if (line !== 'POST /v1/chat/completions')
      return sendJson(response, 404, { error: { message: line } })
    const completion = await bodyOf(request)
    asked.push(completion)
    const user = completion.messages.findLast(({ role }) => role === 'user') ?? { role: 'user' }
    const recording = recordings.find(({ prompt }) => textOf(user).includes(prompt))
    const reply =
      recording === undefined
        ? { content: 'Nothing is recorded for this.' }
        : replyTo(completion, recording, nextId)
    send(response, completion, reply)
  }
  const http = createServer((request, response) => {
    answer(request, response).catch((error: unknown) =>
      sendJson(response, 500, { error: { message: String(error) } })
    )
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  owner.teardown(() => {
    http.closeAllConnections()
    return new Promise((resolve) => http.close(resolve))
  })
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/v1`
  return { url, name: modelName, asked, record: (recording) => void recordings.push(recording) }
}
