/** The text that is meant by percent signs; the text itself where they mean none. */
export function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
