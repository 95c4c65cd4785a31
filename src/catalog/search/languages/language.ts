/** What people say in another language, in the English words that the search knows. */
export interface Language {
  /** Verbs and nouns by their English, each in one form. */
  meanings: Readonly<Record<string, string>>
  /** Words that only stand between, by their English: read as such only beside one of `meanings`. */
  small: Readonly<Record<string, string>>
  /** Small words that no English question has. */
  alone: readonly string[]
  /** Verbs whose particle stands at the end (`schalte die VM aus`), by the root of the verb. */
  separable?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** A word without its ending, so that its usual forms are one. */
  root: (word: string) => string
  /** How a word may be written besides. */
  spellings?: (text: string) => string[]
}
