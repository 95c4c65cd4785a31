import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { packageRoot } from '../../src/lib/files/package-info.ts'

const notOurs = new Set(['node_modules', 'dist', '.build', '.git', '.tap'])

function markdownBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !notOurs.has(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return markdownBelow(path)
      return entry.name.endsWith('.md') ? [relative(packageRoot, path).replaceAll('\\', '/')] : []
    })
}

/** Paths of all pages of the repository, from its root: `README.md`, `docs/settings.md`, … */
export const docPages: readonly string[] = markdownBelow(packageRoot).toSorted()

/** Fails where there is no such page. */
export const readPage = (path: string): string => readFileSync(join(packageRoot, path), 'utf8')

/** A fenced block of code. */
export interface Fence {
  /** The whole info string: `sh`, `json`, `text output`. */
  info: string
  code: string
  /** Where its code begins and ends in the text. */
  from: number
  to: number
}

const fencePattern = /^( *)```([^\n`]*)\n([\s\S]*?)^\1```$/gm

/** The fenced blocks of a text, in their order. */
export const fencesIn = (text: string): Fence[] =>
  [...text.matchAll(fencePattern)].map(
    ({ 0: whole, 1: indent = '', 2: info = '', 3: code = '', index }) => {
      const from = index + whole.indexOf('\n') + 1
      return {
        info: info.trim(),
        code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
        from,
        to: from + code.length
      }
    }
  )

/** A text with its fenced blocks emptied: what begins with `#` in them is not a heading. */
export const withoutFences = (text: string): string => text.replaceAll(fencePattern, '')

/** Also without `code` in the lines, and without what is written for machines. */
export const proseOf = (text: string): string =>
  withoutFences(text)
    .replaceAll(/<!--[\s\S]*?-->/g, '')
    .replaceAll(/``[^`]*``|`[^`]*`/g, '')
    .replaceAll(/\]\([^)]*\)/g, ']')

interface Heading {
  level: number
  title: string
  from: number
}

function headingsIn(text: string): Heading[] {
  const blocks = fencesIn(text)
  return [...text.matchAll(/^(#+) (.+)$/gm)]
    .filter(({ index }) => !blocks.some(({ from, to }) => index >= from && index < to))
    .map(({ 1: marks = '', 2: title = '', index }) => ({
      level: marks.length,
      title: title.trim(),
      from: index
    }))
}

/** What `page.md#…` may name, as GitHub makes it of the headings. */
export const anchorsIn = (text: string): string[] =>
  headingsIn(text).map(({ title }) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-')
  )

/** The text under a heading of a page, with the headings below it. */
export function section(path: string, title: string): string {
  const text = readPage(path)
  const headings = headingsIn(text)
  const at = headings.findIndex((heading) => heading.title === title)
  const { level, from } = headings[at] ?? {}
  if (level === undefined) throw new Error(`${path} has no section "${title}"`)
  return text.slice(from, headings.slice(at + 1).find((next) => next.level <= level)?.from)
}

/** The cells of the tables in a text, without their rules. */
export const tableRows = (text: string): string[][] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\| *:?-/.test(line))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim())
    )

/** Of these, the rows that begin with code: those about one thing of the product. */
export const codeRows = (text: string): string[][] =>
  tableRows(text).filter(([first = '']) => first.startsWith('`'))

/** What stands in `code` in a text. */
export const codeWords = (text: string): string[] =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word)

/** A table of Markdown, its head first; `npm run docs` leaves the widths to Prettier. */
export const markdownTable = (rows: readonly (readonly string[])[]): string => {
  const [head = [], ...others] = rows
  return [head, head.map(() => '---'), ...others].map((row) => `| ${row.join(' | ')} |`).join('\n')
}
