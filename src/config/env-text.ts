import { parseEnv } from 'node:util'

/** What is wrong with the text of a `.env` file; says the line and never its value. */
export class EnvTextError extends Error {
  override readonly name = 'EnvTextError'
}

/** One `NAME=value` of the text. */
interface Assignment {
  name: string
  /** Everything up to the value: whitespace, `export`, the name, `=`. */
  head: string
  /** What follows the value on its last line: whitespace and a comment. */
  tail: string
  /** Its first line and the one after its last, counted from 0. */
  first: number
  end: number
}

/** Without the marks that editors on Windows add, which `parseEnv` would take for a part of a name. */
const normalize = (text: string): string => text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n')

const assignmentPattern = /^(\s*(?:export\s+)?([\w.-]+)\s*=[^\S\n]*)(.*)$/

/** Splits what follows the opening quote, or throws if the quote never ends or ends too early. */
function readQuoted(lines: string[], first: number, rest: string): { tail: string; end: number } {
  const quote = rest.charAt(0)
  const text = [rest.slice(1), ...lines.slice(first + 1)].join('\n')
  const close = text.indexOf(quote)
  if (close === -1) throw new EnvTextError(`line ${first + 1}: the quote is not closed`)
  const end = first + text.slice(0, close).split('\n').length
  const tail = text.slice(close + 1).split('\n')[0] ?? ''
  if (!/^\s*(#.*)?$/.test(tail))
    throw new EnvTextError(
      `line ${end}: something follows the closing quote; a value that holds ${quote} needs another kind of quote`
    )
  return { tail, end }
}

/**
 * Finds the assignments as `parseEnv` reads them. What `parseEnv` would drop or cut without a word
 * (a line without `=`, an open quote, text behind a quote, `#` inside a bare value) is an error: a
 * password that lost its end is worse than no start.
 */
function scan(text: string): { lines: string[]; assignments: Assignment[] } {
  const lines = text.split('\n')
  const assignments: Assignment[] = []
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? ''
    if (/^\s*(#.*)?$/.test(line)) continue
    const [, head = '', name, rest = ''] = assignmentPattern.exec(line) ?? []
    if (name === undefined)
      throw new EnvTextError(`line ${i + 1}: neither NAME=value nor a comment`)
    if (/^["'`]/.test(rest)) {
      const { tail, end } = readQuoted(lines, i, rest)
      assignments.push({ name, head, tail, first: i, end })
      i = end - 1
      continue
    }
    if (/[^\s#]#/.test(rest))
      throw new EnvTextError(`line ${i + 1}: a value that holds # must be quoted: ${name}='…'`)
    const tail = /\s*(#.*)?$/.exec(rest)?.[0] ?? ''
    assignments.push({ name, head, tail, first: i, end: i + 1 })
  }
  return { lines, assignments }
}

/**
 * Reads the text of a `.env` file.
 * @throws {EnvTextError} for a line that would not mean what it seems to say.
 */
export function readEnvText(text: string): Record<string, string> {
  const body = normalize(text)
  scan(body)
  return Object.fromEntries(
    Object.entries(parseEnv(body)).map(([name, value]) => [name, value ?? ''])
  )
}

/**
 * Writes a value so that it is read back as it is. Single quotes come first: shells and compose
 * files leave everything in them alone too.
 * @throws {EnvTextError} for the rare value that the format cannot hold.
 */
export function formatEnvValue(name: string, value: string): string {
  const plain = /^[\w.,:/@%+=~-]*$/.test(value)
  const quoted = [`'${value}'`, `"${value}"`, `\`${value}\``]
  for (const written of plain ? [value] : [...quoted, value])
    try {
      if (!/[\r\n]/.test(value) && readEnvText(`X=${written}`).X === value) return written
    } catch (error) {
      if (!(error instanceof EnvTextError)) throw error
    }
  throw new EnvTextError(
    `a .env file cannot hold this ${name}: it has a line break, or mixes ' " and \` with a # or a space. Set ${name} in the environment, or choose another`
  )
}

/**
 * Sets values in the text of a `.env` file: in place where the name is already there, at the end
 * otherwise. All other lines and comments stay.
 * @throws {EnvTextError} for a malformed text, or a value the format cannot hold.
 */
export function setInEnvText(text: string, values: Record<string, string>): string {
  const newline = text.includes('\r\n') ? '\r\n' : '\n'
  const { lines, assignments } = scan(normalize(text))
  const replaced = new Map<number, { line: string; end: number }>()
  const added: string[] = []
  for (const [name, value] of Object.entries(values)) {
    const written = formatEnvValue(name, value)
    // The last one counts, as in every reader of such files.
    const known = assignments.findLast((assignment) => assignment.name === name)
    if (known === undefined) added.push(`${name}=${written}`)
    else {
      const line = `${known.head}${written}${known.tail}`
      replaced.set(known.first, { line, end: known.end })
    }
  }
  const kept: string[] = []
  for (let i = 0; i < lines.length; i++) {
    const change = replaced.get(i)
    kept.push(change?.line ?? lines[i] ?? '')
    if (change !== undefined) i = change.end - 1
  }
  while (kept.at(-1)?.trim() === '') kept.pop()
  return [...kept, ...added, ''].join(newline)
}
