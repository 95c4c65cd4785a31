import type { Condition } from '../../hypercore/records.ts'
import { type ConditionGroup, groupConditions } from './condition-groups.ts'
import type { ClusterAccess } from '../../hypercore/cluster-call.ts'
import { oneLine } from '../../lib/one-line.ts'

const severities: Condition['severity'][] = [
  'EMERGENCY',
  'ALERT',
  'CRITICAL',
  'ERROR',
  'WARNING',
  'NOTICE',
  'INFO',
  'DEBUG'
]

const rank = ({ severity }: Pick<Condition, 'severity'>): number => severities.indexOf(severity)

/** The active conditions, the worst first. */
export async function readConditions({ hypercore, signal }: ClusterAccess): Promise<Condition[]> {
  const query = { includeSet: true }
  const conditions = await hypercore.list('/Condition/filter', { query, signal })
  return conditions.toSorted((a, b) => rank(a) - rank(b))
}

/** `2 CRITICAL, 3 WARNING`, the worst first; `none` where there are none. */
export function countBySeverity(conditions: readonly Condition[]): string {
  const counts = new Map<string, number>()
  for (const { severity } of conditions) counts.set(severity, (counts.get(severity) ?? 0) + 1)
  return [...counts].map(([severity, count]) => `${count} ${severity}`).join(', ') || 'none'
}

/** Most groups of conditions shown; what is left out is counted. */
const maxGroups = 20

/** Most nodes named of one group. */
const maxNodes = 5

/** One condition, or the same on several nodes, as one line. */
function groupLine(group: ConditionGroup): string {
  const { severity, description, name, nodes, count, since, isOK } = group
  const more = nodes.length > maxNodes ? ` and ${nodes.length - maxNodes} more` : ''
  return [
    `- ${severity}: ${oneLine(description, 200)} (${oneLine(name)})`,
    count > 1 ? `, ${count} times` : '',
    nodes.length === 0 ? '' : `, node ${nodes.slice(0, maxNodes).join(', ')}${more}`,
    since === '' ? '' : `, since ${since.slice(0, 16)}Z`,
    isOK ? '' : '; the check itself failed, do not trust it'
  ].join('')
}

/** Active conditions as Markdown: the worst first, the same one on several nodes as one line. */
export function conditionsText(conditions: readonly Condition[]): string {
  const groups = groupConditions(conditions)
  if (groups.length === 0) return '# Active conditions: none\n\nNo check reports a problem.\n'
  const lines = groups.slice(0, maxGroups).map(groupLine)
  if (groups.length > maxGroups)
    lines.push(`- … ${groups.length - maxGroups} more: condition_read lists all`)
  return `# Active conditions: ${countBySeverity(conditions)}\n\n${lines.join('\n')}\n`
}
