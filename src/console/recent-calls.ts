import { activitiesIn } from '../audit/activity.ts'
import type { AuditEntry } from '../audit/entry.ts'

/** A write, or a call that was refused, as the record has it. Holds no secret. */
export interface RecentCall {
  /** ISO 8601. */
  time: string
  /** Name of the token, and the person behind it as far as one is known. */
  token: string
  person: { name: string; verified: boolean } | null
  tool: string
  effect: string
  /** What it acted on, by name where one is known. */
  targets: string[]
  /** The outcome: `COMPLETE`, the code of a refusal, empty while it is not known. */
  state: string
  message: string
  /** The plan that it carried out, and who approved that; empty for none. */
  plan: string
  approver: string
  /** How often, for what was refused several times. */
  count: number
}

/** Entries looked through per call to show: each call has an outcome, and plans have several. */
const entriesPerCall = 6

/**
 * The last calls on record, the newest first. Plans have a place of their own.
 * @param recent the newest entries of the record, the newest first
 */
export function recentCalls(recent: (count: number) => AuditEntry[], max: number): RecentCall[] {
  return activitiesIn(recent(max * entriesPerCall))
    .filter(({ kind }) => kind !== 'plan')
    .slice(0, max)
    .map(({ time, token, person, tool, method, path, effect, targets, ...call }) => ({
      time,
      token,
      person: person ?? null,
      tool: tool || `${method} ${path}`,
      effect,
      targets: targets.map(({ name, uuid }) => name ?? uuid),
      state: call.state,
      // What waits is shown as a plan.
      message: call.state === 'APPROVAL_REQUIRED' ? '' : call.message,
      plan: call.plan,
      approver: call.approver,
      count: call.count
    }))
}
