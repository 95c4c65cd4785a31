/** A text without the punctuation that would end a sentence twice. */
export const withoutEnd = (text: string): string => text.replace(/[.\s]+$/, '')

/** Sentences after one another, without the last full stop; those that are not there are left out. */
export const sentences = (...parts: (string | undefined)[]): string =>
  parts.filter((part) => part !== undefined && part !== '').join('. ')
