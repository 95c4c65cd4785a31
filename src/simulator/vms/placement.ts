import type { Node, VirDomain } from '../../hypercore/records/records.ts'
import type { ClusterState } from '../state.ts'

/** Whether the VM occupies memory on a node. */
export const isActive = (vm: VirDomain): boolean => vm.state !== 'SHUTOFF' && vm.state !== 'CRASHED'

/** The balancer's rule for a node that can run VMs (FACTS 13.2: S). */
export const isUsable = (node: Node): boolean =>
  node.networkStatus === 'ONLINE' &&
  node.supportsVirtualization &&
  node.virtualizationOnline &&
  node.allowRunningVMs

/**
 * Bytes of memory a VM occupies or would: those it was switched on with while it runs, those of its
 * record while it is off.
 */
export const memoryOf = (state: ClusterState, vm: VirDomain): number =>
  state.guests.get(vm.uuid)?.runsWith?.mem ?? vm.mem

/** Bytes of a node's memory that no VM occupies or has claimed; `except` is not counted. */
export function freeMemory(state: ClusterState, node: Node, except?: VirDomain): number {
  let free = node.memSize - node.systemMemUsageBytes
  for (const vm of state.virDomains.values()) {
    if (vm === except) continue
    const here = isActive(vm) && vm.nodeUUID === node.uuid
    if (here || state.guests.get(vm.uuid)?.reservedNodeUUID === node.uuid)
      free -= memoryOf(state, vm)
  }
  return free
}

/**
 * The node a VM starts on: the one asked for if it has room, then by affinity, then the one with
 * the most free memory. Strict affinity allows no third node. Undefined when none has room.
 */
export function chooseNode(state: ClusterState, vm: VirDomain, wanted = ''): Node | undefined {
  const fits = (uuid: string): Node | undefined => {
    const node = state.nodes.get(uuid)
    return node !== undefined &&
      isUsable(node) &&
      freeMemory(state, node, vm) >= memoryOf(state, vm)
      ? node
      : undefined
  }
  const { strictAffinity, preferredNodeUUID, backupNodeUUID } = vm.affinityStrategy
  const chosen = fits(preferredNodeUUID) ?? fits(backupNodeUUID)
  if (strictAffinity && preferredNodeUUID !== '') return chosen
  return (
    fits(wanted) ??
    chosen ??
    [...state.nodes.values()]
      .filter((node) => fits(node.uuid) !== undefined)
      .toSorted((a, b) => freeMemory(state, b, vm) - freeMemory(state, a, vm))[0]
  )
}
