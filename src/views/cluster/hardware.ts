import type { Cluster, Drive, Node } from '../../hypercore/records/records.ts'
import { sum } from '../../lib/sum.ts'
import { formatBytes, rounded } from '../../lib/text/units.ts'
import { driveInShort, drivesText } from '../drive.ts'
import { nodeFields } from '../node.ts'
import { pick } from '../pick.ts'
import { responseText } from '../text/text-form.ts'

const ownSource = 'ClusterSpec'
const assembledSource = 'assembled from Cluster, Node and Drive: this cluster has no ClusterSpec'

/** The cluster's own record of its hardware, where it has one. */
export const recordedHardware = (record: object) => ({
  source: ownSource as typeof ownSource,
  ...record
})

/** The hardware as the records of cluster, nodes and drives have it. */
export function assembledHardware(
  cluster: Cluster,
  nodes: readonly Node[],
  drives: readonly Drive[]
) {
  const memSize = sum(nodes, (node) => node.memSize)
  const driveCapacityBytes = sum(drives, (drive) => drive.capacityBytes)
  return {
    source: assembledSource as typeof assembledSource,
    clusterName: cluster.clusterName,
    icosVersion: cluster.icosVersion,
    nodeCount: nodes.length,
    numSockets: sum(nodes, (node) => node.numSockets),
    numCores: sum(nodes, (node) => node.numCores),
    numThreads: sum(nodes, (node) => node.numThreads),
    memSize,
    memory: formatBytes(memSize),
    driveCount: drives.length,
    driveCapacityBytes,
    driveCapacity: formatBytes(driveCapacityBytes),
    nodes: nodes.map((node) => ({
      ...nodeFields(node),
      CPUhz: node.CPUhz,
      numCores: node.numCores,
      numThreads: node.numThreads,
      drives: drives.filter((drive) => drive.nodeUUID === node.uuid).map(driveInShort)
    }))
  }
}

export type Hardware = ReturnType<typeof recordedHardware> | ReturnType<typeof assembledHardware>

/** The hardware: a record of the cluster's own as it is, the assembled one with sizes people read. */
export function hardwareCard(hardware: Hardware): string {
  if (hardware.source === ownSource) return responseText(hardware)
  const { nodes, memSize: _, driveCapacityBytes: __, ...whole } = hardware
  return responseText({
    ...whole,
    nodes: nodes.map((node) => ({
      ...pick(node, ['uuid', 'lanIP', 'usable', 'numCores', 'numThreads']),
      cpu: `${rounded(node.CPUhz / 1e9)} GHz`,
      memory: formatBytes(node.memSize),
      drives: drivesText(node.drives)
    }))
  })
}
