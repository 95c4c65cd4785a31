import type { Node, VirDomain } from '../../hypercore/records.ts'
import { isShuttingDown } from '../../hypercore/vm-state.ts'
import { oneLine } from '../../lib/one-line.ts'
import { formatBytes } from '../../lib/units.ts'
import { nodeNames, summariseVm } from './summary.ts'

/** What a prompt says of its VM, a fact a line. */
export function vmCard(vm: VirDomain, nodes: Node[]): string[] {
  const { node, disk } = summariseVm(vm, nodeNames(nodes))
  const asked = isShuttingDown(vm) ? ', asked to shut down' : ''
  const busy = vm.uiState === vm.state ? asked : `, ${vm.uiState} right now`
  return [
    `- VM ${oneLine(vm.name)}, uuid ${vm.uuid}`,
    `- state ${vm.state}${busy}${typeof node === 'string' && node !== '' ? `, on node ${node}` : ''}`,
    `- ${vm.numVCPU} vCPUs, memory ${formatBytes(vm.mem)}, disks ${String(disk)}, ${vm.snapUUIDs.length} snapshots`,
    ...(vm.description === '' ? [] : [`- description: ${oneLine(vm.description, 200)}`]),
    ...(vm.tags === '' ? [] : [`- tags: ${oneLine(vm.tags)}`])
  ]
}
