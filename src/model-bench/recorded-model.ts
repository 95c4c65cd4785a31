import { type ChatModel, ModelFailure, type ModelReply } from './chat.ts'

/** Replays the recorded replies of a model one by one, whatever the input. */
export class RecordedModel implements ChatModel {
  readonly #replies: readonly ModelReply[]
  #next = 0

  constructor(replies: readonly ModelReply[]) {
    this.#replies = replies
  }

  async reply(): Promise<ModelReply> {
    const reply = this.#replies[this.#next]
    if (reply === undefined) throw new ModelFailure('The recording ends here')
    this.#next += 1
    return reply
  }
}
