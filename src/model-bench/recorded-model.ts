import { type ChatModel, ModelFailure, type ModelReply } from './chat.ts'

/** Says what a model said once, reply by reply, whatever it is told now. */
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
