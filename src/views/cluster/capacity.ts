import { isUsable } from '../../hypercore/node-state.ts'
import type { Node, VirDomain } from '../../hypercore/records.ts'
import { isRunning } from '../../hypercore/vm-state.ts'
import { formatBytes, percentOf } from '../../lib/units.ts'

const sum = <T>(records: readonly T[], pick: (record: T) => number): number =>
  records.reduce((total, record) => total + pick(record), 0)

/** `1.2 TiB of 3 TiB (40 %)` */
const share = (part: number, whole: number): string =>
  `${formatBytes(part)} of ${formatBytes(whole)} (${whole > 0 ? percentOf(part, whole) : '?'} %)`

/** Whether the memory in use would fit on the other nodes, were the one with most memory away. */
function withoutOneNode(usable: readonly Node[]): string {
  const [largest, ...others] = usable.toSorted((a, b) => b.memSize - a.memSize)
  if (largest === undefined || others.length === 0)
    return 'If a node fails: there is no other usable node to take its VMs.'
  const left = sum(others, (node) => node.memSize)
  const used = sum(usable, (node) => node.totalMemUsageBytes)
  const verdict =
    used <= left
      ? `the memory in use still fits: ${share(used, left)}`
      : `memory is short by ${formatBytes(used - left)}`
  return `If the largest node (${largest.lanIP}) fails: ${verdict}.`
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
    withoutOneNode(usable),
    `vCPUs of running VMs: ${vCpus} on ${threads} threads${threads > 0 ? ` (${(vCpus / threads).toFixed(1)} for each)` : ''}.`,
    `Storage in use: ${share(
      sum(drives, (drive) => drive.usedBytes),
      sum(drives, (drive) => drive.capacityBytes)
    )} of raw drive space; ${drives.length} drives, ${drives.filter(({ isHealthy }) => !isHealthy).length} not healthy.`
  ]
}
