import type { AuditEntry } from '../../src/audit/entry.ts'
import type { ReceivedCall } from '../../src/simulator/received-call.ts'
import type { Ask } from './asks.ts'
import type { Way } from './commands.ts'
import type { Reply } from './calls.ts'
import type { SearchSettings, SearchToken } from './world.ts'

/** Something that was sent to a bridge, and what came back. */
export interface Sent {
  ask: number
  /** Sent again under the same, it is the same call. */
  identity: string
  token: SearchToken
  way: Way
  plan: string | undefined
  /** Of the bridge, which is another one after a crash. */
  generation: number
  at: number
  endedAt?: number
  /** Unix milliseconds when it ended, by the clock of the bridge. */
  endedBy?: number
  reply?: Reply | undefined
}

/** A write that the cluster carried out, as it was at that moment. */
export interface Arrival {
  call: ReceivedCall
  at: number
  /** How far the clocks had stepped. */
  offsetMs: number
  generation: number
  /** VMs that it touches. */
  touched: string[]
  /** Its entry in the record, already there when it arrived. */
  entry: AuditEntry | undefined
}

/** What is known of a plan from outside. */
export interface KnownPlan {
  ask: number
  /** Tokens to which it was reported as their own. */
  askedBy: Set<string>
  generation: number
  /** By clocks that step; the first that was heard of it. */
  toldAt: number
  decisions: {
    by: SearchToken
    approve: boolean
    at: number
    generation: number
    reply: Reply | undefined
  }[]
}

/** All that happened in a run. */
export interface History {
  settings: SearchSettings
  asks: Ask[]
  sent: Sent[]
  arrivals: Arrival[]
  plans: Map<string, KnownPlan>
  /** VMs that are there from the beginning. */
  firstVms: ReadonlySet<string>
  /** Tags of each VM since when, the oldest first. */
  tags: Map<string, { at: number; tags: string }[]>
  /** Bridges that ended by themselves, by their number. */
  ended: number[]
  crashes: { at: number; generation: number; by: number }[]
  /** Entries of the record. */
  entries: AuditEntry[]
  /** How tasks of the cluster ended, by tag. */
  tasks: Map<string, string>
  faults: number
  /** What verification found after crashes, restarts and the end. */
  chainProblems: string[]
}

/** `ask-7-k1 1`: which call an entry of the record is of. */
export const identityOf = (entry: AuditEntry): string =>
  /^\S+/.exec(typeof entry['client'] === 'string' ? entry['client'] : '')?.[0] ?? ''

/** The tags that a VM had at any time of an interval. */
export function tagsWithin(
  { tags }: Pick<History, 'tags'>,
  vm: string,
  from: number,
  to: number
): string[] {
  const all = tags.get(vm) ?? []
  return all
    .filter(({ at }, index) => at <= to && (all[index + 1]?.at ?? Infinity) >= from)
    .map((each) => each.tags)
}
