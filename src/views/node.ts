import { freeMemory, isUsable } from '../hypercore/records/node-state.ts'
import type { Node } from '../hypercore/records/records.ts'
import { formatBytes } from '../lib/text/units.ts'
import { bytes, type ListView } from './list-view.ts'

/** Node addresses by uuid, so that other records can name the node they belong to. */
export type NodeNames = ReadonlyMap<string, string>

/** Nodes have no name of their own; their LAN address is what an operator knows them by. */
export const nodeNames = (nodes: readonly Node[]): NodeNames =>
  new Map(nodes.map((node) => [node.uuid, node.lanIP]))

/** What people call a node, which has no name of its own: its addresses and its number. */
export const namesOfNode = ({ lanIP, backplaneIP, peerID }: Node): [string, ...string[]] => [
  lanIP,
  backplaneIP,
  ...['', 'node ', 'node', 'node-', 'peer '].map((word) => `${word}${peerID}`)
]

/**
 * What records call the node that a word means, for filters; undefined for none.
 * @param by the field of a node that stands in the records
 */
export function nodeCalled(
  nodes: readonly Node[],
  by: 'lanIP' | 'uuid' = 'lanIP'
): (word: string) => string | undefined {
  const called = new Map(
    nodes.flatMap((node) =>
      [...namesOfNode(node), node.uuid].map((name) => [name.toLowerCase(), node[by]] as const)
    )
  )
  return (word) => called.get(word.trim())
}

/**
 * A node's name alone as a condition on a field, for lists that hold nothing else called so.
 */
export const nodePhrases = (
  nodes: readonly Node[],
  field: string
): Readonly<Record<string, readonly [string, string]>> =>
  Object.fromEntries(
    nodes.flatMap(({ peerID, lanIP }) =>
      [`node ${peerID}`, `node${peerID}`].map((name) => [name, [field, lanIP] as const])
    )
  )

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

/** @param nodes those of the list, for their names */
export const nodeView = (nodes: readonly Node[]): ListView<Node, NodeFields> => ({
  describe: nodeFields,
  columns: nodeColumns,
  aliases: {
    node: 'lanIP',
    ip: 'lanIP',
    address: 'lanIP',
    status: 'networkStatus',
    memory: 'memSize'
  },
  words: { lanIP: nodeCalled(nodes) },
  phrases: nodePhrases(nodes, 'lanIP'),
  measures: {
    memSize: bytes((node) => node.memSize),
    totalMemUsageBytes: bytes((node) => node.totalMemUsageBytes),
    memoryFree: bytes(freeMemory)
  }
})

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
