import { unixMs } from '../../src/lib/time/unix-time.ts'
import type { VirDomain } from '../../src/hypercore/records/records.ts'
import type { TestBridge } from '../helper/bridge.ts'
import { connectMcp } from '../helper/mcp-client.ts'
import { startTestBridge } from '../helper/bridge.ts'
import type { Owner } from './owner.ts'
import { type Document, tokensOf, toolsOfDocument } from './tokens.ts'

/** What an operator asks for, in the words and names of a person. */
export interface Job {
  name: string
  /** What it took before there was a tool for it: calls, tokens, raw calls (measured at 100 VMs). */
  before: { calls: number; tokens: number; raw: number }
  /** The calls that do it, names only. */
  calls: (about: About) => [tool: string, args: Record<string, unknown>][]
  /** Whether it is done, as the cluster itself has it. */
  isDone: (about: About, answers: readonly string[]) => boolean
}

/** The VMs and nodes that the jobs are about, by what makes them fit. */
export interface About {
  bridge: TestBridge
  /** Runs, has a disk, snapshots and a NIC. */
  running: VirDomain
  /** Is off, with a NIC and a snapshot. */
  off: VirDomain
  /** Is off, and is to be given up. */
  unused: VirDomain
  /** Is replicated nowhere. */
  alone: VirDomain
  /** Address of a node with running VMs. */
  node: string
  iso: string
  /** A tag that several VMs have. */
  tag: string
}

const state = ({ bridge }: Pick<About, 'bridge'>) => bridge.simulator.world.state
const vmOf = (about: About, { uuid }: VirDomain) => state(about).virDomains.get(uuid)
const bears = ({ tags }: VirDomain, tag: string): boolean => tags.split(',').includes(tag)
const firstDisk = ({ blockDevs }: VirDomain) => blockDevs.find(({ type }) => type.endsWith('_DISK'))

/** How many VMs have no snapshot of the last days; those without any count. */
function withoutSnapshot(about: About, days: number): number {
  const since = unixMs() / 1000 - days * 24 * 60 * 60
  const recent = [...state(about).snapshots.values()].filter(({ timestamp }) => timestamp >= since)
  const covered = new Set(recent.map(({ domainUUID }) => domainUUID))
  return [...state(about).virDomains.keys()].filter((uuid) => !covered.has(uuid)).length
}

export const jobs: readonly Job[] = [
  {
    name: 'VMs without a snapshot for a week',
    before: { calls: 2, tokens: 1312, raw: 0 },
    calls: () => [
      ['vm_read', { filter: 'snapshotAge>7d', fields: ['name', 'snapshotAge'], limit: 40 }]
    ],
    isDone: (about, [text = '']) => text.startsWith(`total ${withoutSnapshot(about, 7)},`)
  },
  {
    name: 'a disk grown by 100 GiB',
    before: { calls: 4, tokens: 2165, raw: 1 },
    calls: ({ running }) => [['resizeDisk', { vmUUID: running.name, disk: 0, addGiB: 100 }]],
    isDone: (about) =>
      firstDisk(vmOf(about, about.running) as VirDomain)?.capacity ===
      (firstDisk(about.running)?.capacity ?? 0) + 100 * 1024 ** 3
  },
  {
    name: 'all off a node',
    before: { calls: 28, tokens: 4337, raw: 0 },
    calls: ({ node }) => [
      ['evacuateNode', { nodeUUID: node, dry_run: true }],
      ['evacuateNode', { nodeUUID: node, wait: 300 }]
    ],
    isDone: (about) => {
      const node = [...state(about).nodes.values()].find(({ lanIP }) => lanIP === about.node)
      return [...state(about).virDomains.values()].every(
        (vm) => vm.nodeUUID !== node?.uuid || vm.state !== 'RUNNING'
      )
    }
  },
  {
    name: 'a second NIC in VLAN 20',
    before: { calls: 5, tokens: 1570, raw: 1 },
    calls: ({ off }) => [['addNIC', { vmUUID: off.name, vlan: 20 }]],
    isDone: (about) => vmOf(about, about.off)?.netDevs.some(({ vlan }) => vlan === 20) === true
  },
  {
    name: 'an ISO inserted, and booted from',
    before: { calls: 7, tokens: 1615, raw: 1 },
    calls: ({ off, iso }) => [['insertISO', { vmUUID: off.name, iso, bootFirst: true }]],
    isDone: (about) => {
      const vm = vmOf(about, about.off)
      const cd = vm?.blockDevs.find(({ type }) => type === 'IDE_CDROM')
      return cd !== undefined && cd.path !== '' && vm?.bootDevices[0] === cd.uuid
    }
  },
  {
    name: 'a nightly schedule for a tag',
    before: { calls: 68, tokens: 8463, raw: 1 },
    calls: ({ tag }) => [
      [
        'snapshotSchedule_create',
        { name: 'job nights', every: 'day', at: '02:00', keepDays: 7, vms: [`tag:${tag}`] }
      ]
    ],
    isDone: (about) => {
      const schedule = [...state(about).snapshotSchedules.values()].find(
        ({ name }) => name === 'job nights'
      )
      return [...state(about).virDomains.values()]
        .filter((vm) => bears(vm, about.tag))
        .every(({ snapshotScheduleUUID }) => snapshotScheduleUUID === schedule?.uuid)
    }
  },
  {
    name: 'who changed a VM, last night',
    before: { calls: 3, tokens: 4119, raw: 0 },
    calls: ({ running }) => [['recentActivity', { vmUUID: running.name, since: '24 hours' }]],
    isDone: (_about, [text = '']) => text.includes('resizeDisk')
  },
  {
    name: 'which VMs load the storage',
    before: { calls: 2, tokens: 21_169, raw: 1 },
    calls: () => [['topVMs', { by: 'iops' }]],
    isDone: (about, [text = '']) =>
      [...state(about).virDomains.values()].filter(
        ({ name, state: now }) => now === 'RUNNING' && text.includes(name)
      ).length >= 10
  },
  {
    name: 'a VM back from its newest snapshot',
    before: { calls: 7, tokens: 1533, raw: 0 },
    calls: ({ off }) => [['restoreVM', { vmUUID: off.name, snapshot: 'newest', startAfter: true }]],
    isDone: (about) =>
      [...state(about).virDomains.values()].some(
        (vm) => vm.name === about.off.name && vm.uuid !== about.off.uuid && vm.state === 'RUNNING'
      )
  },
  {
    name: 'a VM replicated',
    before: { calls: 5, tokens: 1732, raw: 2 },
    calls: ({ alone }) => [['replicate', { vmUUID: alone.name }]],
    isDone: (about) =>
      [...state(about).replications.values()].some(
        ({ sourceDomainUUID, enable }) => enable && sourceDomainUUID === about.alone.uuid
      )
  },
  {
    name: 'a VM exported, then deleted',
    before: { calls: 3, tokens: 327, raw: 0 },
    calls: ({ unused }) => [
      ['exportVM', { vmUUID: unused.name }],
      ['deleteVM', { vmUUID: unused.name }]
    ],
    isDone: (about) => vmOf(about, about.unused) === undefined
  }
]

/** How a bridge is asked. */
export type Surface = 'REST' | 'MCP'

export interface JobFigures {
  job: string
  surface: Surface
  vms: number
  calls: number
  /** Of arguments and responses. */
  tokens: number
  isDone: boolean
}

function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`There is no ${what}`)
  return value
}

/** The subjects of the jobs, each VM for one purpose. */
function aboutOf(bridge: TestBridge): About {
  const { virDomains, nodes, isos, replications } = bridge.simulator.world.state
  const vms = [...virDomains.values()]
  const taken = new Set<string>()
  const names = new Map<string, number>()
  for (const { name } of vms) names.set(name, (names.get(name) ?? 0) + 1)
  const replicated = new Set([...replications.values()].map((each) => each.sourceDomainUUID))
  const take = (what: string, fits: (vm: VirDomain) => boolean): VirDomain => {
    const found = required(
      vms.find((vm) => !taken.has(vm.uuid) && names.get(vm.name) === 1 && fits(vm)),
      what
    )
    taken.add(found.uuid)
    return structuredClone(found)
  }
  const plain = (vm: VirDomain): boolean =>
    vm.netDevs.length > 0 && firstDisk(vm) !== undefined && vm.sourceVirDomainUUID === ''
  const about = {
    bridge,
    off: take(
      'VM that is off',
      (vm) => vm.state === 'SHUTOFF' && vm.snapUUIDs.length > 0 && plain(vm)
    ),
    unused: take(
      'VM to give up',
      (vm) => vm.state === 'SHUTOFF' && plain(vm) && !replicated.has(vm.uuid)
    ),
    running: take('VM that runs', (vm) => vm.state === 'RUNNING' && plain(vm)),
    alone: take('VM without a replica', (vm) => plain(vm) && !replicated.has(vm.uuid))
  }
  return {
    ...about,
    node: required([...nodes.values()].at(-1), 'node').lanIP,
    iso: required(
      [...isos.values()].find(({ readyForInsert, size }) => readyForInsert && size > 0),
      'ISO'
    ).name,
    tag: 'prod'
  }
}

type Call = (tool: string, args: Record<string, unknown>) => Promise<string>

/** Calls only tools and arguments listed for a small model: a client may refuse or drop others. */
async function callerOfCore(owner: Owner, bridge: TestBridge, surface: Surface): Promise<Call> {
  const client =
    surface === 'MCP' ? await connectMcp(owner, bridge, { path: '/mcp?tools=core' }) : undefined
  const listed =
    client === undefined
      ? toolsOfDocument((await bridge.fetch('/openapi.json?tools=core')).body as Document)
      : (await client.listTools()).tools.map(({ name, inputSchema }) => ({
          name,
          parameters: inputSchema
        }))
  return async (tool, args) => {
    const properties = required(
      listed.find(({ name }) => name === tool),
      `${tool} in the core set`
    ).parameters.properties
    for (const name of Object.keys(args))
      // A response may name it.
      if (name !== 'wait' && !Object.hasOwn(properties ?? {}, name))
        throw new Error(`${tool} does not list ${name}`)
    if (client === undefined) return (await bridge.call(tool, args, { accept: 'text/plain' })).text
    const { content } = await client.callTool({ name: tool, arguments: args })
    return (content as { text?: string }[]).map(({ text = '' }) => text).join('\n')
  }
}

/** Does every job on one cluster, over one surface, with the tools of core, and measures it. */
export async function measureJobs(
  owner: Owner,
  vms: number,
  surface: Surface
): Promise<JobFigures[]> {
  const bridge = await startTestBridge(owner, {
    simulator: { vms, speed: 400 },
    config: { logLevel: 'silent', maxTargets: 1000, writesPerMinute: Infinity }
  })
  const call = await callerOfCore(owner, bridge, surface)
  const about = aboutOf(bridge)
  const figures: JobFigures[] = []
  for (const job of jobs) {
    const calls = job.calls(about)
    const answers: string[] = []
    let tokens = 0
    for (const [tool, args] of calls) {
      const text = await call(tool, args)
      answers.push(text)
      tokens += tokensOf(JSON.stringify(args)) + tokensOf(text)
      // As the response says, in a call of its own.
      const [, wait] =
        /^state: RUNNING\n.*with the same arguments and wait (\d+) /s.exec(text) ?? []
      if (wait !== undefined) calls.push([tool, { ...args, wait: Number(wait) }])
    }
    const isDone = job.isDone(about, answers)
    if (!isDone) console.error(`${job.name}:\n${answers.join('\n').slice(0, 2000)}`)
    figures.push({ job: job.name, surface, vms, calls: calls.length, tokens, isDone })
  }
  return figures
}

export const surfaces: readonly Surface[] = ['REST', 'MCP']
