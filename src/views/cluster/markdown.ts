import { isUsable } from '../../hypercore/records/node-state.ts'
import type {
  Cluster,
  Condition,
  Node,
  TaskTagStatus,
  VirDomain,
  VirDomainState
} from '../../hypercore/records/records.ts'
import type { UpdateState } from '../../hypercore/updates/update-state.ts'
import { updateFields } from '../update.ts'
import { isFinished, toOutcome } from '../../hypercore/tasks/task-outcome.ts'
import { quoteName } from '../../lib/text/quote.ts'
import { countBySeverity } from '../condition.ts'
import { nodeLine } from '../node.ts'
import { taskLine } from '../task.ts'
import { limitLines } from '../text/limit-lines.ts'
import { capacityLines } from './capacity.ts'

/** What the page of a cluster is built from. */
export interface ClusterState {
  cluster: Cluster
  nodes: Node[]
  vms: VirDomain[]
  tasks: TaskTagStatus[]
  update: UpdateState
  conditions: Condition[]
}

/** How many are named; the page is for a small model. */
const max = { nodes: 16, vms: 5, tasks: 5 }

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
    ...limitLines(
      odd.map(({ name, state, uuid }) => `- ${state}: ${quoteName(name)}, uuid ${uuid}`),
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
    ...limitLines(running.map(taskLine), max.tasks, 'taskTagStatus_read with filter state:RUNNING')
  ]
}

/** A word on an update that is running or failed. */
const updateLines = (update: UpdateState): string[] =>
  update.running || update.phase === 'FAILED'
    ? [`**Update:** ${updateFields(update).summary}`, '']
    : []

/** The state of the cluster in brief, as Markdown of fewer than 1,500 tokens on any cluster. */
export function clusterMarkdown(state: ClusterState): string {
  const { cluster, nodes, vms, tasks, update, conditions } = state
  // The ones that need a look first.
  const ordered = nodes.toSorted((a, b) => Number(isUsable(a)) - Number(isUsable(b)))
  return [
    `# Cluster ${quoteName(cluster.clusterName)}, HyperCore ${cluster.icosVersion}`,
    '',
    ...updateLines(update),
    `Active conditions: ${countBySeverity(conditions)}`,
    '',
    `Nodes: ${nodes.length}, of which ${nodes.filter(isUsable).length} can run VMs`,
    ...limitLines(ordered.map(nodeLine), max.nodes, 'node_read'),
    '',
    ...vmLines(vms),
    '',
    ...taskLines(tasks),
    '',
    ...capacityLines(nodes, vms),
    ''
  ].join('\n')
}
