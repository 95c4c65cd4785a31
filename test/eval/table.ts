import { bounds, outsideBudget } from './aims.ts'
import { type AnswerTokens, clusterSizes } from './answers.ts'
import type { Evaluation } from './evaluation.ts'
import type { IdArgument } from './reachability.ts'

const number = (value: number): string => value.toLocaleString('en-US')

const ofAll = (some: number, all: number): string => `${number(some)} of ${number(all)}`

const atMost = (limit: number): string => `at most ${number(limit)}`

/** One row: what is measured, the result, the aim, and the figures by size of the cluster. */
type Row = [name: string, result: string, aim: string, ...bySize: string[]]

const listRow = (
  name: string,
  { tools, tokens }: { tools: number; tokens: number },
  aim: number
): Row => [`${name}, ${tools} tools`, `${number(tokens)} tokens`, atMost(aim)]

const cellOf = ({ raw, json, text }: AnswerTokens): string =>
  [raw, json, text].map((tokens) => (tokens === undefined ? '–' : number(tokens))).join(' / ')

const largestOf = (bySize: Iterable<AnswerTokens>): number =>
  Math.max(...[...bySize].flatMap(({ json, text }) => [json, text]))

const reached = (those: IdArgument[]): string =>
  ofAll(those.filter(({ value }) => value !== undefined).length, those.length)

function rows({ lists, hundredVms, answers, corpus, reachability, errors }: Evaluation): Row[] {
  const { allTools, coreTools, hundredVms: hundred, anyAnswer } = bounds
  const useful = errors.filter(({ step }) => step !== undefined)
  return [
    listRow('list of tools over OpenAPI', lists.openApi, allTools.aim),
    listRow('list of tools over MCP', lists.mcp, allTools.aim),
    listRow('`core` over OpenAPI', lists.openApiCore, coreTools.aim),
    listRow('`core` over MCP', lists.mcpCore, coreTools.aim),
    [
      `100 VMs as text, ${hundredVms.uuids} whole uuids`,
      `${number(hundredVms.tokens)} tokens`,
      atMost(hundred.aim)
    ],
    ['malformed calls coerced as they must be', ofAll(corpus.coerced, corpus.coercible), 'all'],
    [
      'malformed calls refused with a useful message',
      ofAll(corpus.refusedUsefully, corpus.refusable),
      'all'
    ],
    ['malformed calls coerced wrongly', ofAll(corpus.wronglyCoerced, corpus.calls), 'none'],
    ['ids that text responses lead to', reached(reachability.text), 'all'],
    ['ids that JSON responses lead to', reached(reachability.json), 'all'],
    ['errors that name a next step', ofAll(useful.length, errors.length), 'all'],
    ...[...answers].map(([tool, bySize]): Row => [
      `\`${tool}\``,
      `${number(largestOf(bySize.values()))} tokens`,
      outsideBudget.includes(tool) ? 'no limit' : atMost(anyAnswer.aim),
      ...[...bySize.values()].map(cellOf)
    ])
  ]
}

/** The evaluation as one table in Markdown, for the terminal and for the documentation alike. */
export function tableOf(evaluation: Evaluation): string {
  const head = ['measured', 'result', 'aim', ...clusterSizes.map((vms) => `${number(vms)} VMs`)]
  const cells = [head, ...rows(evaluation).map((row) => head.map((_, i) => row[i] ?? ''))]
  const widths = head.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)))
  const line = (row: string[]): string =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  const [first = [], ...others] = cells
  return [line(first), `| ${rule.join(' | ')} |`, ...others.map(line)].join('\n')
}

const begin = '<!-- eval:begin, written by `npm run eval -- --write` -->'
const end = '<!-- eval:end -->'

/** The page that holds the table. */
export const tablePage = 'docs/small-models.md'

function placeIn(page: string): [from: number, to: number] {
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from === -1 || to < from) throw new Error(`${tablePage} lacks ${begin} and ${end}`)
  return [from + begin.length, to]
}

/** The table that stands in the page. */
export const tableIn = (page: string): string => page.slice(...placeIn(page)).trim()

/** The page with this table in the place of the old one. */
export function withTable(page: string, table: string): string {
  const [from, to] = placeIn(page)
  return `${page.slice(0, from)}\n\n${table}\n\n${page.slice(to)}`
}

/** The cells of a table, without its rule; numbers stand bare. */
export const cellsOf = (table: string): string[][] =>
  table
    .split('\n')
    .filter((line) => line.startsWith('|') && !line.startsWith('| -'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim())
    )

/** Ages and new uuids, which are not the same on every day, change an answer by so much. */
const tolerance = (tokens: number): number => Math.max(15, tokens * 0.04)

const numbersIn = (cell: string): number[] =>
  (cell.match(/\d[\d,]*/g) ?? []).map((digits) => Number(digits.replaceAll(',', '')))

function isAlike(one: string, other: string): boolean {
  const [ones, others] = [numbersIn(one), numbersIn(other)]
  if (one.replaceAll(/\d[\d,]*/g, '#') !== other.replaceAll(/\d[\d,]*/g, '#')) return false
  return ones.every((value, i) => Math.abs(value - Number(others[i])) <= tolerance(value))
}

const names = (table: string[][]): string => table.map(([name]) => name).join(', ')

/**
 * What differs between two tables, a sentence each: in the answers of tools by more than ages and
 * new uuids do, in all else at all.
 */
export function differences(old: string[][], current: string[][]): string[] {
  if (names(old) !== names(current)) return [`rows: ${names(old)}, now ${names(current)}`]
  return current.flatMap((row, i) => {
    const before = old[i] ?? []
    const [name = ''] = row
    const isAnswer = name.startsWith('`') && !name.startsWith('`core`')
    const same = row.every((cell, at) => {
      const cellBefore = before[at] ?? ''
      return isAnswer ? isAlike(cellBefore, cell) : cellBefore === cell
    })
    return same ? [] : [`${before.join(' | ')}, now ${row.join(' | ')}`]
  })
}
