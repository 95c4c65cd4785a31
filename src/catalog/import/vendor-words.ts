/** What a description of the vendor's says about a field beside its meaning. */
export interface VendorWords {
  text: string
  createOnly: boolean
  internal: boolean
  deprecated: boolean
}

const maxLength = 600

/**
 * Reads a description out of a cluster's own document: plain text of one line, and the marks that
 * HyperCore writes as bold words into it (CREATE-ONLY, INTERNAL, DEPRECATED: its info block, S).
 */
export function readVendorWords(description: unknown): VendorWords {
  const given = typeof description === 'string' ? description.slice(0, 20_000) : ''
  const marks = new Set(
    [...given.matchAll(/\*\*([A-Z]+(?:-[A-Z]+)?)\*\*/g)].map(([, word]) => word)
  )
  const text = given
    .replace(/_?\*\*(?:CREATE-ONLY|INTERNAL|DEPRECATED)\*\*_?/g, '')
    // Underscores for emphasis stand around words; those inside of names stay.
    .replace(/(?<!\w)_([^_]+)_(?!\w)/g, '$1')
    .replace(/\*\*/g, '')
    .replace(/<[^<>]{0,200}>/g, ' ')
    .replace(/\p{C}+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  return {
    text: text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text,
    createOnly: marks.has('CREATE-ONLY'),
    internal: marks.has('INTERNAL'),
    deprecated: marks.has('DEPRECATED')
  }
}
