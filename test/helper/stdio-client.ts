import { operator } from '../../src/identity/static-token.ts'
import { PassThrough } from 'node:stream'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { StdioTransport } from '../../src/mcp/transports/stdio.ts'
import type { TestBridge } from './bridge.ts'
import { until } from './simulator.ts'

export interface StdioAnswer {
  id: unknown
  // oxlint-disable-next-line typescript/no-explicit-any -- each test knows what it asked for
  result?: any
  error?: { code: number; message: string }
}

/** The MCP server of a test bridge over lines of JSON in this process: one message, which may be given as text, and its answer. */
export async function connectStdio(
  t: { teardown(handler: () => unknown): void },
  bridge: TestBridge
): Promise<
  (
    message: { id?: unknown; jsonrpc?: string; method?: string; params?: unknown },
    text?: string
  ) => Promise<StdioAnswer>
> {
  const input = new PassThrough()
  const output = new PassThrough()
  let all = ''
  output.on('data', (chunk: Buffer) => (all += chunk.toString()))
  const service = await bridge.app.mcp()
  const connection = serveStdio(() => service.createServer({ principal: operator }), {
    transport: new StdioTransport(input, output)
  })
  t.teardown(() => connection.close())
  const answerTo = (id: unknown): StdioAnswer | undefined =>
    all
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as StdioAnswer)
      .find((answer) => answer.id === id)
  return async (message, text = JSON.stringify(message)) => {
    input.write(`${text}\n`)
    await until(() => answerTo(message.id) !== undefined)
    return answerTo(message.id) as StdioAnswer
  }
}
