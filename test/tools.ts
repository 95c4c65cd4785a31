import type { TestBridge } from './helper/bridge.ts'

/**
 * One entry for each tool, from which the tests of every surface and the evaluation are built. A
 * new tool is added here, with a sample call and what it does.
 */

/** What a tool does to the cluster, and what its annotations have to say. */
export type Effect =
  | 'reads'
  | 'asks a model server'
  | 'can lose data'
  | 'can do anything'
  | 'adds'
  | 'adds, by another server'
  | 'changes'
  | 'changes, by another server'

/** What the samples are about: one of each, the same in every cluster of one seed and size. */
export interface Subjects {
  vmUUID: string
  taskTag: string
  /** New in the cluster, and the same in all calls of one round. */
  name: string
}

type Args = Record<string, unknown>

export interface ToolSample {
  effect: Effect
  /** The arguments of a model that gives what is required and nothing more. */
  args: (about: Subjects, bridge: TestBridge) => Args
  /** Arguments that only what the bridge keeps can tell. */
  kept?: (bridge: TestBridge) => Promise<Args>
  /**
   * What the cluster itself is asked for the same: paths below /rest/v1. Left out where it is asked
   * for nothing of the kind.
   */
  raw?: (about: Subjects) => string[]
  /** Calls over every surface, instead of the one above; at least one shows more than it. */
  surfaces?: (about: Subjects) => Args[]
  /** What it returns is measured again at each call. */
  live?: true
  /** Waits for the end of a task, or for a model: over MCP its progress is streamed. */
  slow?: true
  /** Refused as it stands: what it needs is at an address that no test may reach. */
  refused?: true
  /** Leaves the cluster's records as they are, although it is not a read. */
  harmless?: true
}

const noArguments = (): Args => ({})
const ofVm = ({ vmUUID }: Subjects): Args => ({ vmUUID })
const ofTask = ({ taskTag }: Subjects): Args => ({ taskTag })

function snapshotOf({ simulator }: TestBridge, label: string): string {
  const snapshots = [...simulator.world.state.snapshots.values()]
  return snapshots.find((snapshot) => snapshot.label === label)?.uuid ?? ''
}

/** A VM that is off and can be restored, whatever other calls have done. */
export function offWithSnapshot({ simulator }: TestBridge): string {
  const { virDomains } = simulator.world.state
  const vm = [...virDomains.values()].find(
    ({ state, snapUUIDs, name }) =>
      state === 'SHUTOFF' && snapUUIDs.length > 0 && !name.includes('-old-')
  )
  return vm?.uuid ?? ''
}

/** The node with fewest VMs. */
function nodeToEmpty({ simulator }: TestBridge): string {
  const { nodes, virDomains } = simulator.world.state
  const on = (uuid: string): number =>
    [...virDomains.values()].filter(({ nodeUUID }) => nodeUUID === uuid).length
  const used = [...nodes.keys()].filter((uuid) => on(uuid) > 0)
  return used.toSorted((a, b) => on(a) - on(b))[0] ?? ''
}

/** In the order in which they can be called: the later ones need what the earlier ones create. */
export const toolSamples: Readonly<Record<string, ToolSample>> = {
  vm_read: {
    effect: 'reads',
    args: noArguments,
    raw: () => ['/VirDomain'],
    surfaces: () => [
      { filter: 'state:RUNNING', limit: 3 },
      { detail: 'full', limit: 2 },
      { filter: 'nothing has this name' }
    ]
  },
  fetch_vm: { effect: 'reads', args: () => ({ name: 'web' }), raw: () => ['/VirDomain'] },
  topVMs: {
    effect: 'reads',
    args: noArguments,
    raw: () => ['/VirDomainStats', '/VirDomain', '/Node'],
    // The others change places from moment to moment.
    surfaces: () => [{ limit: 1 }],
    live: true
  },
  getVM_details: {
    effect: 'reads',
    args: ofVm,
    raw: ({ vmUUID }) => [`/VirDomain/${vmUUID}`],
    live: true
  },
  getVM_sysStats: {
    effect: 'reads',
    args: ofVm,
    raw: ({ vmUUID }) => [`/VirDomainStats/${vmUUID}`],
    live: true
  },
  vmNetDevices_read: {
    effect: 'reads',
    args: noArguments,
    raw: () => ['/VirDomainNetDevice'],
    surfaces: (about) => [ofVm(about)]
  },
  vmSnapshots_read: {
    effect: 'reads',
    args: noArguments,
    raw: () => ['/VirDomainSnapshot'],
    surfaces: () => [{ limit: 5 }]
  },
  taskTagStatus_read: { effect: 'reads', args: () => ({ limit: 10 }), raw: () => ['/TaskTag'] },
  taskTagStatusFilter: {
    effect: 'reads',
    args: ofTask,
    raw: ({ taskTag }) => [`/TaskTag/${taskTag}`]
  },
  waitTask: {
    effect: 'reads',
    args: ofTask,
    raw: ({ taskTag }) => [`/TaskTag/${taskTag}`],
    slow: true
  },
  attention: {
    effect: 'reads',
    args: noArguments,
    raw: () => [
      '/VirDomain',
      '/Node',
      '/Condition/filter?includeSet=true',
      '/VirDomainSnapshot',
      '/VirDomainSnapshotSchedule',
      '/VirDomainReplication',
      '/RemoteClusterConnection',
      '/Update'
    ],
    // A drive gets hot and cools down.
    surfaces: () => [{ limit: 1 }],
    live: true
  },
  protection_report: {
    effect: 'reads',
    args: noArguments,
    raw: () => ['/VirDomain', '/VirDomainSnapshot', '/VirDomainReplication', '/TaskTag'],
    live: true
  },
  around: {
    effect: 'reads',
    args: ({ vmUUID }) => ({ target: vmUUID }),
    raw: ({ vmUUID }) => [`/VirDomain/${vmUUID}`, '/Condition/filter?includeSet=true', '/TaskTag'],
    live: true
  },
  ping_read: { effect: 'reads', args: noArguments, raw: () => ['/ping', '/TimeZone'], live: true },
  cluster_read: {
    effect: 'reads',
    args: noArguments,
    raw: () => ['/Cluster', '/Node', '/TimeZone'],
    live: true
  },
  update_read: { effect: 'reads', args: noArguments, raw: () => ['/Cluster', '/Update'] },
  clusterSpec_read: {
    effect: 'reads',
    args: noArguments,
    raw: () => ['/Cluster', '/Node', '/Drive']
  },
  node_read: {
    effect: 'reads',
    args: noArguments,
    raw: () => ['/Node'],
    surfaces: () => [{ limit: 2 }],
    live: true
  },
  drive_read: {
    effect: 'reads',
    args: noArguments,
    raw: () => ['/Drive'],
    surfaces: () => [{ detail: 'full', limit: 3 }]
  },
  condition_read: {
    effect: 'reads',
    args: noArguments,
    raw: () => ['/Condition/filter?includeSet=true']
  },
  recentActivity: {
    effect: 'reads',
    args: noArguments,
    raw: () => ['/TaskTag', '/VirDomain', '/TimeZone'],
    // A VM that no test changes meanwhile.
    surfaces: () => [{ filter: 'on:dc-01', limit: 3 }],
    live: true
  },
  user_read: { effect: 'reads', args: noArguments, raw: () => ['/User', '/Role'] },
  snapshotSchedule_read: {
    effect: 'reads',
    args: noArguments,
    raw: () => ['/VirDomainSnapshotSchedule', '/VirDomain', '/TimeZone']
  },
  iso_read: { effect: 'reads', args: noArguments, raw: () => ['/ISO'] },
  virtualDisk_read: { effect: 'reads', args: noArguments, raw: () => ['/VirtualDisk'] },
  run_api: {
    effect: 'can do anything',
    args: () => ({ query: '/VirDomain', method: 'GET' }),
    raw: () => ['/VirDomain'],
    surfaces: ({ vmUUID }) => [
      { query: '/VirDomainSnapshotSchedule', method: 'GET' },
      { query: `/VirDomain/${vmUUID}`, method: 'GET' }
    ],
    live: true,
    slow: true,
    harmless: true
  },
  query_api: {
    effect: 'reads',
    args: () => ({ query: 'take a snapshot every night' }),
    surfaces: () => [
      { query: 'take a snapshot every night' },
      { query: 'grow a disk', detail: 'full' }
    ]
  },
  ask_api: {
    effect: 'asks a model server',
    args: () => ({ question: 'How do I start a VM?' }),
    slow: true
  },
  get_session: { effect: 'reads', args: noArguments, live: true },
  generate_session: { effect: 'changes', args: noArguments, live: true, harmless: true },
  kill_session: { effect: 'changes', args: noArguments, live: true, harmless: true },
  createVM: { effect: 'adds', args: ({ name }) => ({ name }), slow: true },
  updateVM: {
    effect: 'changes',
    args: ({ name }, bridge) => ({ vmUUID: bridge.vm(name), tags: 'eval' }),
    slow: true
  },
  addDisk: {
    effect: 'adds',
    args: ({ name }, bridge) => ({ vmUUID: bridge.vm(name), sizeGiB: 10 }),
    slow: true
  },
  resizeDisk: {
    effect: 'adds',
    args: ({ name }, bridge) => ({ vmUUID: bridge.vm(name), addGiB: 1 }),
    slow: true
  },
  addNIC: {
    effect: 'adds',
    args: ({ name }, bridge) => ({ vmUUID: bridge.vm(name), vlan: 10 }),
    slow: true
  },
  changeNIC: {
    effect: 'can lose data',
    args: ({ name }, bridge) => ({ vmUUID: bridge.vm(name), vlan: 20 }),
    slow: true
  },
  removeNIC: {
    effect: 'can lose data',
    args: ({ name }, bridge) => ({ vmUUID: bridge.vm(name) }),
    slow: true
  },
  insertISO: {
    effect: 'changes',
    args: ({ name }, bridge) => ({ vmUUID: bridge.vm(name), iso: 'memtest86-10.iso' }),
    slow: true
  },
  bootOrder: {
    effect: 'changes',
    args: ({ name }, bridge) => ({ vmUUID: bridge.vm(name), order: ['cd'] }),
    slow: true
  },
  ejectISO: {
    effect: 'changes',
    args: ({ name }, bridge) => ({ vmUUID: bridge.vm(name) }),
    slow: true
  },
  removeDisk: {
    effect: 'can lose data',
    args: ({ name }, bridge) => ({ vmUUID: bridge.vm(name), disk: '0', sure: true }),
    slow: true
  },
  changeVM_state: {
    effect: 'can lose data',
    args: ({ name }, bridge) => ({ vmUUID: bridge.vm(name), actionType: 'START' }),
    slow: true
  },
  snapshotVM: { effect: 'adds', args: ({ vmUUID, name }) => ({ vmUUID, label: name }), slow: true },
  delete_snapshotVM: {
    effect: 'can lose data',
    args: ({ name }, bridge) => ({ snapUUID: snapshotOf(bridge, name) }),
    slow: true
  },
  cloneVM: {
    effect: 'adds',
    args: ({ vmUUID, name }) => ({ vmUUID, name: `${name}-copy` }),
    slow: true
  },
  changeVMs: {
    effect: 'can lose data',
    args: ({ name }) => ({ vms: [name], action: 'addTags', tags: 'several' }),
    slow: true
  },
  snapshotSchedule_create: {
    effect: 'adds',
    args: ({ name }) => ({ name, every: 'day', at: '02:00', keepDays: 7 }),
    slow: true
  },
  snapshotSchedule_assign: {
    effect: 'changes',
    args: ({ name }) => ({ schedule: name, vms: [name] }),
    slow: true
  },
  replicate: {
    effect: 'changes, by another server',
    args: ({ name }) => ({ vmUUID: name }),
    slow: true
  },
  restoreVM: {
    effect: 'can lose data',
    args: (_, bridge) => ({ vmUUID: offWithSnapshot(bridge), snapshot: 'newest' }),
    slow: true
  },
  undo: {
    effect: 'can lose data',
    args: noArguments,
    kept: async ({ app }) => ({
      sequence:
        (await app.sequences.list()).find(
          ({ tool, undoneBy }) => tool === 'restoreVM' && undoneBy === ''
        )?.id ?? 's-none'
    }),
    slow: true
  },
  plan: {
    effect: 'can lose data',
    args: ({ name }) => ({
      steps: [
        { tool: 'snapshotVM', args: { vmUUID: name, label: `${name}-plan` } },
        { tool: 'updateVM', args: { vmUUID: name, addTags: 'planned' } }
      ]
    }),
    slow: true
  },
  // The one with the least to move: its target has room.
  evacuateNode: {
    effect: 'changes',
    args: (_, bridge) => ({ nodeUUID: nodeToEmpty(bridge), partly: true, wait: 300 }),
    slow: true
  },
  moveBack: {
    effect: 'changes',
    args: noArguments,
    kept: async ({ app }) => {
      const evacuations = (await app.sequences.list()).filter(
        ({ tool, undoneBy }) => tool === 'evacuateNode' && undoneBy === ''
      )
      return { nodeUUID: evacuations[0]?.targets[0] ?? '10.20.0.11', wait: 300 }
    },
    slow: true
  },
  deleteVM: {
    effect: 'can lose data',
    args: ({ name }, bridge) => ({ vmUUID: bridge.vm(`${name}-copy`) }),
    slow: true
  },
  exportVM: { effect: 'adds, by another server', args: ofVm, slow: true },
  // Nothing may come from there: what is uploaded is tried in test/upload.
  uploadISO: {
    effect: 'adds, by another server',
    args: () => ({ url: 'https://127.0.0.1:1/debian.iso' }),
    refused: true,
    slow: true
  },
  uploadDisk: {
    effect: 'adds, by another server',
    args: () => ({ url: 'https://127.0.0.1:1/noble.qcow2' }),
    refused: true,
    slow: true
  },
  importVM: {
    effect: 'adds, by another server',
    args: () => ({
      pathURI: 'https://archive.example/exports/eval',
      definitionFileName: 'eval.xml'
    }),
    slow: true
  }
}

export const samples: readonly (ToolSample & { tool: string })[] = Object.entries(toolSamples).map(
  ([tool, sample]) => ({ tool, ...sample })
)

/** The arguments of a sample, with those that the bridge keeps. */
export const argsOf = async (
  { args, kept }: Pick<ToolSample, 'args' | 'kept'>,
  about: Subjects,
  bridge: TestBridge
): Promise<Args> => ({ ...args(about, bridge), ...(await kept?.(bridge)) })

/** What the samples of a simulated cluster are about. */
export function subjectsOf(bridge: TestBridge, name: string): Subjects {
  const [task] = bridge.simulator.world.tasks.list()
  if (task === undefined) throw new Error('The simulated cluster has no task')
  return { vmUUID: bridge.vm('web-01'), taskTag: task.taskTag, name }
}

export interface ReadingCall {
  tool: string
  args: Args
}

/** Every tool that reads the cluster, called as simply as it can be, and once for a full list. */
export function readingCalls(bridge: TestBridge): ReadingCall[] {
  const about = subjectsOf(bridge, 'web-01')
  return samples
    .filter(({ effect }) => effect === 'reads')
    .flatMap(({ tool, args }) => {
      const call = { tool, args: args(about, bridge) }
      const takesDetail = 'detail' in (bridge.app.tools.get(tool)?.input.properties ?? {})
      return takesDetail ? [call, { tool, args: { ...call.args, detail: 'full' } }] : [call]
    })
}

/** The same list in a test that lacks a tool, or has one too many, tells where to go. */
export const editHint = 'the tools are those of toolSamples: edit test/tools.ts'
