import type { ModelReply } from './chat.ts'

/** A call as it came and went. */
export interface MadeCall {
  tool: string
  arguments: string
  /** The arguments were brought into form. */
  coerced: boolean
  /** The bridge, or the cluster, did not do it. */
  refused: boolean
  unsafe: boolean
  /** Writes that reached the cluster. */
  writes: number
  /** The beginning of what came back. */
  result: string
}

/** How a conversation ended. */
export type Ending = 'reply' | 'turns' | 'model'

export interface Conversation {
  ending: Ending
  /** The last words of the model. */
  reply: string
  /** Why the model said nothing more. */
  failure: string | undefined
  turns: number
  tokens: number | undefined
  calls: MadeCall[]
  replies: ModelReply[]
}
