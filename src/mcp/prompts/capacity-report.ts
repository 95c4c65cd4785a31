import type { VirDomain } from '../../hypercore/records/records.ts'
import { clusterUri } from '../resources/cluster.ts'
import { resourceResult } from '../resources/define-resource.ts'
import { call, dataNote, embedded, type PromptSpec, steps, userText } from './define-prompt.ts'
import { live } from './live.ts'
import { readClusterState } from '../../tools/read/cluster.ts'
import { clusterMarkdown } from '../../views/cluster/markdown.ts'
import { vmResourceLine } from '../../views/vm/lines.ts'

/** How many of the largest VMs are named. */
const maxVms = 8

const largestVms = (vms: readonly VirDomain[]): string[] =>
  vms
    .toSorted((a, b) => b.mem - a.mem)
    .slice(0, maxVms)
    .map(vmResourceLine)

const instructions = `Write a capacity report of the HyperCore cluster. ${dataNote}

${steps([
  `Take the figures from the resource above. If it is not there, call ${call('ping_read')}; if that fails, report it and stop, else call ${call('clusterSpec_read')} and ${call('node_read')}.`,
  `What is full or near it, drives too, and whether the cluster survives the loss of a node: ${call('attention', { limit: 30 })}. Who loads it now: ${call('topVMs', { by: 'cpu', limit: 5 })}`,
  'Report a table: resource, in use, whole, percent, for memory, vCPUs against threads, storage. Then the fullest node, what attention says of storage, headroom and drives, and the VMs that load the cluster.',
  'Tight is, as a rule of thumb: memory or storage above 80 %, more than 4 vCPUs for each thread. Name VMs that are off or have many snapshots as what could be freed.',
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
    const resources = await live(async () => {
      const state = await readClusterState(context)
      const vms = ['Largest VMs by memory:', ...largestVms(state.vms), ''].join('\n')
      return embedded(resourceResult(clusterUri, `${clusterMarkdown(state)}\n${vms}`))
    })
    return [...resources, userText(instructions)]
  }
}
