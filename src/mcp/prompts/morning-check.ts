import { clusterUri, conditionsUri } from '../resources/cluster.ts'
import { call, dataNote, type PromptSpec, steps, userText } from './define-prompt.ts'
import { livePages } from './live-resources.ts'
import { readClusterState } from '../../tools/read/cluster.ts'
import { clusterMarkdown } from '../../views/cluster/markdown.ts'
import { conditionsMarkdown } from '../../views/condition.ts'

const instructions = `Do the morning check of the HyperCore cluster. ${dataNote}

${steps([
  `Look at the state and the conditions above. If they are not there, call ${call('ping_read')}; if that fails, report it and stop, else call ${call('node_read')} and ${call('condition_read')}.`,
  `Look for bad drives: ${call('drive_read', { filter: 'isHealthy:false' })}`,
  `Look for failed tasks: ${call('taskTagStatus_read', { filter: 'state:ERROR', limit: 10 })}. Leave out what ended more than a day ago.`,
  'Report. First a line: "All is well", or how many things need attention. Then each of them: what, where, since when, what you would do. Nodes that cannot run VMs and conditions from EMERGENCY to ERROR come first. Last a line with memory and storage in use.',
  'Change nothing. If something should be done, say what, and ask the user.'
])}`

/** State and health of the cluster, and what to look at besides. */
export const morningCheck: PromptSpec = {
  name: 'morning-check',
  title: 'Morning check',
  description:
    'Looks at nodes, conditions, drives, VMs and tasks, and reports what needs attention.',
  arguments: {},
  async write(context) {
    const pages = await livePages(async () => {
      const state = await readClusterState(context)
      return [
        { uri: clusterUri, text: clusterMarkdown(state) },
        { uri: conditionsUri, text: conditionsMarkdown(state.conditions) }
      ]
    })
    return [...pages, userText(instructions)]
  }
}
