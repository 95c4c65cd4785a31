import type { ToolContext } from '../../tools/define-tool.ts'
import type { McpResource, RequestParts } from '../registry.ts'
import { liveResource, type ResourceSpec } from './define-resource.ts'
import { readClusterState } from '../../tools/read/cluster.ts'
import { readConditions } from '../../tools/read/conditions.ts'
import { clusterMarkdown } from '../../views/cluster/markdown.ts'
import { conditionsMarkdown } from '../../views/condition.ts'

export const clusterUri = 'hypercore://cluster'
export const conditionsUri = 'hypercore://conditions'

/** A page as it is listed, and what writes it. */
type LiveResourceSpec = Omit<ResourceSpec, 'annotations'> & {
  write: (context: ToolContext) => Promise<string>
}

const plans: LiveResourceSpec[] = [
  {
    uri: clusterUri,
    name: 'cluster',
    title: 'Cluster in brief',
    description:
      'State of the cluster now: name, version, nodes with CPU and memory in use, VMs by state, ' +
      'running tasks, capacity, number of active conditions.',
    write: async (context) => clusterMarkdown(await readClusterState(context))
  },
  {
    uri: conditionsUri,
    name: 'conditions',
    title: 'Active conditions',
    description:
      'What is wrong with the cluster now: active health conditions, the worst first, the same one ' +
      'on several nodes as one line.',
    write: async (context) => conditionsMarkdown(await readConditions(context))
  }
]

/** State and health of the cluster, read anew each time. */
export const clusterResources = (parts: RequestParts): McpResource[] =>
  plans.map(({ write, ...spec }) =>
    liveResource(
      parts,
      { ...spec, annotations: { audience: ['user', 'assistant'], priority: 0.9 } },
      write
    )
  )
