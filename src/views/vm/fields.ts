import type { VirDomain } from '../../hypercore/records.ts'
import { formatAge, formatBytes, formatTime } from '../../lib/units.ts'
import type { ListView } from '../list-view.ts'
import type { NodeNames } from '../node.ts'

/** Whether a block device holds data of the VM, and is no drive for media or firmware. */
export const isDisk = ({ type }: { type: string }): boolean => type.endsWith('_DISK')

/** Capacity of all disks, for reading. */
export const diskSize = ({ blockDevs }: VirDomain): string =>
  formatBytes(blockDevs.filter(isDisk).reduce((sum, { capacity }) => sum + capacity, 0))

/** What an operator acts on, under the cluster's names; `node`, `memory`, `disk`, `age` are for reading. */
export const vmFields = (vm: VirDomain, nodes: NodeNames) => ({
  uuid: vm.uuid,
  name: vm.name,
  state: vm.state,
  node: nodes.get(vm.nodeUUID) ?? '',
  nodeUUID: vm.nodeUUID,
  numVCPU: vm.numVCPU,
  mem: vm.mem,
  memory: formatBytes(vm.mem),
  disk: diskSize(vm),
  tags: vm.tags,
  age: formatAge(vm.created),
  description: vm.description,
  ipv4Addresses: vm.netDevs.flatMap(({ ipv4Addresses }) => ipv4Addresses),
  snapshots: vm.snapUUIDs.length,
  createdAt: formatTime(vm.created)
})

/** A list of VMs. Its text is as short as can be: a hundred of them have to fit a small model. */
export const vmView = (nodes: NodeNames): ListView<VirDomain, ReturnType<typeof vmFields>> => ({
  describe: (vm) => vmFields(vm, nodes),
  summary: ['uuid', 'name', 'state', 'node', 'numVCPU', 'mem', 'memory', 'disk', 'tags', 'age'],
  columns: ['uuid', 'name', 'state', 'node', 'numVCPU', 'memory']
})

/** The address a VM was seen with last; that of its first network device where its guest tells none. */
const lastAddress = ({ netDevs }: VirDomain): string =>
  netDevs.flatMap(({ ipv4Addresses }) => ipv4Addresses)[0] ?? netDevs[0]?.macAddress ?? ''

/** What tells a VM from others of the same name. */
export const vmIdentity = (vm: VirDomain, nodes: NodeNames) => ({
  name: vm.name,
  state: vm.state,
  node: nodes.get(vm.nodeUUID) ?? '',
  created: formatTime(vm.created),
  memory: formatBytes(vm.mem),
  disk: diskSize(vm),
  tags: vm.tags,
  address: lastAddress(vm)
})
