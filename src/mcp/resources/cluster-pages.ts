import { clusterText, readClusterState } from '../../cluster-brief/cluster-text.ts'
import { conditionsText, readConditions } from '../../cluster-brief/conditions.ts'
import type { McpResource } from '../surface.ts'
import { livePage, type PageParts } from './define-page.ts'

export const clusterUri = 'hypercore://cluster'
export const conditionsUri = 'hypercore://conditions'

/** The state of the cluster, read anew each time. */
export const clusterPage = (parts: PageParts): McpResource =>
  livePage(
    parts,
    {
      uri: clusterUri,
      name: 'cluster',
      title: 'Cluster in brief',
      description:
        'State of the cluster now: name, version, nodes with CPU and memory in use, VMs by state, ' +
        'running tasks, capacity, number of active conditions.',
      annotations: { audience: ['user', 'assistant'], priority: 0.9 }
    },
    async (context) => clusterText(await readClusterState(context))
  )

/** What is wrong with the cluster, read anew each time. */
export const conditionsPage = (parts: PageParts): McpResource =>
  livePage(
    parts,
    {
      uri: conditionsUri,
      name: 'conditions',
      title: 'Active conditions',
      description:
        'What is wrong with the cluster now: active health conditions, the worst first, the same one ' +
        'on several nodes as one line.',
      annotations: { audience: ['user', 'assistant'], priority: 0.9 }
    },
    async (context) => conditionsText(await readConditions(context))
  )
