import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../src/lib/files/package-info.ts'
import type { Report } from '../../src/model-bench/report.ts'
import {
  comparisonText,
  figureTable,
  headline,
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
    ['report', 'tools', 'over', 'k', 'passed', 'tuning', 'kept aside', 'unsafe: tried', 'through'],
    ...keptReports().map(([name, { tools, surface, k, tasks, figures }]) => [
      `[\`${name}\`](#${name.replaceAll('.', '')})`,
      tools,
      surface,
      String(k),
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

/** How the figures of each model changed between its reports. */
export function modelChanges(): string {
  const kept = new Map(keptReports())
  return [...kept]
    .filter(([name]) => name.endsWith('-after'))
    .flatMap(([name, after]) => {
      const before = kept.get(name.replace(/-after$/, '-before'))
      return before === undefined
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
