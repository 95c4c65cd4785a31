import type { Condition } from '../../hypercore/records.ts'

/** A condition as a summary shows it: once, however many nodes have it. */
export interface ConditionGroup extends Condition {
  /** How often it is there. */
  count: number
  /** Addresses of the nodes that have it; none for the cluster as a whole. */
  nodes: string[]
  /** When the first of them was set, ISO 8601; `""` where the cluster does not say. */
  since: string
}

const formatMilliseconds = (time: number): string =>
  time > 0 ? new Date(time).toISOString().replace(/\.\d{3}Z$/, 'Z') : ''

const listed = (words: string[]): string[] => [...new Set(words)].filter((word) => word !== '')

function groupOf(conditions: [Condition, ...Condition[]]): ConditionGroup {
  const times = conditions.map(({ lastSetTime }) => lastSetTime).filter((time) => time > 0)
  const lastSetTime = times.length === 0 ? 0 : Math.min(...times)
  const nodes = listed(conditions.map(({ nodeLANIP }) => nodeLANIP))
  return {
    ...conditions[0],
    nodeUUID: listed(conditions.map(({ nodeUUID }) => nodeUUID)).join(','),
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
 * A condition in short; alone it is a group of one. The cluster's isOK says that its check worked, and
 * would read as if all were well: only a check that did not is told.
 */
export function describeCondition(condition: Condition): Record<string, unknown> {
  const { count, nodes, since } =
    'count' in condition ? (condition as ConditionGroup) : groupOf([condition])
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
