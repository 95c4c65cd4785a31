/** Lets text through as it comes in pieces, and keeps some of it back. */
export interface TextFilter {
  /** What of this piece, and of what was held before, may be shown now. */
  push(piece: string): string
  /** What was held and may be shown after all. */
  end(): string
}

/** How many characters at the end of a text may be the beginning of one of these words. */
function openEnd(text: string, words: readonly string[]): number {
  const maxLength = Math.min(text.length, Math.max(...words.map((word) => word.length - 1)))
  for (let length = maxLength; length > 0; length--) {
    const tail = text.slice(-length)
    if (words.some((word) => word.startsWith(tail))) return length
  }
  return 0
}

const opening = '<think>'
const closing = '</think>'

/** Leaves out what a reasoning model thinks aloud, between `<think>` and `</think>`. */
export class ThoughtFilter implements TextFilter {
  #held = ''
  #thinking = false

  push(piece: string): string {
    let text = this.#held + piece
    let shown = ''
    for (;;) {
      const mark = this.#thinking ? closing : opening
      const at = text.indexOf(mark)
      if (at === -1) break
      if (!this.#thinking) shown += text.slice(0, at)
      text = text.slice(at + mark.length)
      this.#thinking = !this.#thinking
    }
    const held = openEnd(text, [this.#thinking ? closing : opening])
    if (!this.#thinking) shown += text.slice(0, text.length - held)
    this.#held = text.slice(text.length - held)
    return shown
  }

  end(): string {
    const rest = this.#thinking ? '' : this.#held
    this.#held = ''
    return rest
  }
}

/** Shorter keys are placeholders such as `none` or `ollama`, for servers that want any key. */
const minSecretLength = 8

/** The text with `***` for every key in it. */
export const blankKey = (text: string, key: string | undefined): string =>
  key === undefined || key.length < minSecretLength ? text : text.replaceAll(key, '***')

/** Blanks the key in what a server says: one that answers with the request would give it away. */
export class KeyFilter implements TextFilter {
  readonly #key: string | undefined
  #held = ''

  constructor(key: string | undefined) {
    this.#key = key === undefined || key.length < minSecretLength ? undefined : key
  }

  push(piece: string): string {
    if (this.#key === undefined) return piece
    const text = blankKey(this.#held + piece, this.#key)
    const held = openEnd(text, [this.#key])
    this.#held = text.slice(text.length - held)
    return text.slice(0, text.length - held)
  }

  end(): string {
    const rest = this.#held
    this.#held = ''
    return rest
  }
}

// oxlint-disable-next-line no-control-regex -- it is about control characters
const controls = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u200E\u200F\u202A-\u202E\u2066-\u2069]/g

/**
 * Leaves out control characters but tab and line feed: an answer must not move the cursor of a
 * terminal, rename its window or turn the direction of its text.
 */
export const withoutControls = (text: string): string => text.replaceAll(controls, '')
