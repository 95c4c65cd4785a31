import type { Node, VirDomain } from '../hypercore/records.ts'
import { formatBytes, formatTime } from './units.ts'

/** Node addresses by uuid, so that answers can name the node a VM runs on. */
export type NodeNames = ReadonlyMap<string, string>

/** Nodes have no name of their own; their LAN address is what an operator knows them by. */
export const nodeNames = (nodes: Node[]): NodeNames =>
  new Map(nodes.map((node) => [node.uuid, node.lanIP]))

const isDisk = ({ type }: { type: string }): boolean => type.endsWith('_DISK')

/** What an operator acts on, under the cluster's names; `node`, `memory`, `disk` are for reading. */
export function summariseVm(vm: VirDomain, nodes: NodeNames): Record<string, unknown> {
  const disk = vm.blockDevs.filter(isDisk).reduce((sum, { capacity }) => sum + capacity, 0)
  return {
    uuid: vm.uuid,
    name: vm.name,
    state: vm.state,
    node: nodes.get(vm.nodeUUID) ?? '',
    nodeUUID: vm.nodeUUID,
    numVCPU: vm.numVCPU,
    mem: vm.mem,
    memory: formatBytes(vm.mem),
    disk: formatBytes(disk),
    tags: vm.tags,
    description: vm.description,
    ipv4Addresses: vm.netDevs.flatMap(({ ipv4Addresses }) => ipv4Addresses),
    snapshots: vm.snapUUIDs.length,
    createdAt: formatTime(vm.created)
  }
}
