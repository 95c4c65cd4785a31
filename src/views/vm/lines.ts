import type { VirDomain, VirDomainStats } from '../../hypercore/records/records.ts'
import { isShuttingDown } from '../../hypercore/records/vm-state.ts'
import { quoteName, quoteText } from '../../lib/text/quote.ts'
import { formatBytes } from '../../lib/text/units.ts'
import type { NodeNames } from '../node.ts'
import { diskSize } from './fields.ts'

/** The resources of a VM, in a few words. */
const resources = (vm: VirDomain): string =>
  `${vm.numVCPU} vCPUs, memory ${formatBytes(vm.mem)}, disks ${diskSize(vm)}, ${vm.snapUUIDs.length} snapshots`

/** A VM as a line of Markdown: what it takes up. */
export const vmResourceLine = (vm: VirDomain): string =>
  `- ${quoteName(vm.name)} (${vm.state}): ${resources(vm)}`

/** A VM as several lines of Markdown, a fact a line. */
export function vmLines(vm: VirDomain, nodes: NodeNames): string[] {
  const node = nodes.get(vm.nodeUUID) ?? ''
  const asked = isShuttingDown(vm) ? ', asked to shut down' : ''
  const busy = vm.uiState === vm.state ? asked : `, ${vm.uiState} right now`
  return [
    `- VM ${quoteName(vm.name)}, uuid ${vm.uuid}`,
    `- state ${vm.state}${busy}${node === '' ? '' : `, on node ${node}`}`,
    `- ${resources(vm)}`,
    ...(vm.description === '' ? [] : [`- description: ${quoteText(vm.description)}`]),
    ...(vm.tags === '' ? [] : [`- tags: ${quoteText(vm.tags, 80)}`])
  ]
}

/** A VM and the CPU it uses, in percent. */
export type VmLoad = Pick<VirDomain, 'name'> & Pick<VirDomainStats, 'cpuUsage'>

/** The busiest of the other VMs on a node as a line of Markdown; none where there are none. */
export function neighbourLines(busiest: readonly VmLoad[]): string[] {
  if (busiest.length === 0) return []
  const names = busiest.map(({ name, cpuUsage }) => `${quoteName(name)} ${cpuUsage} %`)
  return [`- busiest other VMs on that node, CPU: ${names.join(', ')}`]
}
