import { arch, cpus, platform, totalmem } from 'node:os'
import { labelOf, type Row } from './measure.ts'
import type { Cost } from './party.ts'
import type { Memory, Start } from './whole-process.ts'

/** What one run has measured. */
export interface Report {
  machine: string
  /** ISO time of its begin. */
  at: string
  version: string
  secondsEach: number
  rows: Row[]
  /** Of each bridge at the end of its cases: `20 VMs`, `20 VMs safe`. */
  bridges: Record<string, Pick<Cost, 'rssMiB' | 'peakMiB'>>
  start?: Start
  memory?: Memory
}

/** The machine, so that figures of two can be distinguished. */
export const machine = (): string =>
  `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ` +
  `${platform()} ${arch()}, Node.js ${process.version}`

const round = (value: number | undefined, digits: number): string =>
  value === undefined || Number.isNaN(value) ? '–' : value.toFixed(digits)

const keyOf = ({ case: name, way, safety, callers }: Row): string =>
  `${labelOf(name, way, safety)} / ${callers}`

/** The rate of a row beside that of another way, in the same run. */
function share(rows: readonly Row[], row: Row, way: Row['way']): number | undefined {
  const other = rows.find(
    (each) =>
      each.way === way &&
      each.case === row.case &&
      each.callers === row.callers &&
      (each.safety ?? row.safety) === row.safety
  )
  return other === undefined ? undefined : row.perSecond / other.perSecond
}

const besideForwarder = (rows: readonly Row[], row: Row): number | undefined =>
  row.safety === undefined ? undefined : share(rows, row, 'forwarder')

const change = (from: number | undefined, to: number | undefined, digits: number): string =>
  `${round(from, digits)} → ${round(to, digits)}`

/** The columns of the table: of a row, those of a bridge beside what they are compared with. */
function cellsOf(rows: readonly Row[], row: Row): string[] {
  return [
    row.case,
    `${row.way}${row.safety === 'safe' ? ' safe' : ''}`,
    String(row.callers),
    round(row.perSecond, 0),
    round(besideForwarder(rows, row), 2),
    round(row.way.startsWith('mcp') ? share(rows, row, 'rest') : undefined, 2),
    round(row.p50, 1),
    round(row.p90, 1),
    round(row.p99, 1),
    round(row.cpuMs, 2),
    round(row.upstreamRequests, 1),
    round(row.upstreamConnections, 3),
    round(row.upstreamBytes === undefined ? undefined : row.upstreamBytes / 1024, 1),
    round(row.bytes / 1024, 1)
  ]
}

const head = [
  'case',
  'way',
  'callers',
  'calls/s',
  '× forwarder',
  '× REST',
  'p50 ms',
  'p90 ms',
  'p99 ms',
  'CPU ms',
  'requests',
  'connections',
  'KiB read',
  'KiB'
]

const isText = (column: number): boolean => column < 2

function aligned(lines: readonly string[][]): string {
  const widths = head.map((_, i) => Math.max(...lines.map((line) => (line[i] ?? '').length)))
  return lines
    .map((line) =>
      line
        .map((cell, i) => (isText(i) ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  ')
        .trimEnd()
    )
    .join('\n')
}

const markdownRow = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

function markdownTable(lines: readonly string[][]): string {
  const [first = [], ...rest] = lines
  const rule = first.map((_, i) => (isText(i) ? '---' : '--:'))
  return [first, rule, ...rest].map(markdownRow).join('\n')
}

const mib = (value: number): string => `${value.toFixed(0)} MiB`

function linesBelow({ start, memory, bridges }: Report): string[] {
  const lines: string[] = []
  if (start !== undefined)
    lines.push(
      `Start: listens after ${round(start.listening, 0)} ms, \`/health\` responds after ${round(start.health, 0)} ms, ` +
        `\`/ready\` is 200 after ${round(start.ready, 0)} ms.`
    )
  if (memory !== undefined)
    lines.push(
      `Resident memory: ${mib(memory.fresh)} fresh; after each tenth of ${memory.calls.toLocaleString('en')} mixed calls ` +
        `${memory.rss.map((value) => value.toFixed(0)).join(', ')} MiB; ${mib(memory.idle)} a minute later; peak ${mib(memory.peak)}.`
    )
  const each = Object.entries(bridges).map(
    ([name, { rssMiB, peakMiB }]) => `${name} ${mib(rssMiB)} (peak ${mib(peakMiB)})`
  )
  if (each.length > 0) lines.push(`Resident after the cases above: ${each.join(', ')}.`)
  return lines
}

/** For a terminal. */
export const asText = (report: Report): string =>
  [
    `${report.machine}; ${report.secondsEach} s a row`,
    ...(report.rows.length > 0
      ? [aligned([head, ...report.rows.map((row) => cellsOf(report.rows, row))])]
      : []),
    ...linesBelow(report)
  ].join('\n')

/** For the documentation. */
export const asMarkdown = (report: Report): string =>
  [
    `${report.machine}; ${report.at.slice(0, 10)}, ${report.secondsEach} s a row.`,
    markdownTable([head, ...report.rows.map((row) => cellsOf(report.rows, row))]),
    ...linesBelow(report)
  ].join('\n\n')

/** What changed of the process as a whole, as far as both runs have it. */
function wholeCompared(before: Report, after: Report): string[] {
  const lines: string[] = []
  if (before.start && after.start)
    lines.push(
      `Start to /health: ${change(before.start.health, after.start.health, 0)} ms, ` +
        `to a 200 of /ready: ${change(before.start.ready, after.start.ready, 0)} ms`
    )
  if (before.memory && after.memory)
    lines.push(
      `Resident after the mixed calls: ${change(before.memory.rss.at(-1), after.memory.rss.at(-1), 0)} MiB, ` +
        `at most ${change(before.memory.peak, after.memory.peak, 0)} MiB`
    )
  for (const [name, now] of Object.entries(after.bridges)) {
    const was = before.bridges[name]
    if (was === undefined) continue
    lines.push(
      `Resident after the cases of ${name}: ${change(was.rssMiB, now.rssMiB, 0)} MiB, ` +
        `at most ${change(was.peakMiB, now.peakMiB, 0)} MiB`
    )
  }
  return lines
}

/** What changed since another run, of the rows that both have. */
export function compared(before: Report, after: Report): string {
  const old = new Map(before.rows.map((row) => [keyOf(row), row]))
  const lines = after.rows.flatMap((row) => {
    const was = old.get(keyOf(row))
    if (was === undefined) return []
    return [
      [
        row.case,
        `${row.way}${row.safety === 'safe' ? ' safe' : ''}`,
        String(row.callers),
        change(was.perSecond, row.perSecond, 0),
        change(besideForwarder(before.rows, was), besideForwarder(after.rows, row), 2),
        change(was.cpuMs, row.cpuMs, 2),
        change(was.p50, row.p50, 1),
        change(was.p99, row.p99, 1),
        change(was.upstreamRequests, row.upstreamRequests, 1)
      ]
    ]
  })
  const titles = [
    'case',
    'way',
    'callers',
    'calls/s',
    '× forwarder',
    'CPU ms',
    'p50 ms',
    'p99 ms',
    'requests'
  ]
  return [
    `Since ${before.at} (${before.machine})`,
    ...(lines.length > 0 ? [aligned([titles, ...lines])] : []),
    ...wholeCompared(before, after)
  ].join('\n')
}
