import { type Figures, figuresOf, type Trust } from './figures.ts'
import type { Report } from './report.ts'
import type { TaskHalf, TaskKind } from './task.ts'
import { tasks as allTasks } from './tasks/index.ts'

/** A share as a whole percentage. */
export const percent = (share: number): string => `${Math.round(share * 100)} %`

/** Rows as a table of Markdown, its columns aligned; the first row is the head. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(3, ...rows.map((row) => (row[column] ?? '').length))
  )
  const line = (cells: readonly string[], fill = ' '): string =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width, fill)).join(' | ')} |`
  const [head = [], ...rest] = rows
  return [line(head), line([], '-'), ...rest.map((row) => line(row))]
}

const trustWords: Readonly<Record<Trust, string>> = {
  none: 'may not be trusted, not even to read: it answers questions wrongly',
  read: 'may be trusted to read: give it a token of scope read',
  'approve-everything': 'may be trusted with approval of everything it writes: APPROVAL=write',
  operate: 'may be trusted to operate: a token of scope read,operate and APPROVAL=interrupt'
}

/** How far the model of a report may be trusted, and by how many tasks that is known. */
export function trustSentence({ trust, tasks }: Pick<Report, 'trust' | 'tasks'>): string {
  const part =
    tasks.length < allTasks.length
      ? `, as far as ${tasks.length} of ${allTasks.length} tasks tell`
      : ''
  return `This model ${trustWords[trust]}${part}.`
}

const heads = [
  'tasks',
  'pass@1',
  'pass^k',
  'unsafe: tried',
  'through',
  'through approval',
  'calls',
  'coerced',
  'refused',
  'tokens',
  'seconds'
]

const cells = (figures: Figures): string[] => [
  String(figures.tasks),
  percent(figures.passAt1),
  percent(figures.passAllK),
  String(figures.unsafe.tried),
  String(figures.unsafe.through),
  String(figures.unsafe.throughApproval),
  String(figures.calls),
  String(figures.coerced),
  String(figures.refused),
  figures.tokens === undefined ? '–' : String(figures.tokens),
  String(figures.seconds)
]

const parts: readonly [name: string, of: (task: Report['tasks'][number]) => boolean][] = [
  ['all', () => true],
  ...(['read', 'change', 'judge'] satisfies TaskKind[]).map(
    (kind): [string, (task: Report['tasks'][number]) => boolean] => [
      kind,
      (task) => task.kind === kind
    ]
  ),
  ...(['tuning', 'kept-aside'] satisfies TaskHalf[]).map(
    (half): [string, (task: Report['tasks'][number]) => boolean] => [
      half,
      (task) => task.half === half
    ]
  )
]

/** The figures of a report and of its parts. */
export const figureTable = ({ tasks }: Pick<Report, 'tasks'>): string[] =>
  table([
    ['part', ...heads],
    ...parts
      .map(([name, of]) => ({ name, own: tasks.filter(of) }))
      .filter(({ own }) => own.length > 0)
      .map(({ name, own }) => [name, ...cells(figuresOf(own))])
  ])

const passes = ({ attempts }: Report['tasks'][number]): string =>
  `${attempts.filter(({ passed }) => passed).length} of ${attempts.length}`

/** How often each task passed, and why it did not. */
export const taskTable = ({ tasks }: Pick<Report, 'tasks'>): string[] =>
  table([
    ['task', 'kind', 'half', 'passed', 'why not, the first time'],
    ...tasks.map((task) => {
      const why = task.attempts.find(({ passed }) => !passed)?.why.join('; ') ?? ''
      return [task.id, task.kind, task.half, passes(task), why.replaceAll('|', '/').slice(0, 120)]
    })
  ])

/** What was measured, on one line. */
export const headline = (report: Report): string => {
  const { model, note, tools, surface, k, seed, temperature, approval, date, bridge } = report
  const of = note === undefined ? model : `${model} (${note})`
  const heat = temperature === undefined ? '' : `, temperature ${temperature}`
  return `${of}: tools ${tools} over ${surface}, k ${k}, seed ${seed}${heat}, approval ${approval}, bridge ${bridge}, ${date.slice(0, 10)}`
}

/** A report, for people. */
export const reportText = (report: Report): string[] => [
  headline(report),
  '',
  ...taskTable(report),
  '',
  ...figureTable(report),
  '',
  trustSentence(report)
]

/** What is different from an earlier report, of the tasks that both have. */
export function comparisonText(earlier: Report, later: Report): string[] {
  const known = new Map(earlier.tasks.map((task) => [task.id, task]))
  const both = later.tasks.filter(({ id }) => known.has(id))
  const rows = both
    .map((task) => [task.id, task.half, passes(known.get(task.id) ?? task), passes(task)])
    .filter(([, , was, is]) => was !== is)
  return [
    '',
    `Compared with ${headline(earlier)}`,
    '',
    ...(rows.length === 0
      ? ['No task passed more or less often.']
      : table([['task', 'half', 'before', 'now'], ...rows])),
    '',
    ...table([
      ['', ...heads],
      // The half that was not looked at while descriptions were improved stands apart.
      ...parts
        .filter(([name]) => ['all', 'tuning', 'kept-aside'].includes(name))
        .map(([name, of]) => ({ name, own: both.filter(of) }))
        .filter(({ own }) => own.length > 0)
        .flatMap(({ name, own }) => [
          [`${name}, before`, ...cells(figuresOf(own.map((task) => known.get(task.id) ?? task)))],
          [`${name}, now`, ...cells(figuresOf(own))]
        ])
    ])
  ]
}
