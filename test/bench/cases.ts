import { randomUUID } from 'node:crypto'
import { rpc, rpcHeaders } from '../helper/mcp-raw.ts'
import { type ClusterFacts, type Safety, token, type Upstream } from './party.ts'

/** One thing that is asked, in as many ways as there are to ask it. */
export interface Case {
  name: string
  upstream: Upstream
  vms: number
  tool: string
  args: (cluster: ClusterFacts) => Record<string, unknown>
  /** Asks for compact text. */
  text?: true
  /** What a client without the bridge would ask the cluster for; left out where it could not. */
  direct?: (cluster: ClusterFacts) => string
}

const oneVm = ({ vmUUID }: ClusterFacts): string => `/rest/v1/VirDomain/${vmUUID}`
const allVms = (): string => '/rest/v1/VirDomain'

const listCases = (upstream: Upstream, vms: number): Case[] => {
  const list = (name: string, args: object, text?: true): Case => ({
    name: `${upstream === 'changing stub' ? 'changing ' : ''}${name} ${vms}`,
    upstream,
    vms,
    tool: name === 'raw list' ? 'run_api' : 'vm_read',
    args: () => ({ ...args }),
    direct: allVms,
    ...(text && { text })
  })
  return [
    list('summary', { limit: 20 }),
    list('full', { limit: 20, detail: 'full' }),
    list('text', { limit: 20 }, true),
    list('raw list', { query: '/VirDomain', method: 'GET' })
  ]
}

const small = { upstream: 'stub', vms: 20 } as const

/** All of them; those with one upstream and number of VMs stand together. */
export const cases: readonly Case[] = [
  { name: 'session', ...small, tool: 'get_session', args: () => ({}) },
  {
    name: 'query',
    ...small,
    tool: 'query_api',
    args: () => ({ query: 'take a snapshot of a VM' })
  },
  {
    name: 'one VM',
    ...small,
    tool: 'run_api',
    args: ({ vmUUID }) => ({ query: `/VirDomain/${vmUUID}`, method: 'GET' }),
    direct: oneVm
  },
  {
    name: 'details',
    ...small,
    tool: 'getVM_details',
    args: ({ vmUUID }) => ({ vmUUID }),
    direct: oneVm
  },
  {
    name: 'statistics',
    ...small,
    tool: 'getVM_sysStats',
    args: ({ vmUUID }) => ({ vmUUID }),
    direct: ({ vmUUID }) => `/rest/v1/VirDomainStats/${vmUUID}`
  },
  ...[20, 100, 1000].flatMap((vms) => listCases('stub', vms)),
  {
    name: 'details by name 1000',
    upstream: 'stub',
    vms: 1000,
    tool: 'getVM_details',
    args: ({ vmName }) => ({ vmUUID: vmName }),
    direct: oneVm
  },
  ...listCases('changing stub', 1000),
  {
    name: 'one VM, simulator',
    upstream: 'simulator',
    vms: 20,
    tool: 'run_api',
    args: ({ vmUUID }) => ({ query: `/VirDomain/${vmUUID}`, method: 'GET' }),
    direct: oneVm
  },
  {
    name: 'summary, simulator',
    upstream: 'simulator',
    vms: 20,
    tool: 'vm_read',
    args: () => ({ limit: 20 }),
    direct: allVms
  },
  {
    name: 'write, simulator',
    upstream: 'simulator',
    vms: 20,
    tool: 'updateVM',
    // Another one each time, as the same write again is not sent twice.
    args: ({ vmUUID }) => ({ vmUUID, description: randomUUID(), wait: 0 })
  }
]

/** How something is asked. */
export const ways = ['direct', 'forwarder', 'fastify', 'rest', 'mcp', 'mcp 2026'] as const
export type Way = (typeof ways)[number]

/** What is sent, made again for each call where calls must differ. */
export interface Sent {
  path: string
  method: 'GET' | 'POST'
  headers: Record<string, string>
  body?: () => string
}

/** The request of a case in one way; undefined where there is none. `session`: headers of a direct call. */
export function sentOf(
  each: Case,
  way: Way,
  cluster: ClusterFacts,
  { session, bearer }: { session: Record<string, string>; bearer: string }
): Sent | undefined {
  if (way === 'direct' || way === 'forwarder') {
    if (each.direct === undefined) return undefined
    return { path: each.direct(cluster), method: 'GET', headers: way === 'direct' ? session : {} }
  }
  const made = (of: () => string): (() => string) => {
    if (each.tool === 'updateVM') return of
    const same = of()
    return () => same
  }
  // The parts of the bridge alone have this one tool, and no text.
  if (way === 'fastify' && (each.tool !== 'run_api' || each.text)) return undefined
  if (way === 'rest' || way === 'fastify')
    return {
      path: `/${each.tool}`,
      method: 'POST',
      headers: {
        authorization: `Bearer ${bearer}`,
        'content-type': 'application/json',
        accept: each.text ? 'text/plain' : 'application/json'
      },
      body: made(() => JSON.stringify(each.args(cluster)))
    }
  // Over MCP every response has its text.
  if (each.text) return undefined
  const era = way === 'mcp' ? 'legacy' : 'modern'
  return {
    path: '/mcp',
    method: 'POST',
    headers: rpcHeaders(era, bearer, 'tools/call', each.tool),
    body: made(() =>
      JSON.stringify(rpc(era, 'tools/call', { name: each.tool, arguments: each.args(cluster) }))
    )
  }
}

/** The token of the calls to a bridge: a safe one has limited ones. */
export const bearerOf = (safety: Safety, limited: string): string =>
  safety === 'safe' ? limited : token
