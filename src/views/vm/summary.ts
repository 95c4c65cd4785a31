import type { Node, VirDomain } from '../../hypercore/records.ts'
import type { ListView } from '../list-view.ts'
import { formatAge, formatBytes, formatTime } from '../../lib/units.ts'

/** Node addresses by uuid, so that answers can name the node a VM runs on. */
export type NodeNames = ReadonlyMap<string, string>

/** Nodes have no name of their own; their LAN address is what an operator knows them by. */
export const nodeNames = (nodes: Node[]): NodeNames =>
  new Map(nodes.map((node) => [node.uuid, node.lanIP]))

/** Whether a block device holds data of the VM, and is no drive for media or firmware. */
export const isDisk = ({ type }: { type: string }): boolean => type.endsWith('_DISK')

/** What an operator acts on, under the cluster's names; `node`, `memory`, `disk`, `age` are for reading. */
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
    age: formatAge(vm.created),
    description: vm.description,
    ipv4Addresses: vm.netDevs.flatMap(({ ipv4Addresses }) => ipv4Addresses),
    snapshots: vm.snapUUIDs.length,
    createdAt: formatTime(vm.created)
  }
}

/** A list of VMs. Its text is as short as can be: a hundred of them have to fit a small model. */
export const vmView = (nodes: NodeNames): ListView<VirDomain> => ({
  describe: (vm) => summariseVm(vm, nodes),
  summary: ['uuid', 'name', 'state', 'node', 'numVCPU', 'mem', 'memory', 'disk', 'tags', 'age'],
  columns: ['uuid', 'name', 'state', 'node', 'numVCPU', 'memory']
})
