import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { PlainClient } from '../helper/simulator.ts'
import { argsOf, editHint, samples, subjectsOf } from '../tools.ts'
import type { Owner } from './owner.ts'
import { tokensOf } from './tokens.ts'

/** Tokens of one answer in each form, and of what the cluster itself answers. */
export interface AnswerTokens {
  /** Undefined where the cluster is not asked for the like. */
  raw: number | undefined
  json: number
  text: number
}

/** Numbers of VMs of the clusters that are measured. */
export const clusterSizes = [10, 100, 1000] as const

export type ClusterSize = (typeof clusterSizes)[number]

type Measured = Map<string, AnswerTokens>

/** Tokens of the default answer of each tool, by the size of the cluster. */
export type AnswerTable = Map<string, Map<ClusterSize, AnswerTokens>>

type Sample = (typeof samples)[number]

/** What a model server returns is as long as its model makes it. */
const measured = samples.filter(
  ({ effect, refused }) => effect !== 'asks a model server' && refused !== true
)

const isReading = ({ effect, harmless }: Sample): boolean => effect === 'reads' || harmless === true

const textOnly = { accept: 'text/plain' }

async function tokensOfCall(
  bridge: TestBridge,
  tool: string,
  args: object,
  headers?: Record<string, string>
): Promise<number> {
  const { status, text } = await bridge.call(tool, args, headers)
  if (status !== 200) throw new Error(`${tool} ${JSON.stringify(args)}: ${status} ${text}`)
  return tokensOf(text)
}

async function tokensOfRaw(cluster: PlainClient, paths: string[]): Promise<number> {
  let tokens = 0
  for (const path of paths) {
    const { status, text } = await cluster.raw('GET', path)
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${text}`)
    tokens += tokensOf(text)
  }
  return tokens
}

async function measureCall(
  bridge: TestBridge,
  cluster: PlainClient,
  sample: Sample
): Promise<AnswerTokens> {
  const { tool, raw } = sample
  const about = subjectsOf(bridge, 'eval-01')
  // A round each, as what was written once cannot be written again.
  const json = await argsOf(sample, about, bridge)
  const jsonTokens = await tokensOfCall(bridge, tool, json)
  const text = await argsOf(sample, { ...about, name: 'eval-02' }, bridge)
  return {
    raw: raw === undefined ? undefined : await tokensOfRaw(cluster, raw(about)),
    json: jsonTokens,
    text: await tokensOfCall(bridge, tool, text, textOnly)
  }
}

/** On a busy machine a node is not slow, it waits for the machine: no other is logged in to. */
const patient = { connectMs: 60_000, moveOnMs: 60_000, laneMs: 60_000, slowMs: 600_000 }

/** A cluster with the given number of VMs, and a bridge in front of it. */
export const startCluster = (owner: Owner, vms: number, speed = 1): Promise<TestBridge> =>
  startTestBridge(owner, {
    simulator: { vms, speed },
    cluster: { timeouts: patient },
    config: { logLevel: 'silent', maxTargets: 1_000 }
  })

async function measureCalls(bridge: TestBridge, calls: readonly Sample[]): Promise<Measured> {
  const cluster = new PlainClient(bridge.simulator.urls[0] ?? '', 'admin', 'admin', 'fresh')
  const measured: Measured = new Map()
  for (const call of calls) measured.set(call.tool, await measureCall(bridge, cluster, call))
  return measured
}

/** Calls every tool once in each form, on clusters of this size. */
async function measureCluster(owner: Owner, vms: ClusterSize): Promise<Measured> {
  // Nothing happens by itself in the one that is read; tasks end at once in the one that is written.
  const read = await startCluster(owner, vms)
  const written = await startCluster(owner, vms, 500)
  const named = samples.map(({ tool }) => tool)
  const lacking = [...read.app.tools.keys()].filter((tool) => !named.includes(tool))
  if (lacking.length > 0) throw new Error(`${lacking.join(', ')} not measured: ${editHint}`)
  const [reads, writes] = await Promise.all([
    measureCalls(read, measured.filter(isReading)),
    measureCalls(
      written,
      measured.filter((sample) => !isReading(sample))
    )
  ])
  return new Map([...reads, ...writes])
}

/** The default answers of all tools, on each cluster. */
export async function measureAnswers(owner: Owner): Promise<AnswerTable> {
  const bySize = new Map(
    await Promise.all(
      clusterSizes.map(async (vms) => [vms, await measureCluster(owner, vms)] as const)
    )
  )
  const tools = [...(bySize.get(clusterSizes[0])?.keys() ?? [])]
  return new Map(
    tools.map((tool) => [
      tool,
      new Map(clusterSizes.map((vms) => [vms, bySize.get(vms)?.get(tool) as AnswerTokens]))
    ])
  )
}

/** All of 100 VMs as text: how many uuids stand in it whole, and how many tokens it is. */
export interface HundredVms {
  uuids: number
  tokens: number
}

export async function measureHundredVms(owner: Owner): Promise<HundredVms> {
  const bridge = await startCluster(owner, 100)
  const { status, text } = await bridge.call(
    'vm_read',
    { limit: 100, max_tokens: 100_000 },
    textOnly
  )
  if (status !== 200) throw new Error(`vm_read: ${status} ${text}`)
  const vms = [...bridge.simulator.world.state.virDomains.keys()]
  return { uuids: vms.filter((uuid) => text.includes(uuid)).length, tokens: tokensOf(text) }
}
