import { isUsable } from '../../hypercore/records/node-state.ts'
import type { Node, VirDomain } from '../../hypercore/records/records.ts'
import { isRunning } from '../../hypercore/records/vm-state.ts'
import { sum } from '../../lib/sum.ts'
import { quoteName } from '../../lib/text/quote.ts'
import { formatBytes, percentOf } from '../../lib/text/units.ts'
import { failover } from './failover.ts'

/** `1.2 TiB of 3 TiB (40 %)` */
const share = (part: number, whole: number): string =>
  `${formatBytes(part)} of ${formatBytes(whole)} (${whole > 0 ? percentOf(part, whole) : '?'} %)`

/** Whether the VMs of the largest node would fit on the others, were it away. */
function withoutLargestNode(nodes: readonly Node[], vms: readonly VirDomain[]): string {
  const found = failover(nodes, vms)
  if (found === undefined) return 'If a node fails: there is no other usable node to take its VMs.'
  const { node, needed, free, misfit } = found
  const verdict =
    needed > free
      ? `memory is short by ${formatBytes(needed - free)}`
      : misfit === undefined
        ? `its VMs still fit: they take ${share(needed, free)} that is free on the others`
        : `memory is short: VM ${quoteName(misfit.name)} with ${formatBytes(misfit.mem)} fits on no other node`
  return `If the largest node (${node.lanIP}) fails: ${verdict}.`
}

/** Memory, vCPUs and storage of the cluster and what is left of them, a fact a line. */
export function capacityLines(nodes: readonly Node[], vms: readonly VirDomain[]): string[] {
  const usable = nodes.filter(isUsable)
  const drives = nodes.flatMap((node) => node.drives)
  const threads = sum(usable, (node) => node.numThreads)
  const running = vms.filter(({ state }) => isRunning(state))
  const vCpus = sum(running, (vm) => vm.numVCPU)
  return [
    `Memory in use: ${share(
      sum(usable, (node) => node.totalMemUsageBytes),
      sum(usable, (node) => node.memSize)
    )} on usable nodes; given to all VMs, stopped ones too: ${formatBytes(sum(vms, (vm) => vm.mem))}.`,
    withoutLargestNode(nodes, vms),
    `vCPUs of running VMs: ${vCpus} on ${threads} threads${threads > 0 ? ` (${(vCpus / threads).toFixed(1)} for each)` : ''}.`,
    `Storage in use: ${share(
      sum(drives, (drive) => drive.usedBytes),
      sum(drives, (drive) => drive.capacityBytes)
    )} of raw drive space; ${drives.length} drives, ${drives.filter(({ isHealthy }) => !isHealthy).length} not healthy.`
  ]
}
