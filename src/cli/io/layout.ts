/** Where a word that is too long for a line may be broken: in fingerprints, paths, URLs, lists. */
const breakPoints = /(?<=[:,/&?])/

/** Adds a word to the lines, broken if it does not fit on a line of its own. */
function addWord(lines: string[], word: string, width: number): void {
  const last = lines.at(-1)
  if (last !== undefined && last !== '' && last.length + 1 + word.length <= width) {
    lines[lines.length - 1] = `${last} ${word}`
    return
  }
  const [first = '', ...rest] = word.length <= width ? [word] : word.split(breakPoints)
  if (last === '') lines[lines.length - 1] = first
  else lines.push(first)
  for (const part of rest) {
    const before = lines.at(-1) ?? ''
    if (before.length + part.length <= width) lines[lines.length - 1] = before + part
    else lines.push(part)
  }
}

/**
 * A text in lines of at most `width` characters, broken between words; a word that cannot be broken
 * makes its line longer. Line breaks of the text stay.
 */
export function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    if (paragraph.length <= width) return [paragraph]
    const lines = ['']
    for (const word of paragraph.split(' ')) addWord(lines, word, width)
    return lines
  })
}

/** A wrapped text whose second and further lines are indented under its first. */
export function hang(head: string, text: string, width: number): string[] {
  const indent = ' '.repeat(head.length)
  return wrap(text, width - head.length).map((line, i) => (i === 0 ? head : indent) + line)
}

/**
 * A value as JSON in lines of at most `width` characters, as far as its texts allow: what fits on one
 * line stays on it.
 */
export function formatJson(value: unknown, width: number, indent = '', label = ''): string {
  const flat = flatJson(value)
  const used = indent.length + label.length + flat.length
  if (used < width || typeof value !== 'object' || value === null) return label + flat
  const inner = `${indent}  `
  const members: [string, unknown][] = Array.isArray(value)
    ? value.map((item) => ['', item])
    : Object.entries(value).map(([key, item]) => [`${JSON.stringify(key)}: `, item])
  const lines = members.map(([name, item]) => inner + formatJson(item, width, inner, name))
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  return `${label}${open}\n${lines.join(',\n')}\n${indent}${close}`
}

/** JSON on one line, with a space where people put one. */
function flatJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flatJson).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(
    ([key, item]) => `${JSON.stringify(key)}: ${flatJson(item)}`
  )
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}
