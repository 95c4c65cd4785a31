import type {
  Cluster,
  Condition,
  Node,
  TaskTagStatus,
  VirDomain,
  VirDomainState
} from '../../hypercore/records.ts'
import { isFinished, toOutcome } from '../../hypercore/tasks/task-outcome.ts'
import type { ClusterAccess } from '../../hypercore/cluster-call.ts'
import { isUsable } from './node-summary.ts'
import { formatBytes } from '../../lib/units.ts'
import { capacityLines, freeMemory } from './capacity.ts'
import { countBySeverity, readConditions } from './conditions.ts'
import { oneLine } from '../../lib/one-line.ts'

/** What the brief is made of. */
export interface ClusterState {
  cluster: Cluster
  nodes: Node[]
  vms: VirDomain[]
  tasks: TaskTagStatus[]
  conditions: Condition[]
}

/** Most nodes, VMs and tasks named; the brief is for a small model. */
const max = { nodes: 16, vms: 5, tasks: 5 }

/** Reads everything at once. */
export async function readClusterState(context: ClusterAccess): Promise<ClusterState> {
  const { hypercore, signal } = context
  const [cluster, nodes, vms, tasks, conditions] = await Promise.all([
    hypercore.cluster({ signal }),
    hypercore.list('/Node', { signal }),
    hypercore.list('/VirDomain', { signal }),
    hypercore.list('/TaskTag', { signal }),
    readConditions(context)
  ])
  return { cluster, nodes, vms, tasks, conditions }
}

/** A node in one line. */
export function nodeLine(node: Node): string {
  const disposition =
    node.currentDisposition === 'IN' ? '' : `, disposition ${node.currentDisposition}`
  const usable = isUsable(node) ? '' : ', CANNOT RUN VMs'
  return `- ${node.lanIP}: ${node.networkStatus}${disposition}${usable}, CPU ${Math.round(node.cpuUsage)} %, memory ${Math.round(node.memUsagePercentage)} % of ${formatBytes(node.memSize)}, ${formatBytes(freeMemory(node))} free`
}

/** The first `limit` lines, and how many are left out. */
export const cut = (lines: readonly string[], limit: number, where: string): string[] =>
  lines.length > limit
    ? [...lines.slice(0, limit), `- … ${lines.length - limit} more: ${where}`]
    : [...lines]

const stateOrder: VirDomainState[] = [
  'RUNNING',
  'BLOCKED',
  'PAUSED',
  'SHUTDOWN',
  'SHUTOFF',
  'CRASHED'
]

function vmLines(vms: readonly VirDomain[]): string[] {
  const counts = new Map<string, number>(stateOrder.map((state) => [state, 0]))
  for (const { state } of vms) counts.set(state, (counts.get(state) ?? 0) + 1)
  const shown = [...counts].filter(([, count]) => count > 0)
  const states = shown.map(([state, count]) => `${count} ${state}`).join(', ')
  const odd = vms.filter(({ state }) => state === 'CRASHED' || state === 'PAUSED')
  return [
    `VMs: ${vms.length}${states === '' ? '' : ` (${states})`}`,
    ...cut(
      odd.map(({ name, state, uuid }) => `- ${state}: ${oneLine(name)}, uuid ${uuid}`),
      max.vms,
      'vm_read with filter state:CRASHED or state:PAUSED'
    )
  ]
}

function taskLines(tasks: readonly TaskTagStatus[]): string[] {
  const outcomes = tasks.map((task) => toOutcome(task.taskTag, task))
  const running = outcomes.filter((task) => !isFinished(task))
  const failed = outcomes.filter(({ state }) => state === 'ERROR').length
  return [
    `Tasks: ${running.length} running, ${failed} failed among those the cluster still knows`,
    ...cut(
      running.map(
        ({ taskTag, state, progressPercent, description }) =>
          `- ${state} ${progressPercent} %: ${oneLine(description, 100)} (taskTag ${taskTag})`
      ),
      max.tasks,
      'taskTagStatus_read with filter state:RUNNING'
    )
  ]
}

/** The state of the cluster in brief, as Markdown of fewer than 1,500 tokens on any cluster. */
export function clusterText(state: ClusterState): string {
  const { cluster, nodes, vms, tasks, conditions } = state
  // The ones that need a look first.
  const ordered = nodes.toSorted((a, b) => Number(isUsable(a)) - Number(isUsable(b)))
  return [
    `# Cluster ${oneLine(cluster.clusterName)}, HyperCore ${cluster.icosVersion}`,
    '',
    `Active conditions: ${countBySeverity(conditions)}`,
    '',
    `Nodes: ${nodes.length}, of which ${nodes.filter(isUsable).length} can run VMs`,
    ...cut(ordered.map(nodeLine), max.nodes, 'node_read'),
    '',
    ...vmLines(vms),
    '',
    ...taskLines(tasks),
    '',
    ...capacityLines(nodes, vms),
    ''
  ].join('\n')
}
