import type { Node, VirDomain } from '../../hypercore/records/records.ts'
import { sum } from '../../lib/sum.ts'
import { formatAge, formatBytes, formatTime } from '../../lib/text/units.ts'
import { age, bytes, type ListView, time } from '../list-view.ts'
import { nodeCalled, type NodeNames, nodeNames } from '../node.ts'
import { ipAddressesOf, macAddressesOf } from './addresses.ts'
import { factNames, replicationWord, vmFactFields, vmFactMeasures, type VmFacts } from './facts.ts'
import { vmStateOf, vmStatePhrases, vmStates } from './state-words.ts'

/** Whether a block device holds data of the VM, and is not a drive for media or firmware. */
export const isDisk = ({ type }: { type: string }): boolean => type.endsWith('_DISK')

const diskBytes = ({ blockDevs }: VirDomain): number =>
  sum(blockDevs.filter(isDisk), ({ capacity }) => capacity)

/** Capacity of all disks, for reading. */
export const diskSize = (vm: VirDomain): string => formatBytes(diskBytes(vm))

/** What an operator acts on, under the cluster's names; `node`, `memory`, `disk`, `age` are for reading. */
export const vmFields = (vm: VirDomain, nodes: NodeNames, facts: VmFacts = {}) => ({
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
  ip: ipAddressesOf(vm),
  ipv4Addresses: ipAddressesOf(vm),
  mac: macAddressesOf(vm),
  osType: vm.operatingSystem.replace(/^os_/, ''),
  snapshots: vm.snapUUIDs.length,
  createdAt: formatTime(vm.created),
  ...vmFactFields(vm, facts)
})

/**
 * A list of VMs. Its text is as short as can be: a hundred of them have to fit a small model.
 * @param facts what other lists say of them, as far as they were read
 */
export function vmView(
  nodes: readonly Node[],
  facts: VmFacts = {}
): ListView<VirDomain, ReturnType<typeof vmFields>> {
  const names = nodeNames(nodes)
  return {
    describe: (vm) => vmFields(vm, names, facts),
    summary: ['uuid', 'name', 'state', 'node', 'numVCPU', 'mem', 'memory', 'disk', 'tags', 'age'],
    columns: ['uuid', 'name', 'state', 'node', 'numVCPU', 'memory'],
    onDemand: factNames,
    time: 'created',
    aliases: {
      // As the arguments of tools call them.
      vmuuid: 'uuid',
      vmname: 'name',
      power: 'state',
      os: 'osType',
      cpu: 'numVCPU',
      cpus: 'numVCPU',
      vcpu: 'numVCPU',
      vcpus: 'numVCPU',
      ram: 'memory'
    },
    words: {
      state: vmStateOf,
      node: nodeCalled(nodes),
      nodeUUID: nodeCalled(nodes, 'uuid'),
      replication: replicationWord
    },
    values: { state: vmStates },
    phrases: {
      ...vmStatePhrases,
      'no snapshot': ['snapshots', '0'],
      'no snapshots': ['snapshots', '0'],
      'without snapshot': ['snapshots', '0'],
      'without snapshots': ['snapshots', '0']
    },
    measures: {
      mem: bytes((vm) => vm.mem),
      memory: bytes((vm) => vm.mem),
      disk: bytes(diskBytes),
      age: age((vm) => vm.created),
      created: time((vm) => vm.created),
      createdAt: time((vm) => vm.created),
      modified: time((vm) => vm.modified),
      ...vmFactMeasures(facts)
    }
  }
}

/** The address a VM was seen with last; that of its first network device where its guest tells none. */
const lastAddress = (vm: VirDomain): string => ipAddressesOf(vm)[0] ?? macAddressesOf(vm)[0] ?? ''

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
