import { freeMemory, isUsable } from '../../hypercore/records/node-state.ts'
import type { Node, VirDomain } from '../../hypercore/records/records.ts'
import { isRunning } from '../../hypercore/records/vm-state.ts'
import { sum } from '../../lib/sum.ts'

/** What would happen to the VMs of the largest node if it failed. */
export interface Failover {
  node: Node
  /** Memory of the VMs that run on it, in bytes. */
  needed: number
  /** Memory that is free on the others, in bytes. */
  free: number
  /** The first VM that would fit on none of them, although there is memory enough in all. */
  misfit: VirDomain | undefined
}

/** Memory that VMs take of a node: what is in use without the system's own (FACTS 13.2, S). */
const takenByVms = ({ totalMemUsageBytes, systemMemUsageBytes }: Node): number =>
  Math.max(0, totalMemUsageBytes - systemMemUsageBytes)

/** The largest first, each onto the node with the least room that is enough: the first that finds none. */
function findMisfit(vms: readonly VirDomain[], others: readonly Node[]): VirDomain | undefined {
  const rooms = others.map(freeMemory)
  for (const vm of vms.toSorted((a, b) => b.mem - a.mem)) {
    const fitting = rooms.filter((room) => room >= vm.mem)
    if (fitting.length === 0) return vm
    const least = Math.min(...fitting)
    rooms[rooms.indexOf(least)] = least - vm.mem
  }
  return undefined
}

/**
 * Whether the VMs of the largest usable node would find memory on the others: how the cluster stands, by
 * what its nodes use and also of VMs that the caller does not see. `failureOutlook` of
 * `src/tools/placement/failover.ts` answers for a plan: it asks for the fullest node, which may be another,
 * and also keeps to affinity and tags, for which it has to see all VMs. Undefined for a cluster of
 * one node, and where no more than one can run VMs.
 * @param vms as far as the caller sees them
 */
export function failover(nodes: readonly Node[], vms: readonly VirDomain[]): Failover | undefined {
  const usable = nodes.filter(isUsable)
  const [node, ...others] = usable.toSorted(
    (a, b) => b.memSize - a.memSize || takenByVms(b) - takenByVms(a)
  )
  if (node === undefined || others.length === 0) return undefined
  const needed = takenByVms(node)
  const free = sum(others, freeMemory)
  const onIt = vms.filter((vm) => vm.nodeUUID === node.uuid && isRunning(vm.state))
  return { node, needed, free, misfit: needed > free ? undefined : findMisfit(onIt, others) }
}
