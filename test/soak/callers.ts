import { Agent, request } from 'undici'
import { rpc, rpcHeaders } from '../helper/mcp-raw.ts'

/** What a call comes through. */
export const surfaces = ['rest', 'mcp'] as const
export type Surface = (typeof surfaces)[number]

/** A response, as far as a careful caller reads it. */
export interface Reply {
  /** What the tool returned; undefined for an error. */
  // oxlint-disable-next-line typescript/no-explicit-any -- each caller knows what it asked for
  value: any
  /** Code of the error; over MCP, which gives only the sentence, as far as that tells. */
  code: string | undefined
  message: string
  /** It is none: status 500, or no JSON. */
  isBroken: boolean
}

/** Errors by the words of their sentences, as a model reads them. */
const byWords: readonly [code: string, words: RegExp][] = [
  ['OUTCOME_UNKNOWN', /may or may not have been carried out|is not known|is unknown/],
  ['UPDATE_IN_PROGRESS', /^Nothing was sent, because/],
  ['CLUSTER_BUSY', /Nothing was sent: try again/],
  ['VM_BUSY', /still being worked on|changing the same VM|is still at it/],
  ['NOT_FOUND', /^(?:No|There is no) |does not exist|was deleted/],
  ['CLUSTER_TIMEOUT', /did not (?:respond|say|take)|too slowly|no free connection/i],
  ['CLUSTER_BAD_ANSWER', /front server|without a body|cut off|broke its response off/],
  ['CLUSTER_UNREACHABLE', /could not be reached|cannot be reached|refused the connection/i]
]

interface RpcBody {
  result?: { isError?: boolean; structuredContent?: unknown; content?: { text?: string }[] }
  error?: { message: string; data?: { code?: string } }
}

function restReply(status: number, text: string): Reply {
  const value = JSON.parse(text) as { error?: { code: string; message: string } }
  const { error } = value
  return {
    value: error === undefined && status === 200 ? value : undefined,
    code: error?.code ?? (status === 200 ? undefined : String(status)),
    message: error?.message ?? '',
    isBroken: status === 500
  }
}

function mcpReply(type: string, text: string): Reply {
  const lines = text.split('\n').filter((line) => line.startsWith('data: {'))
  const json = type.includes('event-stream') ? (lines.at(-1)?.slice(6) ?? '') : text
  const { result, error } = JSON.parse(json) as RpcBody
  const message = error?.message ?? result?.content?.[0]?.text ?? ''
  const isDone = result !== undefined && result.isError !== true
  return {
    value: isDone ? result.structuredContent : undefined,
    code: isDone
      ? undefined
      : (error?.data?.code ?? byWords.find(([, words]) => words.test(message))?.[0] ?? 'OTHER'),
    message: isDone ? '' : message,
    isBroken: error?.data?.code === 'INTERNAL'
  }
}

/** Longer than the bridge lets any call last. */
const timeoutMs = 120_000

/** Callers of a bridge, over connections of their own. */
export class Callers {
  readonly #url: string
  readonly #token: string
  readonly #agent = new Agent({ keepAliveTimeout: 4000 })

  constructor(url: string, token: string) {
    this.#url = url
    this.#token = token
  }

  /**
   * Calls a tool; undefined where the caller has left.
   * @param leave aborts when it does
   * @param more headers
   */
  async call(
    surface: Surface,
    tool: string,
    args: Record<string, unknown>,
    leave?: AbortSignal,
    more: Record<string, string> = {}
  ): Promise<Reply | undefined> {
    const isRest = surface === 'rest'
    const headers = isRest
      ? { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' }
      : rpcHeaders('modern', this.#token, 'tools/call', tool)
    const body = isRest ? args : rpc('modern', 'tools/call', { name: tool, arguments: args })
    try {
      const response = await request(`${this.#url}/${isRest ? tool : 'mcp'}`, {
        method: 'POST',
        headers: { ...headers, ...more },
        body: JSON.stringify(body),
        dispatcher: this.#agent,
        signal: leave ?? AbortSignal.timeout(timeoutMs)
      })
      const text = await response.body.text()
      if (isRest) return restReply(response.statusCode, text)
      return mcpReply(String(response.headers['content-type']), text)
    } catch (error) {
      if (leave?.aborted === true) return undefined
      const message = error instanceof Error ? error.message : String(error)
      return { value: undefined, code: 'NO_RESPONSE', message, isBroken: true }
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy()
  }
}
