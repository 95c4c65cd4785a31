import { isUsable } from '../../hypercore/records/node-state.ts'
import { groupConditions } from '../condition.ts'
import { updateFields } from '../update.ts'
import type { ClusterState } from './markdown.ts'

/** The cluster in brief; `problem` in place of all else where it cannot be read. */
export interface ClusterBrief {
  problem?: string
  name?: string
  version?: string
  nodes?: { up: number; total: number }
  vms?: { running: number; total: number }
  /** The worst first. */
  conditions?: { severity: string; description: string; count: number; nodes: string[] }[]
  update?: { summary: string; percent: number | null }
  /** Nodes that are not asked for everything, and lanes in which calls wait. */
  traffic?: string[]
}

const maxConditions = 10

/** The cluster in brief, as the console shows it. */
export function clusterBrief({
  cluster,
  nodes,
  vms,
  conditions,
  update
}: ClusterState): ClusterBrief {
  const { summary, percent } = updateFields(update)
  const isNews = update.running || update.phase === 'FAILED'
  return {
    name: cluster.clusterName,
    version: cluster.icosVersion,
    nodes: { up: nodes.filter(isUsable).length, total: nodes.length },
    vms: { running: vms.filter(({ state }) => state === 'RUNNING').length, total: vms.length },
    conditions: groupConditions(conditions)
      .slice(0, maxConditions)
      .map(({ severity, description, count, nodes }) => ({ severity, description, count, nodes })),
    ...(isNews && { update: { summary, percent: percent ?? null } })
  }
}
