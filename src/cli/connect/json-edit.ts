/** Changes one value in a JSON text and leaves every other byte alone. */

/** A member of an object or an element of an array: where it begins, and where its value stands. */
interface Entry {
  key: string | number
  start: number
  from: number
  to: number
}

const stringPattern = /"(?:[^"\\]|\\.)*"/y
const barePattern = /[^\s,\]}]+/y
const blankPattern = /\s*/y

/** The end of what a sticky pattern matches at a place. */
function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at
}

const skipBlanks = (text: string, at: number): number => endOf(blankPattern, text, at)

const isContainer = (text: string, at: number): boolean => text[at] === '{' || text[at] === '['

/** Where the value that begins at a place of a valid JSON text ends. */
function valueEnd(text: string, at: number): number {
  if (text[at] === '"') return endOf(stringPattern, text, at)
  if (!isContainer(text, at)) return endOf(barePattern, text, at)
  let depth = 0
  for (let i = at; ; i++) {
    const sign = text[i]
    if (sign === '"') i = endOf(stringPattern, text, i) - 1
    else if (sign === '{' || sign === '[') depth++
    else if (sign === '}' || sign === ']') depth--
    if (depth === 0) return i + 1
  }
}

/** What the object or array that begins at a place holds. */
function entriesAt(text: string, at: number): Entry[] {
  const entries: Entry[] = []
  const isObject = text[at] === '{'
  let start = skipBlanks(text, at + 1)
  while (text[start] !== '}' && text[start] !== ']') {
    let from = start
    let key: string | number = entries.length
    if (isObject) {
      const end = endOf(stringPattern, text, start)
      key = JSON.parse(text.slice(start, end)) as string
      from = skipBlanks(text, skipBlanks(text, end) + 1)
    }
    const to = valueEnd(text, from)
    entries.push({ key, start, from, to })
    const next = skipBlanks(text, to)
    start = text[next] === ',' ? skipBlanks(text, next + 1) : next
  }
  return entries
}

/** How a text is laid out. */
interface Layout {
  newline: string
  /** One step of indentation. */
  unit: string
  /** All on one line. */
  compact: boolean
}

const layoutOf = (text: string): Layout => ({
  newline: text.includes('\r\n') ? '\r\n' : '\n',
  unit: /\n([ \t]+)\S/.exec(text)?.[1] ?? '  ',
  compact: !text.trim().includes('\n') && !/^(\{\s*\}|\[\s*\])$/.test(text.trim())
})

/** The blanks at the beginning of the line that a place is on. */
const indentAt = (text: string, at: number): string =>
  /^[ \t]*/.exec(text.slice(text.lastIndexOf('\n', at - 1) + 1, at))?.[0] ?? ''

function format(value: unknown, indent: string, { newline, unit, compact }: Layout): string {
  if (compact) return JSON.stringify(value)
  return JSON.stringify(value, undefined, unit).replaceAll('\n', newline + indent)
}

const labelOf = (key: string | number, { compact }: Layout): string =>
  typeof key === 'number' ? '' : `${JSON.stringify(key)}:${compact ? '' : ' '}`

const splice = (text: string, from: number, to: number, part: string): string =>
  text.slice(0, from) + part + text.slice(to)

/** Adds a member or element to the object or array that begins at a place. */
function addTo(text: string, at: number, key: string | number, value: unknown): string {
  const layout = layoutOf(text)
  const { newline, unit, compact } = layout
  const label = labelOf(key, layout)
  const last = entriesAt(text, at).at(-1)
  if (last !== undefined) {
    const lead = /\s*$/.exec(text.slice(at, last.start))?.[0] ?? ''
    const indent = indentAt(text, last.start)
    return splice(text, last.to, last.to, `,${lead}${label}${format(value, indent, layout)}`)
  }
  const outer = indentAt(text, at)
  const inner = outer + unit
  const part = `${label}${format(value, inner, layout)}`
  const content = compact ? part : `${newline}${inner}${part}${newline}${outer}`
  return splice(text, at + 1, valueEnd(text, at) - 1, content)
}

/**
 * Sets a value in a valid JSON text, in the layout of that text. Objects that are missing on the
 * way are made; a number is the place in an array, its length the place behind the last.
 * @param path names of objects, places of arrays; what is there must be of that kind.
 */
export function setInJson(
  text: string,
  path: readonly (string | number)[],
  value: unknown
): string {
  let at = skipBlanks(text, 0)
  for (const [i, key] of path.entries()) {
    // Of two members with one name the last one counts, as in every reader of such files.
    const entry = entriesAt(text, at).findLast((each) => each.key === key)
    const rest = path.slice(i + 1)
    if (entry === undefined) {
      const whole = rest.reduceRight((inner, name) => ({ [name]: inner }), value)
      return addTo(text, at, key, whole)
    }
    if (rest.length === 0)
      return splice(
        text,
        entry.from,
        entry.to,
        format(value, indentAt(text, entry.start), layoutOf(text))
      )
    at = entry.from
  }
  return text
}
