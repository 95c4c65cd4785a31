import type { TestBridge } from '../helper/bridge.ts'

/** What the calls below are about: one of each, the same in every cluster of this seed and size. */
export interface Subjects {
  vmUUID: string
  taskTag: string
}

/** One tool, called as a model calls it that gives what is needed and nothing more. */
export interface DefaultCall {
  tool: string
  /** `name` is new in the cluster, and the same in all calls of one round. */
  args: (about: Subjects & { name: string }, bridge: TestBridge) => object
  /** What the cluster itself is asked for the same: paths below /rest/v1. None for a write. */
  raw?: (about: Subjects) => string[]
}

export function subjectsOf(bridge: TestBridge): Subjects {
  const [task] = bridge.simulator.world.tasks.list()
  if (task === undefined) throw new Error('The simulated cluster has no task')
  return { vmUUID: bridge.vm('web-01'), taskTag: task.taskTag }
}

function snapshotOf({ simulator }: TestBridge, label: string): string {
  const snapshots = [...simulator.world.state.snapshots.values()]
  return snapshots.find((snapshot) => snapshot.label === label)?.uuid ?? ''
}

const noArguments = (): object => ({})

/** Called first: they leave the cluster as it is. */
export const readingCalls: DefaultCall[] = [
  { tool: 'vm_read', args: noArguments, raw: () => ['/VirDomain'] },
  { tool: 'fetch_vm', args: () => ({ name: 'web' }), raw: () => ['/VirDomain'] },
  {
    tool: 'getVM_details',
    args: ({ vmUUID }) => ({ vmUUID }),
    raw: ({ vmUUID }) => [`/VirDomain/${vmUUID}`]
  },
  {
    tool: 'getVM_sysStats',
    args: ({ vmUUID }) => ({ vmUUID }),
    raw: ({ vmUUID }) => [`/VirDomainStats/${vmUUID}`]
  },
  { tool: 'vmNetDevices_read', args: noArguments, raw: () => ['/VirDomainNetDevice'] },
  { tool: 'vmSnapshots_read', args: noArguments, raw: () => ['/VirDomainSnapshot'] },
  { tool: 'taskTagStatus_read', args: noArguments, raw: () => ['/TaskTag'] },
  {
    tool: 'taskTagStatusFilter',
    args: ({ taskTag }) => ({ taskTag }),
    raw: ({ taskTag }) => [`/TaskTag/${taskTag}`]
  },
  {
    tool: 'waitTask',
    args: ({ taskTag }) => ({ taskTag }),
    raw: ({ taskTag }) => [`/TaskTag/${taskTag}`]
  },
  { tool: 'ping_read', args: noArguments, raw: () => ['/ping'] },
  { tool: 'cluster_read', args: noArguments, raw: () => ['/Cluster', '/Node'] },
  { tool: 'clusterSpec_read', args: noArguments, raw: () => ['/Cluster', '/Node', '/Drive'] },
  { tool: 'node_read', args: noArguments, raw: () => ['/Node'] },
  { tool: 'drive_read', args: noArguments, raw: () => ['/Drive'] },
  { tool: 'condition_read', args: noArguments, raw: () => ['/Condition/filter?includeSet=true'] },
  { tool: 'user_read', args: noArguments, raw: () => ['/User', '/Role'] },
  { tool: 'iso_read', args: noArguments, raw: () => ['/ISO'] },
  { tool: 'virtualDisk_read', args: noArguments, raw: () => ['/VirtualDisk'] },
  {
    tool: 'run_api',
    args: () => ({ query: '/VirDomain', method: 'GET' }),
    raw: () => ['/VirDomain']
  },
  { tool: 'query_api', args: () => ({ query: 'take a snapshot every night' }) },
  { tool: 'get_session', args: noArguments },
  { tool: 'generate_session', args: noArguments },
  { tool: 'kill_session', args: noArguments }
]

/** In this order, as the later ones need what the earlier ones make. */
export const writingCalls: DefaultCall[] = [
  { tool: 'createVM', args: ({ name }) => ({ name }) },
  { tool: 'updateVM', args: ({ name }, bridge) => ({ vmUUID: bridge.vm(name), tags: 'eval' }) },
  {
    tool: 'changeVM_state',
    args: ({ name }, bridge) => ({ vmUUID: bridge.vm(name), actionType: 'START' })
  },
  { tool: 'snapshotVM', args: ({ vmUUID, name }) => ({ vmUUID, label: name }) },
  {
    tool: 'delete_snapshotVM',
    args: ({ name }, bridge) => ({ snapUUID: snapshotOf(bridge, name) })
  },
  { tool: 'cloneVM', args: ({ vmUUID, name }) => ({ vmUUID, name: `${name}-copy` }) },
  { tool: 'deleteVM', args: ({ name }, bridge) => ({ vmUUID: bridge.vm(`${name}-copy`) }) },
  { tool: 'exportVM', args: ({ vmUUID }) => ({ vmUUID }) },
  {
    tool: 'importVM',
    args: () => ({
      pathURI: 'https://archive.example/exports/eval',
      definitionFileName: 'eval.xml'
    })
  }
]

/** What it answers is as long as its model makes it. */
export const unmeasured: readonly string[] = ['ask_api']
