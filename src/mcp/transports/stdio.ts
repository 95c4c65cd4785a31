import { type Readable, Transform, type Writable } from 'node:stream'
import type { JSONRPCMessage } from '@modelcontextprotocol/server'
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio'
import { maxLargeBodyBytes } from '../../lib/http/http-limits.ts'
import { nestedTooDeep, parseJson } from '../../lib/json/json.ts'
import { isNestedTooDeep } from '../../lib/json/json-depth.ts'
import { jsonRpcCode, jsonRpcErrorBody, messageProblem, withOpenArguments } from '../messages.ts'

/** As much as HTTP takes; the SDK closes the connection at 10 MiB. */
const maxLineLength = maxLargeBodyBytes

const newline = 0x0a

/** Passes whole lines that are messages on, and responds to all others. */
class MessageLines extends Transform {
  readonly #pass: (message: object) => void
  readonly #refuse: (body: string) => void
  #parts: Buffer[] = []
  #length = 0

  constructor(pass: (message: object) => void, refuse: (body: string) => void) {
    super()
    this.#pass = pass
    this.#refuse = refuse
  }

  override _transform(chunk: Buffer, _encoding: unknown, done: () => void): void {
    let from = 0
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
      this.#add(chunk.subarray(from, end))
      this.#line()
      from = end + 1
    }
    this.#add(chunk.subarray(from))
    done()
  }

  /** What is too long is counted, not kept. */
  #add(part: Buffer): void {
    this.#length += part.length
    if (this.#length > maxLineLength) this.#parts = []
    else if (part.length > 0) this.#parts.push(part)
  }

  #line(): void {
    const length = this.#length
    const line = Buffer.concat(this.#parts)
    this.#parts = []
    this.#length = 0
    if (length > maxLineLength) {
      const message = 'The line exceeds the limit of 1 MiB: send less'
      this.#refuse(jsonRpcErrorBody(jsonRpcCode.invalidRequest, message))
      return
    }
    const text = line.toString().trim()
    if (text === '') return
    if (isNestedTooDeep(text)) {
      this.#refuse(jsonRpcErrorBody(jsonRpcCode.invalidRequest, nestedTooDeep('The message')))
      return
    }
    const message = parseJson(text)
    if (message === undefined) {
      const words = 'The line is not valid JSON: send one JSON-RPC message in each line'
      this.#refuse(jsonRpcErrorBody(jsonRpcCode.parseError, words))
      return
    }
    const problem = messageProblem(message)
    if (problem === undefined) {
      this.#pass(message as object)
      const opened = withOpenArguments(message)
      this.push(`${opened === message ? text : JSON.stringify(opened)}\n`)
    } else this.#refuse(jsonRpcErrorBody(problem.code, problem.message, problem.id))
  }
}

/**
 * MCP over lines of JSON. The SDK passes over a line that is not a message, and ends without a word at one
 * that is very long; here both get a response, and the connection continues.
 */
export class StdioTransport extends StdioServerTransport {
  /** Ids of requests that wait for their response. */
  readonly #open = new Set<unknown>()
  #onAllSettled: (() => void) | undefined

  constructor(input: Readable, output: Writable) {
    const refuse = (body: string): void => void output.write(`${body}\n`)
    const lines = new MessageLines((message) => this.#came(message), refuse)
    // At its end the SDK would drop the running calls: the client that opened the input decides.
    super(input.pipe(lines, { end: false }), output)
  }

  /** Resolves when no request waits for its response any more, or when the signal aborts. */
  async settled(signal: AbortSignal): Promise<void> {
    if (this.#open.size === 0 || signal.aborted) return
    await new Promise<void>((resolve) => {
      this.#onAllSettled = resolve
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  override async send(message: JSONRPCMessage): Promise<void> {
    await super.send(message)
    if (!('method' in message)) this.#settle(message.id)
  }

  #came(message: { id?: unknown; method?: unknown; params?: { requestId?: unknown } }): void {
    const { id, method, params } = message
    if (method === 'notifications/cancelled') this.#settle(params?.requestId)
    else if (method !== undefined && id !== undefined) this.#open.add(id)
  }

  #settle(id: unknown): void {
    this.#open.delete(id)
    if (this.#open.size === 0) this.#onAllSettled?.()
  }
}
