import type { Condition, Node } from '../hypercore/records/records.ts'
import { oneLine } from '../lib/text/one-line.ts'
import { type ListView, time } from './list-view.ts'
import { nodeCalled } from './node.ts'
import { limitLines } from './text/limit-lines.ts'
import { quoteText } from '../lib/text/quote.ts'
import { someOf } from '../lib/text/some-of.ts'

/** The worst first. */
export const severities: readonly Condition['severity'][] = [
  'EMERGENCY',
  'ALERT',
  'CRITICAL',
  'ERROR',
  'WARNING',
  'NOTICE',
  'INFO',
  'DEBUG'
]

const rank = ({ severity }: Condition): number => severities.indexOf(severity)

export const worstFirst = (conditions: readonly Condition[]): Condition[] =>
  conditions.toSorted((a, b) => rank(a) - rank(b))

/** A condition as a summary shows it: once, however many nodes have it. */
export interface ConditionGroup extends Condition {
  /** How often it is there. */
  count: number
  /** Addresses of the nodes that have it; none for the cluster as a whole. */
  nodes: string[]
  /** When the first of them was set, ISO 8601; `""` where the cluster does not say. */
  since: string
}

/** Unix ms as ISO 8601; `""` for none. */
export const formatMilliseconds = (time: number): string =>
  time > 0 ? new Date(time).toISOString().replace(/\.\d{3}Z$/, 'Z') : ''

const distinct = (words: string[]): string[] => [...new Set(words)].filter((word) => word !== '')

function groupOf(conditions: [Condition, ...Condition[]]): ConditionGroup {
  const times = conditions.map(({ lastSetTime }) => lastSetTime).filter((time) => time > 0)
  const lastSetTime = times.length === 0 ? 0 : Math.min(...times)
  const nodes = distinct(conditions.map(({ nodeLANIP }) => nodeLANIP))
  return {
    ...conditions[0],
    nodeUUID: distinct(conditions.map(({ nodeUUID }) => nodeUUID)).join(','),
    nodeLANIP: nodes.join(','),
    lastSetTime,
    count: conditions.length,
    nodes,
    since: formatMilliseconds(lastSetTime)
  }
}

/** Puts those that say the same into one, in the order they came; each says how many, where, since when. */
export function groupConditions(conditions: readonly Condition[]): ConditionGroup[] {
  const groups = new Map<string, [Condition, ...Condition[]]>()
  for (const condition of conditions) {
    const { severity, name, description, value, isOK } = condition
    const key = JSON.stringify([severity, name, description, value, isOK])
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [condition])
    else group.push(condition)
  }
  return [...groups.values()].map(groupOf)
}

/**
 * A condition in short; alone it is a group of one. The cluster's isOK says that its check worked,
 * and would read as if all were well: only a check that did not work is reported.
 */
function conditionFields(condition: Condition | ConditionGroup) {
  const { count, nodes, since } = 'count' in condition ? condition : groupOf([condition])
  const { name, severity, description, nodeUUID, nodeLANIP, isOK, lastSetTime } = condition
  return {
    severity,
    description,
    nodes,
    count,
    since,
    name,
    ...(isOK ? {} : { check: 'not trustworthy' }),
    nodeUUID,
    nodeLANIP,
    lastSetTime
  }
}

/** @param nodes for their names, where a filter has one */
export const conditionView = (
  nodes: readonly Node[]
): ListView<Condition, ReturnType<typeof conditionFields>> => ({
  describe: conditionFields,
  summary: ['severity', 'description', 'nodes', 'count', 'since', 'name', 'check'],
  aliases: { node: 'nodes' },
  words: { nodes: nodeCalled(nodes) },
  time: 'since',
  measures: {
    since: time(({ lastSetTime }) => lastSetTime / 1000),
    lastSetTime: time(({ lastSetTime }) => lastSetTime / 1000)
  }
})

/** `2 CRITICAL, 3 WARNING`, the worst first; `none` where there are none. */
export function countBySeverity(conditions: readonly Condition[]): string {
  const counts = new Map<string, number>()
  for (const { severity } of conditions) counts.set(severity, (counts.get(severity) ?? 0) + 1)
  return [...counts].map(([severity, count]) => `${count} ${severity}`).join(', ') || 'none'
}

const maxGroups = 20
const maxNodes = 5

/** One condition, or the same on several nodes, as a line of Markdown. */
function conditionLine(group: ConditionGroup): string {
  const { severity, description, name, nodes, count, since, isOK } = group
  return [
    `- ${severity}: ${quoteText(description)} (${oneLine(name)})`,
    count > 1 ? `, ${count} times` : '',
    nodes.length === 0 ? '' : `, node ${someOf(nodes, maxNodes)}`,
    since === '' ? '' : `, since ${since.slice(0, 16)}Z`,
    isOK ? '' : '; the check itself failed, do not trust it'
  ].join('')
}

/**
 * Active conditions, the worst first, as lines of Markdown: the same one on several nodes as one line.
 * The first line counts them.
 */
export function conditionLines(conditions: readonly Condition[]): string[] {
  const lines = groupConditions(conditions).map(conditionLine)
  const shown = limitLines(lines, maxGroups, 'condition_read lists all')
  return [
    `Active conditions: ${countBySeverity(conditions)}`,
    '',
    ...(lines.length === 0 ? ['No check reports a problem.'] : shown)
  ]
}

/** Active conditions as a page of Markdown. */
export const conditionsMarkdown = (conditions: readonly Condition[]): string =>
  `# ${conditionLines(conditions).join('\n')}\n`
