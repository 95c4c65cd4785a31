/** How long and how much a model server may answer. Times in milliseconds. */
export interface ChatLimits {
  /** Until the connection is there, TLS included. */
  connectMs: number
  /** From the question to the first byte of the answer: a model may have to be loaded first. */
  firstByteMs: number
  /** Longest pause in the answer. */
  idleMs: number
  /** The whole call. */
  wholeMs: number
  /** For the list of models, which is asked for when the model is not known. */
  modelsMs: number
  /** Largest body, with thoughts and framing. */
  maxBytes: number
  /** Largest single event of a stream, in characters. */
  maxEventChars: number
  /** Longest answer: a model that repeats itself is ended here. */
  maxAnswerChars: number
}

export const defaultChatLimits: ChatLimits = {
  connectMs: 5_000,
  firstByteMs: 60_000,
  idleMs: 60_000,
  wholeMs: 300_000,
  modelsMs: 5_000,
  maxBytes: 8 * 2 ** 20,
  maxEventChars: 256 * 2 ** 10,
  maxAnswerChars: 20_000
}
