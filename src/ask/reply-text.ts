import { redactKey, KeyFilter, ThoughtFilter, withoutControls } from './text-filters.ts'

/**
 * The text of an answer as it comes in: without thoughts, control characters and the key, and
 * without whitespace at its ends.
 */
export class ReplyText {
  readonly #thoughts = new ThoughtFilter()
  readonly #keys: KeyFilter
  readonly #apiKey: string | undefined
  readonly #onText: ((text: string) => void) | undefined
  #text = ''

  constructor(apiKey: string | undefined, onText?: (text: string) => void) {
    this.#keys = new KeyFilter(apiKey)
    this.#apiKey = apiKey
    this.#onText = onText
  }

  /**
   * The answer. A model whose template opens its thoughts closes them only: all before that is
   * left out here, though it was shown.
   */
  get text(): string {
    return redactKey(this.#text.replace(/^.*<\/think>/s, '').trim(), this.#apiKey)
  }

  /** How many characters came. */
  get length(): number {
    return this.#text.length
  }

  add(piece: string): void {
    this.#show(this.#keys.push(this.#thoughts.push(piece)))
  }

  /** Lets out what was held back; to be called once, at the end. */
  end(): void {
    this.#show(this.#keys.push(this.#thoughts.end()) + this.#keys.end())
  }

  #show(piece: string): void {
    const plain = withoutControls(piece)
    const shown = this.#text === '' ? plain.trimStart() : plain
    if (shown === '') return
    this.#text += shown
    this.#onText?.(shown)
  }
}
