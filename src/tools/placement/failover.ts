import { sum } from '../../lib/sum.ts'
import type { FailureOutlook } from '../../views/plan/headroom.ts'
import { pack } from './pack.ts'
import type { PlacementRules, Room } from './rules.ts'

const usedBy = ({ vms }: Room): number => sum(vms, ({ mem }) => mem)

/**
 * Whether the VMs would still have room if the fullest of the nodes failed (N-1), as a plan would leave
 * them; undefined without a second one. Each VM is placed by the rules about where it may run. Unlike
 * `failover` of `src/views/cluster/failover.ts`, which says how the cluster stands: by the largest node,
 * what its nodes use, and memory alone.
 */
export function failureOutlook(
  rooms: readonly Room[],
  rules: PlacementRules
): FailureOutlook | undefined {
  const [fullest, ...others] = rooms.toSorted((a, b) => usedBy(b) - usedBy(a))
  if (fullest === undefined || others.length === 0) return undefined
  const { unplaced } = pack(fullest.vms, others, rules)
  return {
    node: fullest.node.lanIP,
    needed: usedBy(fullest),
    free: sum(others, ({ free }) => free),
    unplaced: unplaced.length,
    missing: sum(unplaced, ({ vm }) => vm.mem)
  }
}
