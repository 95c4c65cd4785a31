import { freeMemory, isUsable } from '../hypercore/node-state.ts'
import type { Node } from '../hypercore/records.ts'
import { formatBytes } from '../lib/units.ts'
import type { ListView } from './list-view.ts'

/** Node addresses by uuid, so that other records can name the node they belong to. */
export type NodeNames = ReadonlyMap<string, string>

/** Nodes have no name of their own; their LAN address is what an operator knows them by. */
export const nodeNames = (nodes: readonly Node[]): NodeNames =>
  new Map(nodes.map((node) => [node.uuid, node.lanIP]))

export const nodeFields = (node: Node) => ({
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
  memoryFree: formatBytes(freeMemory(node)),
  numThreads: node.numThreads,
  driveCount: node.drives.length
})

export type NodeFields = ReturnType<typeof nodeFields>

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
] as const satisfies readonly (keyof NodeFields)[]

export const nodeView: ListView<Node, NodeFields> = { describe: nodeFields, columns: nodeColumns }

/** What tells a node from others. */
export const nodeIdentity = ({ lanIP, peerID, networkStatus }: Node) => ({
  lanIP,
  peerID,
  networkStatus
})

/** A node as a line of Markdown. */
export function nodeLine(node: Node): string {
  const disposition =
    node.currentDisposition === 'IN' ? '' : `, disposition ${node.currentDisposition}`
  const usable = isUsable(node) ? '' : ', CANNOT RUN VMs'
  return `- ${node.lanIP}: ${node.networkStatus}${disposition}${usable}, CPU ${Math.round(node.cpuUsage)} %, memory ${Math.round(node.memUsagePercentage)} % of ${formatBytes(node.memSize)}, ${formatBytes(freeMemory(node))} free`
}
