import type { Finding } from './mutants.ts'
import type { Told } from './jobs.ts'
import type { Surface } from './callers.ts'
import type { Recovery } from './troubles.ts'
import type { Holdings } from './questions.ts'

/** Reads respond at once, while writes wait for their task: they are measured apart. */
export type CallKind = 'reads' | 'writes'

/** Calls of one kind over one surface. */
export interface Traffic {
  calls: number
  /** Milliseconds. */
  p50: number
  p99: number
}

/** One of the plans that were played. */
export interface PlayedReport {
  name: string
  seconds: number
  faults: number
}

/** What a run comes to. */
export interface SoakReport {
  seconds: number
  seed: number
  pace: number
  plans: PlayedReport[]
  /** Faults that began, by kind. */
  faults: Record<string, number>
  traffic: Record<Surface, Record<CallKind, Traffic>>
  reads: {
    right: number
    failed: Record<string, number>
    /** One of each. */
    samples: Record<string, string>
    /** Those with no fault near, and how many of them failed. */
    inPeace: number
    failedInPeace: number
  }
  writes: {
    asked: number
    /** The number that was reported to callers with each outcome. */
    told: Record<Told, number>
    /** Reported as unknown, although carried out. */
    unknownButDone: number
  }
  /** Calls whose caller hung up in the middle, and those that were repeated. */
  left: number
  repeated: number
  recovery: { worst: Record<string, number>; limit: number }
  /** Before the first fault, and after the last. */
  holdings: {
    before: Holdings
    after: Holdings
    rssMiB: number[]
    /** After the warm-up; undefined where the run was too short. */
    heapKiBPerCall: number | undefined
  }
  /** At the cluster, after the bridge had ended; a login whose response was lost leaves one. */
  sessions: { left: number; lostLogins: number }
  /** What is wrong; without any the run has passed. */
  findings: Record<Finding, string[]>
  passed: boolean
}

const percentile = (sorted: readonly number[], share: number): number =>
  Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)

function timesOf(times: readonly number[]): Traffic {
  const sorted = times.toSorted((a, b) => a - b)
  return { calls: sorted.length, p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) }
}

export const trafficOf = ({
  reads,
  writes
}: Record<CallKind, number[]>): Record<CallKind, Traffic> => ({
  reads: timesOf(reads),
  writes: timesOf(writes)
})

/** The slowest recovery from each kind of fault, in seconds. */
export function worstOf(recoveries: readonly Recovery[]): Record<string, number> {
  const worst: Record<string, number> = {}
  for (const { fault, seconds } of recoveries) {
    worst[fault] = Math.max(worst[fault] ?? 0, Math.round(seconds * 10) / 10)
  }
  return worst
}

const listed = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ') || 'none'

const sum = (counts: Record<string, number>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0)

const resourcesOf = ({ resources }: Holdings): string => listed(resources)

/** What there is to say, line by line: what it is about, and what of it. */
function rowsOf(report: SoakReport): [string, string][] {
  const { traffic, reads, writes, holdings, sessions, recovery } = report
  const { before, after, rssMiB, heapKiBPerCall } = holdings
  const slope =
    heapKiBPerCall === undefined
      ? ''
      : `; ${heapKiBPerCall.toFixed(1)} KiB more with each call after the warm-up`
  const mib = (value: number): string => `${Math.round(value)} MiB`
  return [
    ['plans', report.plans.map(({ name, seconds }) => `${name} ${seconds} s`).join(', ')],
    ['faults', `${sum(report.faults)}: ${listed(report.faults)}`],
    ...Object.entries(traffic).flatMap(([surface, kinds]) =>
      Object.entries(kinds).map(([kind, { calls, p50, p99 }]): [string, string] => [
        `${kind} over ${surface.toUpperCase()}`,
        `${calls}, p50 ${p50} ms, p99 ${p99} ms`
      ])
    ),
    ['callers', `${report.left} hung up, ${report.repeated} called again`],
    [
      'reads',
      `${reads.right} right, ${sum(reads.failed)} failed (${listed(reads.failed)}), ${reads.failedInPeace} of them with no fault near, where ${reads.inPeace} were made`
    ],
    [
      'writes',
      `${writes.asked} calls; reported: ${listed(writes.told)}; ${writes.unknownButDone} of the unknown were done`
    ],
    ['recovery', `within ${recovery.limit} s; slowest in seconds after: ${listed(recovery.worst)}`],
    ['sessions', `${sessions.left} left at the cluster, ${sessions.lostLogins} logins lost`],
    ['descriptors', `${before.descriptors} before, ${after.descriptors} after`],
    ['event loop', `before: ${resourcesOf(before)}; after: ${resourcesOf(after)}`],
    ['heap', `${mib(before.heapMiB)} before, ${mib(after.heapMiB)} after${slope}`],
    ['timers', `${before.timers} before, ${after.timers} after`],
    [
      'resident',
      `${mib(before.rssMiB)} before, ${mib(Math.max(...rssMiB, after.rssMiB))} at most, ${mib(after.rssMiB)} after`
    ]
  ]
}

/** The report for people. */
export function reportText(report: SoakReport): string {
  const rows = [
    ...rowsOf(report),
    ...Object.entries(report.findings).map(([name, found]): [string, string] => [
      name,
      found.length === 0 ? 'none' : `${found.length}:\n    ${found.slice(0, 20).join('\n    ')}`
    ])
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  return [
    `${report.passed ? 'PASSED' : 'FAILED'}: ${report.seconds} s, seed ${report.seed}, ${report.pace} times as fast as the product`,
    ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`)
  ].join('\n')
}

/** The same for a page. */
export function reportMarkdown(report: SoakReport): string {
  const rows = [
    ...rowsOf(report),
    ...Object.entries(report.findings).map(([name, found]): [string, string] => [
      name,
      found.length === 0 ? 'none' : found.join('; ')
    ])
  ]
  return [
    `${report.seconds / 60} minutes, seed ${report.seed}: **${report.passed ? 'passed' : 'failed'}**.`,
    ['| | |', '| --- | --- |', ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join('\n')
  ].join('\n\n')
}
