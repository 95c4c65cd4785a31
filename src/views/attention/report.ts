import { type Static, Type } from '@sinclair/typebox'
import { severities } from '../condition.ts'
import { type Finding, rankFindings } from './finding.ts'

/** How many of those that share a reason are named. */
const maxNamed = 3

/** A finding as it is shown. */
const ShownFinding = Type.Object(
  {
    severity: Type.Unsafe<Finding['severity']>(Type.String()),
    code: Type.Unsafe<Finding['code']>(Type.String()),
    count: Type.Integer({ 'x-unlisted': true }),
    reason: Type.String(),
    of: Type.Array(Type.String(), {
      'x-unlisted': true,
      description: 'the first of those it concerns'
    }),
    more: Type.Optional(
      Type.Integer({
        'x-unlisted': true,
        description: 'how many more there are: the next call lists them'
      })
    ),
    next: Type.String({ description: 'the call to make next' })
  },
  { description: 'a reason', additionalProperties: true }
)

type ShownFinding = Static<typeof ShownFinding>

/** What needs a person, and what was looked at for it. */
export const AttentionReport = Type.Object(
  {
    summary: Type.String(),
    at: Type.String({ 'x-unlisted': true, description: "when it was, in the cluster's time zone" }),
    timeZone: Type.String({ 'x-unlisted': true }),
    total: Type.Integer(),
    returned: Type.Integer({ 'x-unlisted': true }),
    items: Type.Array(ShownFinding),
    hint: Type.Optional(Type.String({ 'x-unlisted': true })),
    lookedAt: Type.String(),
    notRead: Type.Optional(
      Type.Array(Type.String(), {
        'x-unlisted': true,
        description: 'what could not be looked at, and why'
      })
    )
  },
  { description: 'what needs a person', additionalProperties: true }
)

export type AttentionReport = Static<typeof AttentionReport>

const shown = ({ severity, code, count, reason, of, next }: Finding): ShownFinding => ({
  severity,
  code,
  count,
  reason,
  of: of.slice(0, maxNamed),
  ...(of.length > maxNamed && { more: of.length - maxNamed }),
  next: `${next.tool} ${JSON.stringify(next.args)}`
})

/** `1 CRITICAL, 3 WARNING`, the worst first. */
function countBySeverity(findings: readonly Finding[]): string {
  const counts = severities.map((severity) => ({
    severity,
    count: findings.filter((finding) => finding.severity === severity).length
  }))
  return counts
    .filter(({ count }) => count > 0)
    .map(({ severity, count }) => `${count} ${severity}`)
    .join(', ')
}

/** What the report says beside its findings. */
export interface AttentionFrame {
  at: string
  timeZone: string
  lookedAt: string[]
  notRead: string[]
}

/** The first findings, the most urgent first, with what was looked at. */
export function attentionReport(
  findings: readonly Finding[],
  { at, timeZone, lookedAt, notRead }: AttentionFrame,
  limit: number
): AttentionReport {
  const ranked = rankFindings(findings)
  const items = ranked.slice(0, limit).map(shown)
  const rest = ranked.slice(limit)
  const nothing =
    notRead.length === 0
      ? 'nothing needs attention'
      : 'nothing needs attention in what could be read; not all could'
  return {
    summary: ranked.length === 0 ? nothing : countBySeverity(ranked),
    at,
    timeZone,
    total: ranked.length,
    returned: items.length,
    items,
    ...(rest.length > 0 && {
      hint: `${rest.length} more (${countBySeverity(rest)}): limit ${ranked.length} shows all`
    }),
    lookedAt: lookedAt.join(', '),
    ...(notRead.length > 0 && { notRead })
  }
}

function findingLine({ severity, code, reason, of, more, next }: ShownFinding): string {
  const names = of.length === 0 ? '' : `: ${of.join(', ')}`
  const others = more === undefined ? '' : ` and ${more} more`
  return `- ${severity} ${code}: ${reason}${names}${others}; next: ${next}`
}

/** The same in a line for each finding. */
export const attentionText = (report: AttentionReport): string =>
  [
    `${report.summary} (${report.at} ${report.timeZone})`,
    ...report.items.map(findingLine),
    ...(report.hint === undefined ? [] : [report.hint]),
    `looked at: ${report.lookedAt}`,
    ...(report.notRead ?? []).map((line) => `NOT READ: ${line}`)
  ].join('\n')
