import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { asMessage, type ChatMessage, type ModelReply } from '../../src/model-bench/chat.ts'

type Teardown = { teardown(handler: () => unknown): void }

/** Thrown by what replies: the connection breaks. */
export class LostServer extends Error {}

/** An OpenAI-compatible server that knows what to say to each first message of a user, reply by reply. */
export async function startToolCallingServer(
  t: Teardown,
  repliesTo: (ask: string) => readonly ModelReply[]
): Promise<{ url: string; keys: Set<string | undefined> }> {
  const keys = new Set<string | undefined>()
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      keys.add(request.headers.authorization)
      const { messages } = JSON.parse(text) as { messages: ChatMessage[] }
      const ask = messages.find(({ role }) => role === 'user')?.content ?? ''
      const said = messages.filter(({ role }) => role === 'assistant').length
      let reply: ModelReply | undefined
      try {
        reply = repliesTo(ask)[said]
      } catch (error) {
        if (!(error instanceof LostServer)) throw error
        request.socket.destroy()
        return
      }
      response.writeHead(reply === undefined ? 500 : 200, { 'content-type': 'application/json' })
      const usage = { total_tokens: reply?.tokens }
      const choices = reply && [{ index: 0, message: asMessage(reply), finish_reason: 'stop' }]
      response.end(JSON.stringify({ object: 'chat.completion', choices, usage }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, keys }
}
