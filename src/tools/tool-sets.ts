import type { RawCalls } from '../config/config.ts'
import { BridgeError } from '../lib/errors/errors.ts'
import type { Principal } from '../identity/principal.ts'
import { scopeRequired } from '../identity/scope-required.ts'
import { scopeOf } from '../identity/scope.ts'
import { readOnlyRefusal } from '../policy/read-only.ts'
import { nearest, didYouMean } from '../lib/text/nearest.ts'
import type { Tool, ToolTag } from './define-tool.ts'

/**
 * What a small model needs: the everyday jobs of test/eval/jobs.ts, each with the tools it takes, and
 * what their messages send it to. Every other tool costs it room and choice.
 */
const core = [
  'vm_read',
  'changeVM_state',
  'deleteVM',
  'resizeDisk',
  'addNIC',
  'insertISO',
  'snapshotVM',
  'restoreVM',
  'snapshotSchedule_create',
  'exportVM',
  'replicate',
  'waitTask',
  'evacuateNode',
  'recentActivity',
  'topVMs'
]

/** How many tools are in the set `core`. */
export const coreToolCount = core.length

/** What an operator's day needs, in one or two calls a job; for models of some 8B and more. */
const operator = [
  ...core,
  'fetch_vm',
  'getVM_details',
  'getVM_sysStats',
  'vmSnapshots_read',
  'delete_snapshotVM',
  'cloneVM',
  'node_read',
  'condition_read',
  'attention',
  'protection_report',
  'around',
  'changeVMs',
  'plan',
  'undo',
  'addDisk',
  'changeNIC',
  'ejectISO',
  'snapshotSchedule_read',
  'snapshotSchedule_assign',
  'moveBack',
  'createVM',
  'updateVM'
]

/** Families that an administrator needs beside it; what is left out is the raw API and sessions. */
const adminFamilies: readonly ToolTag[] = ['vm', 'snapshot', 'transfer', 'task', 'cluster']

const families: ToolTag[] = ['vm', 'snapshot', 'transfer', 'task', 'cluster', 'api', 'session']

const isIn = (set: string, tool: Tool): boolean =>
  set === 'all' ||
  (set === 'core' && core.includes(tool.name)) ||
  (set === 'operator' && operator.includes(tool.name)) ||
  (set === 'admin' && adminFamilies.includes(tool.tag)) ||
  (set === 'read' && tool.annotations.readOnlyHint) ||
  set === tool.tag ||
  set === tool.name

/** Whether a caller may do anything of what a tool does; it sees no others. */
export const isUsableBy = ({ effects = ['read'] }: Tool, { scopes }: Principal): boolean =>
  effects.some((effect) => scopes.has(scopeOf(effect)))

/** What the administrator allows of tools, for any caller. */
export interface OfferRules {
  runApi: RawCalls
  /** Nothing is written. */
  readOnly: boolean
}

const mayRead = ({ effects = ['read'] }: Tool): boolean => effects.includes('read')

/** Whether the administrator offers a tool at all. */
export const isOffered = (tool: Tool, { runApi, readOnly }: OfferRules): boolean =>
  (tool.raw !== true || runApi !== 'off') && (!readOnly || mayRead(tool))

/**
 * Refuses a tool that only writes where nothing is written.
 * @throws {BridgeError} READ_ONLY
 */
export function requireWritable(tool: Tool, readOnly: boolean): void {
  if (readOnly && !mayRead(tool)) throw readOnlyRefusal(`that is all that ${tool.name} does`)
}

/**
 * Refuses a tool of which a caller may do nothing.
 * @throws {BridgeError} SCOPE_REQUIRED naming the scopes of which one would do
 */
export function requireUsable(tool: Tool | undefined, principal: Principal): void {
  if (tool === undefined || isUsableBy(tool, principal)) return
  throw scopeRequired(principal, tool.name, (tool.effects ?? ['read']).map(scopeOf))
}

/** Names of sets, for documentation and errors. */
export const toolSets: readonly string[] = ['all', 'core', 'operator', 'admin', 'read', ...families]

/**
 * The tool set an address asks for: `/openapi.json?tools=core`; undefined for all. Given twice,
 * both hold.
 */
export function toolSetOf(address: string): string | undefined {
  const [, query] = address.split('?', 2)
  const sets = new URLSearchParams(query).getAll('tools')
  return sets.length === 0 ? undefined : sets.join(',')
}

/** Says with a call over REST which tool set its model is offered, as the address says it over MCP. */
export const toolSetHeader = 'x-tool-set'

/**
 * The tool set that headers name; undefined where they name none. Given twice, both hold.
 */
export function toolSetOfHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>
): string | undefined {
  const given = headers[toolSetHeader]
  return Array.isArray(given) ? given.join(',') : given
}

/**
 * The tools to offer, from names of sets or of tools, comma-separated, in the order the tools are
 * listed. Without a name it is all of them.
 * @throws {BridgeError} INVALID_ARGUMENT naming the sets.
 */
export function chooseTools(tools: Iterable<Tool>, wanted: string | undefined): Tool[] {
  const all = [...tools]
  const words = (wanted ?? '').split(',').map((name) => name.trim())
  const given = words.filter((name) => name !== '')
  if (given.length === 0) return all
  const known = [...toolSets, ...all.map(({ name }) => name)]
  const sets = given.map((set) => {
    const name = known.find((each) => each.toLowerCase() === set.toLowerCase())
    if (name === undefined)
      throw new BridgeError(
        'INVALID_ARGUMENT',
        `tools names "${set.slice(0, 60)}", which is neither a tool set nor a tool${didYouMean(nearest(set, known)) || '.'} Sets: ${toolSets.join(', ')}`
      )
    return name
  })
  return all.filter((tool) => sets.some((set) => isIn(set, tool)))
}
