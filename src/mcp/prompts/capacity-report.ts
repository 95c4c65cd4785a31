import { clusterText, readClusterState } from '../../views/cluster/brief.ts'
import { oneLine } from '../../lib/one-line.ts'
import type { VirDomain } from '../../hypercore/records.ts'
import { formatBytes } from '../../lib/units.ts'
import { nodeNames, summariseVm } from '../../views/vm/summary.ts'
import { clusterUri } from '../resources/cluster.ts'
import { call, dataNote, type PromptSpec, steps, userText } from './define-prompt.ts'
import { livePages } from './live-resources.ts'

/** How many of the largest VMs are named. */
const largest = 8

const diskOf = (vm: VirDomain): string => String(summariseVm(vm, nodeNames([]))['disk'])

function largestVms(vms: readonly VirDomain[]): string[] {
  return vms
    .toSorted((a, b) => b.mem - a.mem)
    .slice(0, largest)
    .map(
      (vm) =>
        `- ${oneLine(vm.name)} (${vm.state}): memory ${formatBytes(vm.mem)}, ${vm.numVCPU} vCPUs, disks ${diskOf(vm)}, ${vm.snapUUIDs.length} snapshots`
    )
}

const instructions = `Write a capacity report of the HyperCore cluster. ${dataNote}

${steps([
  `Take the figures from the page above. If it is not there, call ${call('ping_read')}; if that fails, report it and stop, else call ${call('clusterSpec_read')} and ${call('node_read')}.`,
  `Storage by drive, the fullest matter: ${call('drive_read')}`,
  'Report a table: resource, in use, whole, percent, for memory, vCPUs against threads, storage. Then the fullest node and the fullest drive.',
  'Say whether the cluster survives the loss of its largest node, with the figures of the page. It does not if memory is short.',
  'Say what is tight: memory above 80 %, storage above 80 %, more than 4 vCPUs for each thread. These are rules of thumb: say so. Name VMs that are off or have many snapshots as what could be freed.',
  'There is no history: make no forecast. Change and delete nothing; if something should go, ask the user.'
])}`

/** Memory, vCPUs and storage in use, and what is left when a node fails. */
export const capacityReport: PromptSpec = {
  name: 'capacity-report',
  title: 'Capacity report',
  description:
    'Reports memory, vCPUs and storage in use, what is tight, and whether the loss of a node is survived.',
  arguments: {},
  async write(context) {
    const pages = await livePages(async () => {
      const state = await readClusterState(context)
      const vms = ['Largest VMs by memory:', ...largestVms(state.vms), ''].join('\n')
      return [{ uri: clusterUri, text: `${clusterText(state)}\n${vms}` }]
    })
    return [...pages, userText(instructions)]
  }
}
