import { BridgeError } from '../lib/errors/errors.ts'
import { quoteName, quoteText } from '../lib/text/quote.ts'
import type { Plan, PlanState } from './plan.ts'
import { itWould } from './would.ts'

/** What a caller gets that comes too late for a plan. */
export function tooLate({ id, state, decidedBy, reason }: Plan): BridgeError {
  const by = decidedBy === undefined ? '' : ` by ${quoteName(decidedBy)}`
  const why = reason === undefined ? '' : `: ${quoteText(reason)}`
  const byState: Record<PlanState, [BridgeError['code'], string]> = {
    WAITING: ['APPROVAL_REQUIRED', 'still waits'],
    APPROVED: ['PLAN_USED', `is approved${by} already`],
    DENIED: ['PLAN_DENIED', `was denied${by}${why}: ask the user before you call again`],
    USED: [
      'PLAN_USED',
      'was carried out already: it runs once. Call again without plan for a new one'
    ],
    EXPIRED: ['PLAN_STALE', 'has expired: call again without plan for a new one'],
    STALE: [
      'PLAN_STALE',
      'does not fit its targets any more: call again without plan for a new one'
    ]
  }
  const [code, words] = byState[state]
  return new BridgeError(code, `Plan ${id} ${words}. Nothing was sent`, { details: { plan: id } })
}

export const notFound = (id: string): BridgeError =>
  new BridgeError(
    'PLAN_NOT_FOUND',
    `There is no plan ${quoteText(id, 40)} of this token: plans end with the bridge that created them. Call again without plan for a new one`
  )

/** What a caller gets whose call waits for a person. */
export function waits(plan: Plan, consoleUrl: string): BridgeError {
  const { id, summary, because, expiresAt } = plan
  const until = `${new Date(expiresAt).toISOString().slice(11, 16)} UTC`
  return new BridgeError(
    'APPROVAL_REQUIRED',
    `Not sent: it waits for a person's approval as plan ${id} until ${until} (${because}). ${itWould(summary)}. Tell the user to approve or deny it at ${consoleUrl}, then call again with the same arguments and plan "${id}". You cannot approve it yourself`,
    { details: { plan: id, console: consoleUrl, expiresAt: new Date(expiresAt).toISOString() } }
  )
}
