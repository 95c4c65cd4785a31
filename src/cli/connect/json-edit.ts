import { type Node, parseTree } from 'jsonc-parser'

/** Changes one value in a JSON text, with comments or without, and leaves every other byte alone. */

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

/** The whitespace at the beginning of the line that an offset is on. */
const indentAt = (text: string, at: number): string =>
  /^[ \t]*/.exec(text.slice(text.lastIndexOf('\n', at - 1) + 1, at))?.[0] ?? ''

function format(value: unknown, indent: string, { newline, unit, compact }: Layout): string {
  if (compact) return JSON.stringify(value)
  return JSON.stringify(value, undefined, unit).replaceAll('\n', newline + indent)
}

const splice = (text: string, from: number, to: number, part: string): string =>
  text.slice(0, from) + part + text.slice(to)

const endOf = ({ offset, length }: Node): number => offset + length

/** A comment up to the end of the line, or a trailing comma with one. */
const lineTail = /^,?[^\S\n]*\/\/[^\r\n]*/

/** Adds a member or element to an object or array. */
function addTo(text: string, parent: Node, key: string | number, value: unknown): string {
  const layout = layoutOf(text)
  const { newline, unit, compact } = layout
  const label = parent.type === 'array' ? '' : `${JSON.stringify(key)}:${compact ? '' : ' '}`
  const last = parent.children?.at(-1)
  if (last !== undefined) {
    const lead = /\s*$/.exec(text.slice(parent.offset, last.offset))?.[0] ?? ''
    const part = lead + label + format(value, indentAt(text, last.offset), layout)
    const end = endOf(last)
    // What is said of the last entry stays behind it.
    const tail = lead.includes('\n') ? (lineTail.exec(text.slice(end))?.[0] ?? '') : ''
    return splice(text, end, end + tail.length, `,${tail.replace(/^,/, '')}${part}`)
  }
  const outer = indentAt(text, parent.offset)
  const part = label + format(value, outer + unit, layout)
  // Only whitespace and comments are in it.
  const content = text.slice(parent.offset + 1, endOf(parent) - 1).trimEnd()
  const inside = compact ? part : `${newline}${outer}${unit}${part}${newline}${outer}`
  return splice(text, parent.offset + 1, endOf(parent) - 1, content + inside)
}

/** Of two members with one name the last one counts, as in every reader of such files. */
function valueAt(parent: Node, key: string | number): { value: Node; start: number } | undefined {
  if (parent.type === 'array' || typeof key === 'number') {
    const value = parent.type === 'array' ? parent.children?.[Number(key)] : undefined
    return value && { value, start: value.offset }
  }
  const member = parent.children?.findLast(({ children }) => children?.[0]?.value === key)
  const value = member?.children?.[1]
  return member && value && { value, start: member.offset }
}

/**
 * Sets a value in a valid JSON text, in the layout of that text. Objects that are missing on the way
 * are created; a number is an index of an array, its length the place behind the last element.
 * Comments and trailing commas stay.
 * @param path names of members, indexes of arrays; what is there must be of that kind.
 */
export function setInJson(
  text: string,
  path: readonly (string | number)[],
  value: unknown
): string {
  let parent = parseTree(text, [], { allowTrailingComma: true })
  for (const [i, key] of path.entries()) {
    if (parent === undefined) throw new SyntaxError('Nothing can be set in what is not JSON')
    const found = valueAt(parent, key)
    const rest = path.slice(i + 1)
    if (found === undefined) {
      const whole = rest.reduceRight((inner, name) => ({ [name]: inner }), value)
      return addTo(text, parent, key, whole)
    }
    if (rest.length === 0) {
      const part = format(value, indentAt(text, found.start), layoutOf(text))
      return splice(text, found.value.offset, endOf(found.value), part)
    }
    parent = found.value
  }
  return text
}
