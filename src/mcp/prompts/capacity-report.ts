import type { VirDomain } from '../../hypercore/records.ts'
import { clusterUri } from '../resources/cluster.ts'
import { call, dataNote, type PromptSpec, steps, userText } from './define-prompt.ts'
import { livePages } from './live-resources.ts'
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
      return [{ uri: clusterUri, text: `${clusterMarkdown(state)}\n${vms}` }]
    })
    return [...pages, userText(instructions)]
  }
}
