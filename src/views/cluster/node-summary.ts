import type { Node } from '../../hypercore/records.ts'
import { formatBytes } from '../../lib/units.ts'

/** What a text shows of a node. */
export const nodeColumns = [
  'uuid',
  'lanIP',
  'networkStatus',
  'usable',
  'cpuUsage',
  'memUsagePercentage',
  'memoryFree',
  'driveCount'
]

/**
 * Whether VMs can run on a node (FACTS 13.2, the rule balancers use, S); networkStatus alone says
 * nothing about whether its API answers.
 */
export const isUsable = (node: Node): boolean =>
  node.networkStatus === 'ONLINE' &&
  node.supportsVirtualization &&
  node.virtualizationOnline &&
  node.allowRunningVMs

/** A node in short. */
export function summariseNode(node: Node): Record<string, unknown> {
  return {
    uuid: node.uuid,
    lanIP: node.lanIP,
    peerID: node.peerID,
    networkStatus: node.networkStatus,
    currentDisposition: node.currentDisposition,
    usable: isUsable(node),
    cpuUsage: node.cpuUsage,
    memUsagePercentage: node.memUsagePercentage,
    memSize: node.memSize,
    totalMemUsageBytes: node.totalMemUsageBytes,
    memoryFree: formatBytes(node.memSize - node.totalMemUsageBytes),
    numThreads: node.numThreads,
    driveCount: node.drives.length
  }
}
