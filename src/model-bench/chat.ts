/** A tool as a model sees it, in the form of /chat/completions. */
export interface ChatTool {
  type: 'function'
  function: { name: string; description: string; parameters: object }
}

/** A call that a model asks for; `arguments` is the text that it wrote. */
export interface ToolCall {
  id: string
  name: string
  arguments: string
}

/** What a model said: a text, calls of tools, or both. */
export interface ModelReply {
  content: string
  calls: readonly ToolCall[]
  /** Of the question and the reply, as the server counted them; undefined where it does not say. */
  tokens: number | undefined
}

/** A message of a conversation, in the form of /chat/completions. */
export type ChatMessage =
  | { role: 'system' | 'user'; content: string }
  | { role: 'tool'; tool_call_id: string; content: string }
  | {
      role: 'assistant'
      content: string
      tool_calls?: { id: string; type: 'function'; function: { name: string; arguments: string } }[]
    }

/** What replies to a conversation: a model server, or a recording of one. */
export interface ChatModel {
  /** @throws {ModelFailure} where no reply came */
  reply(messages: readonly ChatMessage[], tools: readonly ChatTool[]): Promise<ModelReply>
}

/** No reply came; the message says why, and what to check. */
export class ModelFailure extends Error {
  override readonly name = 'ModelFailure'
  /** The server is down, or serves no requests now: the model has not failed. */
  readonly isLost: boolean

  constructor(message: string, isLost = false) {
    super(message)
    this.isLost = isLost
  }
}

/** A reply as a message of the conversation that continues. */
export const asMessage = ({ content, calls }: ModelReply): ChatMessage => ({
  role: 'assistant',
  content,
  ...(calls.length > 0 && {
    tool_calls: calls.map(({ id, name, arguments: text }) => ({
      id,
      type: 'function' as const,
      function: { name, arguments: text }
    }))
  })
})
