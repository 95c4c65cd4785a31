import type { LlmConfig } from '../config/config.ts'
import { BridgeError } from '../lib/errors/errors.ts'
import { isObject, parseJson } from '../lib/json/json.ts'
import { HttpClient, HttpFailure, type HttpResponse } from '../lib/http/http.ts'
import { type After, type CallEnds, CallWatch } from './call-watch.ts'
import {
  connectionFailure,
  errorWords,
  failure,
  type FailingServer,
  modelFailure,
  saysNoModel,
  statusFailure
} from './chat-failure.ts'
import { type ChatLimits, defaultChatLimits } from './chat-limits.ts'
import type { Outgoing } from '../lib/secrets/outgoing.ts'
import { readText, replyPieces } from './reply-pieces.ts'
import { ReplyText } from './reply-text.ts'

export interface ChatMessage {
  role: 'system' | 'user'
  content: string
}

export interface ChatOptions extends CallEnds {
  /** Called with each part of the answer as it comes, thoughts left out. */
  onText?: ((text: string) => void) | undefined
}

export interface ChatReply {
  text: string
  /** Why the text is not whole: one sentence; undefined when it is. */
  cut: string | undefined
}

/** What servers may refuse in a request: it is then asked again without. */
const refusable = { stream: true, temperature: 0.2 }
type Refusable = Partial<typeof refusable>

/** The parameter that a server says it does not take, among those that were sent. */
function refusedParameter(
  status: number,
  text: string,
  sent: Refusable
): keyof Refusable | undefined {
  if (status !== 400 && status !== 422) return undefined
  const json = parseJson(text)
  const { param } = ((json as { error?: unknown } | undefined)?.error ?? {}) as { param?: unknown }
  const words = errorWords(json) ?? text
  return (Object.keys(sent) as (keyof Refusable)[]).find(
    (name) =>
      param === name || (new RegExp(`\\b${name}`, 'i').test(words) && /support|allow/i.test(words))
  )
}

/** Why an answer that ended in order is not whole, by the `finish_reason` of the server. */
const cutReasons: Record<string, string> = {
  length:
    'ended the answer at its token limit: give it a longer context, or ask a narrower question',
  content_filter: 'ended the answer by its content filter: ask in other words'
}

/** The names in a list of models; none in anything else. */
function modelNames(text: string): string[] {
  const list = parseJson(text)
  const data = isObject(list) ? list['data'] : undefined
  if (!Array.isArray(data)) return []
  return data.flatMap((model: unknown) =>
    isObject(model) && typeof model['id'] === 'string' ? [model['id']] : []
  )
}

/**
 * Asks an OpenAI-compatible server. Responses are streamed where the server can, so that a slow one is
 * distinguished from a dead one, and no model keeps working for a caller that left. The model gets no
 * tools: all it can return is text.
 */
export class ChatClient {
  readonly model: string
  /** Host and port of the server, for messages. */
  readonly host: string
  readonly #config: LlmConfig
  readonly #outgoing: Outgoing
  readonly #limits: ChatLimits
  readonly #http: HttpClient
  readonly #after: After | undefined

  /** @param after for the limits on how long an answer may take; default: real time */
  constructor(
    config: LlmConfig,
    outgoing: Outgoing,
    limits: Partial<ChatLimits> = {},
    after?: After
  ) {
    this.#after = after
    this.#config = config
    this.#outgoing = outgoing
    this.#limits = { ...defaultChatLimits, ...limits }
    this.model = config.model
    this.host = new URL(config.baseUrl).host
    this.#http = new HttpClient(this.#limits.connectMs)
  }

  /**
   * The model's answer to the messages. One that breaks off in the middle is kept and said to be
   * cut; one of which nothing came is an error.
   * @throws {BridgeError} LLM_…, CALLER_GONE or SHUTTING_DOWN.
   */
  async complete(messages: ChatMessage[], options: ChatOptions = {}): Promise<ChatReply> {
    const watch = new CallWatch(this.host, this.#limits, options, this.#after)
    const reply = new ReplyText(this.#config.apiKey, options.onText)
    try {
      const finish = await watch.orEnded(this.#fill(reply, messages, watch))
      const reason = cutReasons[finish]
      if (reason !== undefined) throw failure(this.#server, 'LLM_BAD_ANSWER', reason)
      reply.end()
      if (reply.text !== '') return { text: reply.text, cut: undefined }
      throw failure(
        this.#server,
        'LLM_BAD_ANSWER',
        `returned nothing: try again, or set LLM_MODEL to another model than ${this.model}`
      )
    } catch (error) {
      const known = watch.failure ?? error
      if (!(known instanceof BridgeError) || known.code === 'CALLER_GONE') throw known
      reply.end()
      if (reply.text === '') throw known
      return { text: reply.text, cut: known.message }
    } finally {
      watch.close()
    }
  }

  /**
   * Asks for the list of models, which loads none.
   * @returns whether the model is in it; false if the server lists none.
   * @throws {BridgeError} LLM_…, LLM_MODEL_NOT_FOUND if the list lacks the model.
   */
  async probe(): Promise<boolean> {
    const limit = AbortSignal.timeout(this.#limits.modelsMs)
    const watch = new CallWatch(this.host, this.#limits, { signal: limit }, this.#after)
    try {
      const response = await this.#send('GET', '/models', watch.signal)
      const { status, headers } = response
      const text = await this.#textOf(response, watch)
      if (status === 404 || status === 405) return false
      if (status < 200 || status >= 300) throw statusFailure(this.#server, status, headers, text)
      const models = modelNames(text)
      if (models.length === 0) return false
      // Ollama takes a name without its tag.
      if (models.includes(this.model) || models.includes(`${this.model}:latest`)) return true
      throw modelFailure(this.#server, status, models)
    } catch (error) {
      if (!limit.aborted) throw error
      throw failure(
        this.#server,
        'LLM_TIMEOUT',
        `did not respond within ${this.#limits.modelsMs / 1000} s: check that it runs, and LLM_BASE_URL`
      )
    } finally {
      watch.close()
    }
  }

  get #server(): FailingServer {
    const { apiKey } = this.#config
    return { host: this.host, model: this.model, apiKey }
  }

  /** Reads the answer into `reply`; returns why the model stopped. */
  async #fill(reply: ReplyText, messages: ChatMessage[], watch: CallWatch): Promise<string> {
    const response = await this.#ask(messages, watch)
    try {
      for await (const { text, finish } of replyPieces(
        this.#server,
        response.body,
        this.#limits,
        watch
      )) {
        reply.add(text)
        if (reply.length > this.#limits.maxAnswerChars)
          throw failure(
            this.#server,
            'LLM_BAD_ANSWER',
            'answered without an end: ask a narrower question'
          )
        if (finish !== undefined) return finish
      }
    } catch (error) {
      throw error instanceof HttpFailure ? connectionFailure(this.#server, error) : error
    }
    throw failure(
      this.#server,
      'LLM_BAD_ANSWER',
      'ended the connection in the middle of its answer: try again'
    )
  }

  /** Sends the question, without what the server refuses; returns the 2xx response. */
  async #ask(messages: ChatMessage[], watch: CallWatch): Promise<HttpResponse> {
    const parameters: Refusable = { ...refusable }
    for (;;) {
      watch.asked()
      const body = { model: this.model, messages, ...parameters }
      const response = await this.#send('POST', '/chat/completions', watch.signal, body)
      const { status, headers } = response
      watch.heard()
      if (status >= 200 && status < 300) return response
      const text = await this.#textOf(response, watch)
      const refused = refusedParameter(status, text, parameters)
      if (refused === undefined) {
        if (!saysNoModel(status, text)) throw statusFailure(this.#server, status, headers, text)
        throw modelFailure(this.#server, status, await this.#models(watch))
      }
      delete parameters[refused]
    }
  }

  async #send(
    method: 'GET' | 'POST',
    path: string,
    signal: AbortSignal,
    body?: object
  ): Promise<HttpResponse> {
    const { baseUrl, apiKey } = this.#config
    try {
      return await this.#http.open(baseUrl + path, {
        method,
        signal,
        headers: {
          accept: 'application/json, text/event-stream',
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` })
        },
        ...(body !== undefined && { body: JSON.stringify(this.#outgoing.value(body)) })
      })
    } catch (error) {
      throw error instanceof HttpFailure ? connectionFailure(this.#server, error) : error
    }
  }

  /** The text of an error response; empty if it breaks off. */
  async #textOf(response: HttpResponse, watch: CallWatch): Promise<string> {
    try {
      return await readText(this.#server, response.body, this.#limits, watch)
    } catch {
      return ''
    }
  }

  /** Names of the models that the server lists; none when it does not. */
  async #models(watch: CallWatch): Promise<string[]> {
    try {
      const signal = AbortSignal.any([watch.signal, AbortSignal.timeout(this.#limits.modelsMs)])
      const response = await this.#send('GET', '/models', signal)
      return modelNames(await this.#textOf(response, watch))
    } catch {
      return []
    }
  }
}
