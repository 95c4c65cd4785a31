import { HttpClient, HttpFailure } from '../lib/http/http.ts'
import { isObject, parseJson } from '../lib/json/json.ts'
import {
  type ChatMessage,
  type ChatModel,
  type ChatTool,
  ModelFailure,
  type ModelReply,
  type ToolCall
} from './chat.ts'

export interface ModelServerOptions {
  /** With `/v1`, without a slash at its end. */
  url: string
  model: string
  apiKey?: string | undefined
  /** Sent where given; servers have a default of their own. */
  temperature?: number | undefined
  seed: number
  /** How long one reply may take. */
  replyMs: number
}

const connectMs = 5000
/** Statuses of a server that serves no requests, or none with this key, whatever they ask. */
const servesNobody = new Set([401, 403, 404, 429, 502, 503, 504])
const maxBytes = 8 * 2 ** 20

/** The calls of a message; a server may leave out ids, and give arguments as an object. */
function callsOf(message: Record<string, unknown>): ToolCall[] {
  const { tool_calls: listed } = message
  if (!Array.isArray(listed)) return []
  return listed.flatMap((each: unknown, at): ToolCall[] => {
    const called = isObject(each) ? each['function'] : undefined
    if (!isObject(each) || !isObject(called) || typeof called['name'] !== 'string') return []
    const given = called['arguments']
    return [
      {
        id: typeof each['id'] === 'string' && each['id'] !== '' ? each['id'] : `call_${at}`,
        name: called['name'],
        arguments: typeof given === 'string' ? given : JSON.stringify(given ?? {})
      }
    ]
  })
}

function tokensOf(body: Record<string, unknown>): number | undefined {
  const { usage } = body
  if (!isObject(usage)) return undefined
  const { total_tokens: total, prompt_tokens: prompt, completion_tokens: completion } = usage
  if (typeof total === 'number') return total
  return typeof prompt === 'number' && typeof completion === 'number'
    ? prompt + completion
    : undefined
}

/** An OpenAI-compatible server with tools, asked without streaming. */
export class ModelServer implements ChatModel {
  readonly #options: ModelServerOptions
  readonly #http = new HttpClient(connectMs)

  constructor(options: ModelServerOptions) {
    this.#options = options
  }

  async reply(messages: readonly ChatMessage[], tools: readonly ChatTool[]): Promise<ModelReply> {
    const { model, temperature, seed } = this.#options
    const { status, text } = await this.#post({
      model,
      messages,
      tools,
      tool_choice: 'auto',
      stream: false,
      seed,
      ...(temperature !== undefined && { temperature })
    })
    const body = parseJson(text)
    if (status < 200 || status >= 300)
      throw this.#failure(
        `refused with HTTP ${status}: ${text.slice(0, 300)}`,
        servesNobody.has(status)
      )
    const choices = isObject(body) ? body['choices'] : undefined
    const first: unknown = Array.isArray(choices) ? choices[0] : undefined
    const message = isObject(first) ? first['message'] : undefined
    if (!isObject(body) || !isObject(message))
      throw this.#failure('returned no chat completion: pass --model-url with its /v1')
    const { content } = message
    return {
      content: typeof content === 'string' ? content : '',
      calls: callsOf(message),
      tokens: tokensOf(body)
    }
  }

  async #post(body: object): Promise<{ status: number; text: string }> {
    const { url, apiKey, replyMs } = this.#options
    try {
      return await this.#http.fetch(
        `${url}/chat/completions`,
        {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            accept: 'application/json',
            ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` })
          },
          body: JSON.stringify(body)
        },
        { wholeMs: replyMs, maxBytes }
      )
    } catch (error) {
      if (error instanceof HttpFailure)
        throw this.#failure(
          `${error.reason}: check --model-url, and that it runs`,
          // To be slow, or to say too much, is the model's own.
          error.kind !== 'timeout' && error.kind !== 'too-large'
        )
      throw error
    }
  }

  #failure(what: string, isLost = false): ModelFailure {
    const { host } = new URL(this.#options.url)
    return new ModelFailure(`The model server at ${host} ${what}`, isLost)
  }
}
