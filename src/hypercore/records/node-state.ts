import type { Node } from './records.ts'

/**
 * Whether VMs can run on a node (FACTS 13.2, the rule balancers use, S); networkStatus alone says
 * nothing about whether its API responds.
 */
export const isUsable = (node: Node): boolean =>
  node.networkStatus === 'ONLINE' &&
  node.supportsVirtualization &&
  node.virtualizationOnline &&
  node.allowRunningVMs

/** Memory of a node that VMs could still take, in bytes. */
export const freeMemory = ({ memSize, totalMemUsageBytes }: Node): number =>
  Math.max(0, memSize - totalMemUsageBytes)
