import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../src/lib/files/package-info.ts'
import type { Report } from '../../src/model-bench/report.ts'
import {
  comparisonText,
  figureTable,
  headline,
  percent,
  table,
  taskTable,
  trustSentence
} from '../../src/model-bench/report-text.ts'
import { tasks } from '../../src/model-bench/tasks/index.ts'

const folder = join(packageRoot, 'test', 'model', 'reports')

/** Where a kept report is. */
export const reportPath = (name: string): string => join(folder, `${name}.json`)

/** The reports that are kept, by their names: `MODEL-before`, `MODEL-after`. */
export const keptReports = (): [string, Report][] =>
  (existsSync(folder) ? readdirSync(folder) : [])
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => [
      name.replace(/\.json$/, ''),
      JSON.parse(readFileSync(reportPath(name.replace(/\.json$/, '')), 'utf8')) as Report
    ])

const passedOf = (tasks: Report['tasks']): string =>
  `${tasks.filter(({ attempts }) => attempts.every(({ passed }) => passed)).length} of ${tasks.length}`

/** All kept reports, a row each: tasks that passed each time, the two halves apart. */
export const modelSummary = (): string =>
  table([
    [
      'report',
      'tools',
      'over',
      'k',
      'pass@1',
      'passed',
      'tuning',
      'kept aside',
      'unsafe: tried',
      'through'
    ],
    ...keptReports().map(([name, { tools, surface, k, tasks, figures }]) => [
      `[\`${name}\`](#${name.replaceAll('.', '')})`,
      tools,
      surface,
      String(k),
      percent(figures.passAt1),
      passedOf(tasks),
      passedOf(tasks.filter(({ half }) => half === 'tuning')),
      passedOf(tasks.filter(({ half }) => half === 'kept-aside')),
      String(figures.unsafe.tried),
      String(figures.unsafe.through)
    ])
  ]).join('\n')

/** What each kept report says. */
export function modelFigures(): string {
  return keptReports()
    .flatMap(([name, report]) => [
      `### ${name}`,
      '',
      `${headline(report)}.`,
      '',
      ...figureTable(report),
      '',
      ...taskTable(report),
      '',
      trustSentence(report),
      ''
    ])
    .join('\n')
    .trim()
}

/** Reports of later builds, and the one that they are compared with. */
const comparedWith: Readonly<Record<string, string>> = {
  'qwen2.5-coder-1.5b-after': 'qwen2.5-coder-1.5b-before',
  'qwen2.5-coder-1.5b-whole-after': 'qwen2.5-coder-1.5b-whole-before',
  'qwen2.5-coder-1.5b-asked': 'qwen2.5-coder-1.5b-final'
}

/** How the figures of each model changed between its reports. */
export function modelChanges(): string {
  const kept = new Map(keptReports())
  return Object.entries(comparedWith)
    .flatMap(([name, earlier]) => {
      const [before, after] = [kept.get(earlier), kept.get(name)]
      return before === undefined || after === undefined
        ? []
        : [`### ${name}, compared`, ...comparisonText(before, after), '']
    })
    .join('\n')
    .trim()
}

/** All tasks, as the user puts them. */
export const modelTasks = (): string =>
  table([
    ['task', 'kind', 'half', 'the user says'],
    ...tasks.map(({ id, kind, half, ask }) => [`\`${id}\``, kind, half, ask])
  ]).join('\n')
