import { formatBytes } from '../../lib/units.ts'
import { pack } from './pack.ts'
import type { PlacementRules, Room } from './rules.ts'

const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0)

const usedBy = ({ vms }: Room): number => sum(vms.map(({ mem }) => mem))

/** Whether the VMs would still have room if the fullest of the nodes failed (N-1), in numbers. */
export function describeFailover(rooms: readonly Room[], rules: PlacementRules): string {
  const [fullest, ...others] = rooms.toSorted((a, b) => usedBy(b) - usedBy(a))
  if (fullest === undefined || others.length === 0)
    return 'N-1: no second node is left, so a failure stops all VMs'
  const { unplaced } = pack(fullest.vms, others, rules)
  const missing = sum(unplaced.map(({ vm }) => vm.mem))
  const numbers = `should ${fullest.node.lanIP} fail then, its VMs need ${formatBytes(usedBy(fullest))} and the others have ${formatBytes(sum(others.map(({ free }) => free)))} free`
  return unplaced.length === 0
    ? `N-1: ${numbers}: they fit`
    : `N-1 AT RISK: ${numbers}: ${unplaced.length} of them (${formatBytes(missing)}) would find no node`
}
