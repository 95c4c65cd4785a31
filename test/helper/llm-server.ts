import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { sendJson } from './send-json.ts'

type Teardown = { teardown(handler: () => unknown): void }

/** A request that came, as far as tests look at it. */
export interface LlmRequest {
  /** `POST /v1/chat/completions` */
  line: string
  authorization: string | undefined
  /** The JSON body; an empty object for none. */
  // oxlint-disable-next-line typescript/no-explicit-any -- each test knows what it looks for
  body: any
  /** Resolves when the connection of this request is closed before the answer was whole. */
  gone: Promise<void>
  /** Resolves once the parts before a pause have arrived. */
  paused: Promise<void>
}

/** What the server does instead of answering; the rest of the fault says how. */
export interface LlmFault {
  status?: number
  headers?: Record<string, string>
  /** The body, with any status. */
  body?: string
  /** Neither headers nor body ever come. */
  silent?: boolean
  /** The connection is closed without an answer. */
  reset?: boolean
  /** Closed after this number of parts; `pause` keeps the connection open and silent. */
  cutAfter?: number
  pause?: boolean
  /** Ends the answer in order after `cutAfter` parts, without `[DONE]`. */
  endsEarly?: boolean
  /** Sent between the parts, as it is. */
  raw?: string
}

/** An OpenAI-compatible server on loopback whose answers can be configured. */
export interface LlmServer {
  /** Base URL, with /v1. */
  url: string
  requests: LlmRequest[]
  /** The answer in the parts it is streamed in. */
  parts: string[]
  /** Fields of the delta, before the answer, such as `reasoning_content`. */
  thoughts: Record<string, string>[]
  /** Models it has; it knows no others. */
  models: string[]
  finishReason: string
  /** `false`: answers whole, whatever is asked for. */
  streams: boolean
  /** Milliseconds between the parts. */
  pauseMs: number
  /** After each part; the next one waits for it. */
  onPart: (() => Promise<void>) | undefined
  fault: LlmFault | undefined
  close(): Promise<void>
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text === '' ? {} : JSON.parse(text)
}

function chunk(delta: object, finish_reason: string | null = null): string {
  const choices = [{ index: 0, delta, finish_reason }]
  return `data: ${JSON.stringify({ object: 'chat.completion.chunk', choices })}\n\n`
}

async function stream(
  server: LlmServer,
  response: ServerResponse,
  onPause: () => void
): Promise<void> {
  const { fault, thoughts, parts, finishReason, pauseMs, onPart } = server
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
  response.write(': ready\n\n')
  response.write(chunk({ role: 'assistant', content: '' }))
  for (const thought of thoughts) response.write(chunk(thought))
  for (const [i, content] of parts.entries()) {
    if (i === fault?.cutAfter) {
      // What was written before is to arrive, and to be read by this very process.
      for (let turn = 0; turn < 5; turn++) await sleep(5)
      if (fault.pause === true) return onPause()
      if (fault.endsEarly === true) response.end()
      else response.destroy()
      return
    }
    response.write(chunk({ content }))
    if (fault?.raw !== undefined) response.write(fault.raw)
    // Always a turn of the loop: parts are to arrive one by one.
    await sleep(pauseMs)
    await onPart?.()
    if (response.destroyed) return
  }
  response.write(chunk({}, finishReason))
  response.end('data: [DONE]\n\n')
}

function whole(server: LlmServer, response: ServerResponse): void {
  const { fault, thoughts, parts, finishReason } = server
  const content = parts.join('')
  const message = { role: 'assistant', content, ...Object.assign({}, ...thoughts) }
  const text = JSON.stringify({
    object: 'chat.completion',
    choices: [{ index: 0, message, finish_reason: finishReason }]
  })
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length })
  if (fault?.cutAfter === undefined) response.end(text)
  else response.write(text.slice(0, -20), () => response.destroy())
}

function fail(response: ServerResponse, fault: LlmFault): boolean {
  if (fault.silent === true) return true
  if (fault.reset === true) {
    response.destroy()
    return true
  }
  if (fault.status === undefined && fault.body === undefined) return false
  response.writeHead(fault.status ?? 200, fault.headers ?? {}).end(fault.body ?? '')
  return true
}

/** Starts the server; it answers "Use POST /VirDomain/action." until configured otherwise. */
export async function startLlmServer(
  t: Teardown,
  options: Partial<Omit<LlmServer, 'url' | 'requests' | 'close'>> = {}
): Promise<LlmServer> {
  const http = createServer()
  const llm: LlmServer = {
    url: '',
    requests: [],
    parts: ['Use ', 'POST /VirDomain', '/action', '.'],
    thoughts: [],
    models: ['test-model', 'other-model'],
    finishReason: 'stop',
    streams: true,
    pauseMs: 0,
    onPart: undefined,
    fault: undefined,
    ...options,
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve())
        http.closeAllConnections()
      })
  }

  http.on('request', (request, response) => {
    void (async () => {
      const gone = new Promise<void>((resolve) => {
        response.once('close', () => {
          if (!response.writableFinished) resolve()
        })
      })
      let onPause = (): void => undefined
      const paused = new Promise<void>((resolve) => (onPause = resolve))
      const body = (await readBody(request)) as { model?: string; stream?: boolean }
      const line = `${request.method} ${request.url}`
      llm.requests.push({ line, authorization: request.headers.authorization, body, gone, paused })
      if (line === 'GET /v1/models')
        return sendJson(response, 200, { object: 'list', data: llm.models.map((id) => ({ id })) })
      if (line !== 'POST /v1/chat/completions')
        return void response.writeHead(404).end('404 page not found')
      if (llm.fault !== undefined && fail(response, llm.fault)) return
      if (!llm.models.includes(body.model ?? ''))
        return sendJson(response, 404, { error: { message: `model '${body.model}' not found` } })
      if (llm.streams && body.stream === true) await stream(llm, response, onPause)
      else whole(llm, response)
    })()
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  t.teardown(() => llm.close())
  llm.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/v1`
  return llm
}
