import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sendJson } from './send-json.ts'

/** A status event that came. */
export interface OpenWebUiEvent {
  path: string
  authorization: string | undefined
  type: string
  description: string
  done: boolean
  /** When it came, by `performance.now()`. */
  at: number
}

/** A stand-in for OpenWebUI on loopback, which records the events of messages. */
export interface OpenWebUiServer {
  url: string
  apiKey: string
  /** Events it accepted, in order. */
  events: OpenWebUiEvent[]
  /** Requests that began, whatever their outcome. */
  asked: number
  /** Requests under way, and the most there were at one time. */
  open: number
  maxOpen: number
  /** Milliseconds before an answer. */
  slowMs: number
  /** Instead of an answer. `hang`: nothing ever comes; `endless`: a body without an end. */
  fault: number | 'reset' | 'hang' | 'endless' | undefined
  /** Chats it knows; all where empty. */
  chats: string[]
  close(): Promise<void>
}

const eventPath = /^\/(?:ui\/)?api\/v1\/chats\/([^/]+)\/messages\/([^/]+)\/event$/

function endless(response: ServerResponse): void {
  response.writeHead(200)
  const more = (): void => {
    if (!response.destroyed) response.write('x'.repeat(16_384), () => setTimeout(more, 1))
  }
  more()
}

/** Starts the server; it accepts events of all chats from `apiKey` until configured otherwise. */
export async function startOpenWebUi(t: {
  teardown(handler: () => unknown): void
}): Promise<OpenWebUiServer> {
  const http = createServer()
  const server: OpenWebUiServer = {
    url: '',
    apiKey: 'sk-openwebui-secret',
    events: [],
    asked: 0,
    open: 0,
    maxOpen: 0,
    slowMs: 0,
    fault: undefined,
    chats: [],
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve())
        http.closeAllConnections()
      })
  }
  http.on('request', (request, response) => {
    void (async () => {
      const at = performance.now()
      server.asked += 1
      server.open += 1
      server.maxOpen = Math.max(server.maxOpen, server.open)
      response.once('close', () => (server.open -= 1))
      let text = ''
      for await (const chunk of request) text += String(chunk)
      const { fault } = server
      if (fault === 'hang') return
      if (fault === 'reset') return void request.socket.destroy()
      if (fault === 'endless') return endless(response)
      await new Promise((resolve) => setTimeout(resolve, server.slowMs))
      if (typeof fault === 'number') return sendJson(response, fault, { detail: 'no' })
      const { authorization } = request.headers
      if (authorization !== `Bearer ${server.apiKey}`)
        return sendJson(response, 401, { detail: 'no' })
      const path = request.url ?? ''
      if (request.method === 'GET' && path === '/api/v1/auths/') return sendJson(response, 200, {})
      const [, chat] = eventPath.exec(path) ?? []
      if (request.method !== 'POST' || chat === undefined)
        return sendJson(response, 404, { detail: 'Not Found' })
      if (server.chats.length > 0 && !server.chats.includes(chat))
        return sendJson(response, 401, { detail: 'no such chat' })
      const { type, data } = JSON.parse(text) as {
        type: string
        data: { description: string; done: boolean }
      }
      server.events.push({ path, authorization, type, ...data, at })
      sendJson(response, 200, true)
    })().catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  server.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  return server
}
